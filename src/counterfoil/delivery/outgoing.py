"""Requests to addresses that clients have named, which must not reach what only this machine can reach.

A name is resolved once for a connection, each address that comes of it is looked at, and the connection is
made to one of those; a last look is taken when the socket is made, whatever led there. No redirect is
followed, no proxy and no cookie is used, and answers are not read.
"""

import ipaddress
import socket
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address

import aiohttp
from aiohttp import AddrInfoType
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

TIMEOUT_S = 5.0
MOST_CONNECTIONS = 64
MOST_FOR_ONE = 16
LONGEST_URL = 2_000

RESERVED = frozenset(
    {
        *("host", "content-length", "transfer-encoding", "connection", "te", "upgrade", "trailer", "expect"),
        *("keep-alive", "proxy-authorization", "proxy-connection", "content-type"),
        *("webhook-id", "webhook-timestamp", "webhook-signature"),
    }
)
"""Headers that nobody but this program says."""

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")


class Unusable(Exception):
    """The address must not be asked. The text says why; ``scheme`` tells that it is for the scheme."""

    def __init__(self, why: str, *, scheme: bool = False) -> None:
        super().__init__(why)
        self.scheme = scheme


class Unreached(Exception):
    """There was no answer in time. The text says why."""


class Outgoing:
    """Sends JSON to addresses of the world."""

    def __init__(self, *, allow_http: bool = False, allow_private: bool = False) -> None:
        """Make a sender; `open` before use.

        Args:
            allow_http: whether what is sent may be read on the way.
            allow_private: whether addresses of this machine and its networks may be asked.
        """
        self._allow_http = allow_http
        self._allow_private = allow_private
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close all connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def check(self, url: str) -> None:
        """Raise `Unusable` if the address cannot be asked whatever its name resolves to."""
        parts = _parts(url)
        if parts.scheme != "https" and not (self._allow_http and parts.scheme == "http"):
            raise Unusable("Only https scheme is accepted.", scheme=True)
        if not parts.host or parts.user is not None or parts.password is not None:
            raise Unusable("The address must have a host, and no user.")
        if not self._allow_private and _is_address(parts.host) and not is_public(parts.host):
            raise Unusable("The address belongs to a network that is not public.")

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Send JSON and return the status of the answer. Raises `Unusable` or `Unreached`."""
        self.check(url)
        sent = {**headers, "Content-Type": "application/json; charset=utf-8"}
        try:
            async with self._opened().post(url, data=body, headers=sent, allow_redirects=False) as answer:
                return answer.status
        except TimeoutError as error:
            raise Unreached(f"There was no answer within {TIMEOUT_S:g} seconds.") from error
        except UnicodeError as error:
            raise Unusable("The address cannot be used.") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            refused = _refused(error)
            if refused is not None:
                raise refused from error
            raise Unreached(f"{type(error).__name__}: {error}"[:300]) from error

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    resolver=_Checked(allow_private=self._allow_private),
                    limit=MOST_CONNECTIONS,
                    limit_per_host=MOST_FOR_ONE,
                    use_dns_cache=False,
                    socket_factory=self._socket,
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
                trust_env=False,
                auto_decompress=False,
                headers={"User-Agent": "Counterfoil", "Accept": "*/*"},
            )
        return self._session

    def _socket(self, address: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, where = address
        if not self._allow_private and not is_public(str(where[0])):
            raise _NotPublic(f"{where[0]} belongs to a network that is not public.")
        return socket.socket(family, kind, protocol)


class _Checked(AbstractResolver):
    """Resolves names, and lets nothing through of a name that has an address which is not public."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of a host, to which the connection is then made."""
        found = await self._resolver.resolve(host, port, family)
        if not self._allow_private and not all(is_public(one["host"]) for one in found):
            raise _NotPublic(f"{host} belongs to a network that is not public.")
        return found

    async def close(self) -> None:
        await self._resolver.close()


class _NotPublic(OSError):
    """A name resolved to an address that is not public."""


def is_public(text: str) -> bool:
    """Tell whether an address is one of the world's, also if another one is written into it."""
    address = ipaddress.ip_address(text)
    return all(one.is_global and not one.is_multicast for one in (address, *_inner(address)))


def bad_header(name: str, value: str) -> bool:
    """Tell whether a header cannot be sent, or is not for clients to choose."""
    word = name.isascii() and all(one.isalnum() or one in "!#$%&'*+-.^_`|~" for one in name)
    return not name or not word or name.lower() in RESERVED or any(one in value for one in "\r\n\0")


def _inner(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """Return addresses of the older kind that lead to the same machine."""
    if isinstance(address, IPv4Address):
        return []
    inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64 or address in _COMPATIBLE:
        inner.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in inner if one is not None]


def _refused(error: BaseException) -> Unusable | None:
    """Return the refusal that is behind what the client raised."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, _NotPublic):
            return Unusable(str(cause))
        cause = cause.__cause__ or getattr(cause, "os_error", None)
    return None


def _parts(url: str) -> URL:
    """Return the parts of an address as the client that is going to ask it sees them."""
    if len(url) > LONGEST_URL or not url.isprintable() or " " in url or "\\" in url:
        raise Unusable("The address cannot be used.")
    try:
        return URL(url)
    except ValueError:
        raise Unusable("The address cannot be used.") from None


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
