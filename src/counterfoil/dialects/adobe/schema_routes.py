"""``GET /schema``: the description of what the caller may use (recording 760)."""

import re
from collections import OrderedDict
from collections.abc import Sequence
from functools import cached_property
from typing import Final
from urllib.parse import urlsplit

import msgspec

from counterfoil.dialects.adobe.call import AdobeError, Call, Reply
from counterfoil.dialects.adobe.request import Format
from counterfoil.dialects.adobe.route import ANONYMOUS, Route
from counterfoil.dialects.adobe.schema import Description
from counterfoil.dialects.adobe.schema_services import service_of
from counterfoil.dialects.adobe.wire import STRING, Param

TITLE: Final = "Counterfoil"
ALL: Final = "all"

_SERVICES = re.compile(r"[A-Za-z0-9]+V\d+(,[A-Za-z0-9]+V\d+)*", re.ASCII)
_KEPT = 16


class _Schema:
    """Answers the description. Documents that were asked for last are kept."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = tuple(routes)
        self._kept: OrderedDict[tuple[str, str, tuple[int, ...]], bytes] = OrderedDict()

    @cached_property
    def _description(self) -> Description:
        return Description(self._routes)

    async def answer(self, call: Call) -> Reply:
        """Answer GET /schema: the services that ``services`` names, as far as the caller may use them."""
        services = _wanted(call.args["services"])
        if services is not None and (unknown := services - self._description.services):
            raise AdobeError(400, 'Requested service is not available: "%1"', [min(unknown)])
        chosen = tuple(
            index
            for index, route in enumerate(self._routes)
            if (services is None or service_of(route) in services) and _may_use(call, route)
        )
        reply = Reply.raw(self._document(call, chosen), projected=True)
        reply.form = Format.SCHEMA
        return reply

    def _document(self, call: Call, chosen: tuple[int, ...]) -> bytes:
        base_url = call.shop.settings.base_url
        key = (base_url, call.store_code, chosen)
        if key not in self._kept:
            parts = urlsplit(base_url)
            document = self._description.document(
                [self._routes[index] for index in chosen],
                title=TITLE,
                scheme=parts.scheme,
                host=parts.netloc,
                base_path=f"{parts.path.rstrip('/')}/rest/{call.store_code}",
            )
            self._kept[key] = msgspec.json.encode(document)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def _wanted(services: str | None) -> frozenset[str] | None:
    """Return the services by name, None for all. Raises `AdobeError` 400."""
    if services is None or services == ALL:
        return None
    if not _SERVICES.fullmatch(services):
        raise AdobeError(400, "Incorrect format of the requested services.")
    return frozenset(services.split(","))


def _may_use(call: Call, route: Route) -> bool:
    writes = route.method != "GET"
    return all(call.identity.allows(resource, writes=writes) for resource in route.resources)


def schema_route(routes: Sequence[Route]) -> Route:
    """Return the route that describes these routes."""
    return Route(
        "GET", "/schema", _Schema(routes).answer, ANONYMOUS, (Param("services", STRING, required=False),)
    )
