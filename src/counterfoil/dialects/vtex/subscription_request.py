"""What clients ask feeds and hooks for (contract vtex §3.13, §3.14)."""

from typing import Any

from counterfoil.delivery.desk import Desk
from counterfoil.delivery.feeds import (
    LONGEST_RETENTION_S,
    LONGEST_VISIBILITY_S,
    MOST_AT_ONCE,
    MOST_HANDLES,
    SHORTEST_RETENTION_S,
)
from counterfoil.delivery.subscriptions import FROM_ORDERS, FROM_WORKFLOW, Feed, Filter, Hook
from counterfoil.dialects.vtex import body
from counterfoil.dialects.vtex.call import Call, VtexError
from counterfoil.dialects.vtex.errors import invalid, required

MOST_STATUSES = 100
LONGEST_STATUS = 100
_TYPES = {kind.lower(): kind for kind in (FROM_WORKFLOW, FROM_ORDERS)}
_FILTER = ("type", "status", "expression", "disableSingleFire")
_QUEUE = ("visibilityTimeoutInSeconds", "messageRetentionPeriodInSeconds")
_HOOK = ("url", "headers", "secret")


async def feed(call: Call, desk: Desk, app_key: str) -> Feed:
    """Return the feed that a body describes.

    Raises `VtexError` 400, or 409 for a filter of both types.
    """
    sent = call.needed_fields("filter", "queue")
    queue = sent.get("queue")
    if queue is None:
        raise required("queue")
    if not isinstance(queue, dict):
        raise invalid("queue", "The Queue field must be an object.")
    wanted = await _filter(sent.get("filter"), desk)
    times = body.read(queue, _QUEUE)
    return Feed(
        app_key=app_key,
        filter=wanted,
        visibility_s=_seconds(times, "visibilityTimeoutInSeconds", 0, LONGEST_VISIBILITY_S),
        retention_s=_seconds(
            times, "messageRetentionPeriodInSeconds", SHORTEST_RETENTION_S, LONGEST_RETENTION_S
        ),
    )


async def hook(call: Call, desk: Desk, app_key: str) -> tuple[Hook, bool]:
    """Return the hook that a body describes, and whether it says nothing of a secret.

    Raises `VtexError` as `feed` does.
    """
    sent = call.needed_fields("filter", "hook")
    address = sent.get("hook")
    if address is None:
        raise required("hook")
    if not isinstance(address, dict):
        raise invalid("hook", "The Hook field must be an object.")
    wanted = await _filter(sent.get("filter"), desk)
    given = body.read(address, _HOOK)
    url = given.get("url")
    if not isinstance(url, str) or not url.strip():
        raise required("url")
    secret = given.get("secret")
    if secret is not None and not isinstance(secret, str):
        raise invalid("secret", "The Secret field must be a text.")
    described = Hook(
        app_key=app_key,
        filter=wanted,
        url=url.strip(),
        headers=_headers(given.get("headers")),
        secret=secret or None,
    )
    return described, "secret" not in given


def handles(call: Call) -> list[str]:
    """Return the handles that are to be confirmed. Raises `VtexError` 400."""
    given = call.needed_fields("handles").get("handles")
    if given is None:
        raise required("handles")
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise invalid("handles", "The Handles field must be a list of texts.")
    if len(given) > MOST_HANDLES:
        raise invalid("handles", f"There can be {MOST_HANDLES} handles at most.")
    return given


def max_lot(call: Call) -> int:
    """Return how many items are wanted, from 1 to 10. Raises `VtexError` 400."""
    text = (call.param("maxlot") or "").strip()
    if not text:
        return MOST_AT_ONCE
    if not text.isascii() or not text.isdecimal() or len(text) > 9 or not 1 <= int(text) <= MOST_AT_ONCE:
        raise invalid("maxlot", f"The value of maxlot must be between 1 and {MOST_AT_ONCE}.")
    return int(text)


async def _filter(given: Any, desk: Desk) -> Filter:
    if given is None:
        return Filter()
    if not isinstance(given, dict):
        raise invalid("filter", "The Filter field must be an object.")
    sent = body.read(given, _FILTER)
    kind = sent.get("type")
    if kind is None:
        raise required("type")
    if not isinstance(kind, str) or kind.strip().lower() not in _TYPES:
        raise invalid("type", f"The Type field must be {FROM_WORKFLOW} or {FROM_ORDERS}.")
    statuses = _statuses(sent.get("status"))
    expression = sent.get("expression")
    if expression is not None and not isinstance(expression, str):
        raise invalid("expression", "The Expression field must be a text.")
    single_fire_off = sent.get("disableSingleFire")
    if single_fire_off is not None and not isinstance(single_fire_off, bool):
        raise invalid("disableSingleFire", "The DisableSingleFire field must be true or false.")
    expression = (expression or "").strip()
    if kind.strip().lower() == FROM_WORKFLOW.lower():
        if expression or single_fire_off:
            raise _mixed("expression and disableSingleFire are for FromOrders")
        return Filter(type="FromWorkflow", statuses=statuses)
    if statuses:
        raise _mixed("status is for FromWorkflow")
    if not expression:
        raise required("expression")
    wrong = await desk.wrong_with(expression)
    if wrong is not None:
        raise invalid("expression", wrong)
    return Filter(type="FromOrders", expression=expression, disable_single_fire=bool(single_fire_off))


def _mixed(what: str) -> VtexError:
    return VtexError(409, f"Filters of the two types cannot be mixed: {what}.")


def _statuses(given: Any) -> tuple[str, ...]:
    """Return the statuses of a filter. Which they are is not looked at (contract vtex §3.13)."""
    if given is None:
        return ()
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise invalid("status", "The Status field must be a list of texts.")
    if len(given) > MOST_STATUSES or any(len(one) > LONGEST_STATUS for one in given):
        raise invalid("status", f"There can be {MOST_STATUSES} statuses at most.")
    return tuple(dict.fromkeys(given))


def _headers(given: Any) -> dict[str, str]:
    if given is None:
        return {}
    if not isinstance(given, dict) or not all(isinstance(one, str | int) for one in given.values()):
        raise invalid("headers", "The Headers field must be an object of texts.")
    return {name: str(value) for name, value in given.items()}


def _seconds(sent: dict[str, Any], name: str, least: int, most: int) -> int:
    given = sent.get(name)
    if given is None:
        raise required(name)
    if isinstance(given, str) and given.isascii() and given.isdecimal() and len(given) < 10:
        given = int(given)
    if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= most:
        raise invalid(name, f"The value of {name} must be between {least} and {most}.")
    return given
