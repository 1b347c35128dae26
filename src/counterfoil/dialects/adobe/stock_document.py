"""Stock items on the wire: the flat document of contract adobe §11, both ways."""

from typing import Any

from counterfoil.checkout.stock import InvalidStock, StockChanges, StockItem
from counterfoil.dialects.adobe.call import AdobeError
from counterfoil.dialects.adobe.documents import invalid
from counterfoil.dialects.adobe.render import number
from counterfoil.dialects.adobe.wire import BOOL, FLOAT, INT, STRING, DataObject, scaled

STOCK_ID = 1
"""The one stock that there is."""

STOCK_ITEM = DataObject(
    "StockItem",
    {
        "item_id": INT,
        "product_id": INT,
        "stock_id": INT,
        "qty": FLOAT,
        "is_in_stock": BOOL,
        "is_qty_decimal": BOOL,
        "use_config_min_qty": BOOL,
        "min_qty": FLOAT,
        "use_config_min_sale_qty": BOOL,
        "min_sale_qty": FLOAT,
        "use_config_max_sale_qty": BOOL,
        "max_sale_qty": FLOAT,
        "use_config_backorders": BOOL,
        "backorders": INT,
        "use_config_notify_stock_qty": BOOL,
        "notify_stock_qty": FLOAT,
        "use_config_qty_increments": BOOL,
        "qty_increments": FLOAT,
        "use_config_enable_qty_inc": BOOL,
        "enable_qty_increments": BOOL,
        "use_config_manage_stock": BOOL,
        "manage_stock": BOOL,
        "low_stock_date": STRING,
        "is_decimal_divided": BOOL,
        "stock_status_changed_auto": INT,
        "extension_attributes": DataObject("StockItemExtension", {}),
    },
    read_only=("show_default_notification_message",),
)

_QUANTITIES = frozenset(
    {"qty", "min_qty", "min_sale_qty", "max_sale_qty", "notify_stock_qty", "qty_increments"}
)


def changes(sent: dict[str, Any]) -> StockChanges:
    """Return what a decoded stock item says. Ids, dates and flags that follow from the rest are ignored."""
    said: dict[str, Any] = {
        name: scaled(sent[name]) if name in _QUANTITIES else sent[name]
        for name in StockChanges.__struct_fields__
        if sent.get(name) is not None
    }
    return StockChanges(**said)


def render(item: StockItem) -> dict[str, Any]:
    """Return the stock item as clients see it. ``qty`` is what is there, reserved units included."""
    level, settings = item.level, item.settings
    return {
        "item_id": level.product_id,
        "product_id": level.product_id,
        "stock_id": STOCK_ID,
        "qty": number(level.qty),
        "is_in_stock": level.is_in_stock,
        "is_qty_decimal": level.is_qty_decimal,
        "show_default_notification_message": False,
        "use_config_min_qty": settings.use_config_min_qty,
        "min_qty": number(level.min_qty),
        "use_config_min_sale_qty": int(settings.use_config_min_sale_qty),
        "min_sale_qty": number(level.min_sale_qty),
        "use_config_max_sale_qty": settings.use_config_max_sale_qty,
        "max_sale_qty": number(level.max_sale_qty),
        "use_config_backorders": settings.use_config_backorders,
        "backorders": 0 if settings.use_config_backorders else settings.backorders,
        "use_config_notify_stock_qty": settings.use_config_notify_stock_qty,
        "notify_stock_qty": number(settings.notify_stock_qty),
        "use_config_qty_increments": settings.use_config_qty_increments,
        "qty_increments": number(settings.qty_increments),
        "use_config_enable_qty_inc": settings.use_config_enable_qty_inc,
        "enable_qty_increments": settings.enable_qty_increments,
        "use_config_manage_stock": settings.use_config_manage_stock,
        "manage_stock": level.manage_stock,
        "low_stock_date": settings.low_stock_date,
        "is_decimal_divided": settings.is_decimal_divided,
        "stock_status_changed_auto": int(settings.stock_status_changed_auto),
    }


def of_refusal(refusal: InvalidStock) -> AdobeError:
    """Return how this dialect says no to a stock item."""
    return invalid(refusal.field, str(number(refusal.value)))
