"""Feeds, hooks and what they tell, as this wire has them (contract vtex §3.13, §3.14)."""

from typing import Any

import msgspec

from counterfoil.delivery.feeds import Event, Filled
from counterfoil.delivery.subscriptions import FROM_ORDERS, Filter, Hook
from counterfoil.delivery.told import Told
from counterfoil.dialects.vtex import dates


def event(one: Event) -> dict[str, Any]:
    """Return an item of a feed."""
    told = one.told
    return {
        "eventId": told.event_id,
        "handle": one.handle,
        "domain": told.domain,
        "state": told.state,
        "lastState": told.last_state,
        "orderId": told.order_id,
        "lastChange": dates.zulu(told.last_change),
        "currentChange": dates.zulu(told.current_change),
    }


def message(told: Told, app_key: str, account: str) -> bytes:
    """Return the body that a hook is sent, as JSON."""
    return msgspec.json.encode(
        {
            "Domain": told.domain,
            "OrderId": told.order_id,
            "State": told.state,
            "LastState": told.last_state,
            "LastChange": dates.zulu(told.last_change),
            "CurrentChange": dates.zulu(told.current_change),
            "Origin": {"Account": account, "Key": app_key},
        }
    )


def feed(filled: Filled) -> dict[str, Any]:
    """Return how a feed is set up, and what is in it."""
    return {
        "filter": _filter(filled.feed.filter),
        "queue": {
            "visibilityTimeoutInSeconds": filled.feed.visibility_s,
            "messageRetentionPeriodInSeconds": filled.feed.retention_s,
        },
        "quantity": filled.quantity,
        "approximateAgeOfOldestMessageInSeconds": filled.oldest_age_s,
    }


def hook(one: Hook) -> dict[str, Any]:
    """Return how a hook is set up. Whether it has a secret is told, the secret is not."""
    return {
        "filter": _filter(one.filter),
        "hook": {"url": one.url, "headers": one.headers, "signed": one.secret is not None},
    }


def _filter(wanted: Filter) -> dict[str, Any]:
    if wanted.type == FROM_ORDERS:
        return {
            "type": wanted.type,
            "expression": wanted.expression,
            "disableSingleFire": wanted.disable_single_fire,
        }
    return {"type": wanted.type, "status": wanted.statuses, "disableSingleFire": False}
