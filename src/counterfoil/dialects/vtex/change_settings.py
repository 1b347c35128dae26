"""How Changes are to be treated, as clients set it for the shop or for one Change (contract vtex §3.10).

What is set is kept and shown. Prices, taxes and shipping of what stays in an order are not worked out anew,
whatever the pipeline's flags say: the value moves by what goes, what comes, and the manual values.
"""

from typing import Any, Final

import msgspec

from counterfoil.dialects.vtex.shape import FLAG, TEXT, shaped
from counterfoil.ledger.ports import Reader

KIND: Final = "vtex-change-settings"
NAME: Final = "shop"

_WORKSPACES = {"enabledWorkspaces": [TEXT]}
_TABLE = {
    "paymentConfiguration": {"customPaymentSystemsAllowed": [TEXT]},
    "rolloutConfiguration": {
        "enableApi": FLAG,
        "enableAdminOrders": _WORKSPACES,
        "enableMyOrders": _WORKSPACES,
    },
    "pipelineConfiguration": {
        "enableTaxHubRecalculation": FLAG,
        "compensateShippingChanges": FLAG,
        "enablePromotionRecalculation": FLAG,
        "enableNativeTaxRecalculation": FLAG,
    },
}


def defaults() -> dict[str, Any]:
    """Return the settings of a shop that has set none."""
    return {
        "paymentConfiguration": {"customPaymentSystemsAllowed": []},
        "rolloutConfiguration": {
            "usingDefaultBehavior": True,
            "enableApi": True,
            "enableAdminOrders": {"enabledWorkspaces": ["*"]},
            "enableMyOrders": {"enabledWorkspaces": ["*"]},
        },
        "pipelineConfiguration": {
            "enableTaxHubRecalculation": False,
            "compensateShippingChanges": True,
            "enablePromotionRecalculation": False,
            "enableNativeTaxRecalculation": False,
        },
    }


def read(sent: Any) -> dict[str, Any]:
    """Return what a client has set; what it leaves out is not in it. Raises `VtexError` 400."""
    return shaped(sent, _TABLE, "settings")


def merged(settings: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Return ``settings`` with what ``more`` says instead."""
    found = dict(settings)
    for name, value in more.items():
        both = isinstance(value, dict) and isinstance(found.get(name), dict)
        found[name] = merged(found[name], value) if both else value
    return found


def whole(sent: Any) -> dict[str, Any]:
    """Return the shop's settings as they are kept: what is left out is the default again."""
    found = merged(defaults(), read(sent))
    found["rolloutConfiguration"]["usingDefaultBehavior"] = False
    return found


async def stored(reader: Reader) -> dict[str, Any]:
    """Return the shop's settings."""
    record = await reader.records.named(KIND, NAME)
    if record is None:
        return defaults()
    found: dict[str, Any] = msgspec.json.decode(record.body)
    return found
