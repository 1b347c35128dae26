"""Setting up hooks (contract vtex §3.14): an address is only taken when it answers."""

from counterfoil.delivery import signature, subscriptions
from counterfoil.delivery.outgoing import Outgoing, Unreached, Unusable, bad_header
from counterfoil.delivery.subscriptions import Hook
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.ledger.ports import Transaction

PING = b'{"hookConfig":"ping"}'
ANSWERED = 200
MOST_HEADERS = 20
LONGEST_HEADER = 4_000

_NO_HOOK = "no hook"


class NoHook(Exception):
    """The app key has no hook."""


class HookRefused(Exception):
    """The hook was not saved. The text says why; ``scheme`` tells that it is for the address's scheme."""

    def __init__(self, why: str, *, scheme: bool = False) -> None:
        super().__init__(why)
        self.scheme = scheme


class HookSetup:
    """The hooks of all app keys."""

    def __init__(self, ledger: Ledger, outgoing: Outgoing) -> None:
        self._ledger = ledger
        self._outgoing = outgoing

    async def configure(self, hook: Hook, *, keep_secret: bool) -> None:
        """Make the hook of its app key, or change it; what waits for it stays. Raises `HookRefused`.

        With ``keep_secret`` the secret that there was is used further.
        """
        if keep_secret:
            stored = await self._stored(hook.app_key)
            hook = _with_secret(hook, stored.secret if stored is not None else None)
        _check(hook)
        await self._ping(hook)
        await subscriptions.establish(self._ledger, hook)

    async def look(self, app_key: str) -> Hook:
        """Return the hook of an app key. Raises `NoHook`."""
        stored = await self._stored(app_key)
        if stored is None:
            raise NoHook
        return stored

    async def drop(self, app_key: str) -> None:
        """Remove the hook of an app key and what waits for it. Raises `NoHook`."""

        async def work(transaction: Transaction) -> Body | str:
            hook = await subscriptions.of_key(transaction.records, Hook, app_key, lock=True)
            if hook is None:
                return _NO_HOOK
            await subscriptions.drop(transaction, hook)
            return Body(b"true")

        if await self._ledger.transact(work) == _NO_HOOK:
            raise NoHook

    async def _stored(self, app_key: str) -> Hook | None:
        async with self._ledger.reading() as reader:
            return await subscriptions.of_key(reader.records, Hook, app_key)

    async def _ping(self, hook: Hook) -> None:
        clock = self._ledger.clock
        signed = signature.headers(clock.unique_id(), clock.epoch_s(), PING, hook.secret)
        try:
            status = await self._outgoing.post(hook.url, PING, {**hook.headers, **signed})
        except Unusable as error:
            raise HookRefused(str(error), scheme=error.scheme) from error
        except Unreached as error:
            raise HookRefused(str(error)) from error
        if status != ANSWERED:
            raise HookRefused(f"The address answered {status}.")


def _with_secret(hook: Hook, secret: str | None) -> Hook:
    return Hook(app_key=hook.app_key, filter=hook.filter, url=hook.url, headers=hook.headers, secret=secret)


def _check(hook: Hook) -> None:
    """Raise `HookRefused` if headers or secret cannot be used."""
    too_many = len(hook.headers) > MOST_HEADERS
    bad = [
        name
        for name, value in hook.headers.items()
        if bad_header(name, value) or len(name) + len(value) > LONGEST_HEADER
    ]
    if too_many or bad:
        raise HookRefused(
            f"There are more than {MOST_HEADERS} headers." if too_many else "A header cannot be sent."
        )
    if hook.secret is not None and signature.key_of(hook.secret) is None:
        raise HookRefused("The secret must be whsec_ and the base64 of 24 to 64 bytes.")
