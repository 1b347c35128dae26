"""One call of a gateway: bounded, and whatever goes wrong on the way means that there was no answer."""

import asyncio
from collections.abc import Awaitable

import structlog

from counterfoil.payments.port import Answer, Gateway, NoAnswer, Request

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 60.0

_log = structlog.get_logger()


def pause_s(attempts: int) -> float:
    """Return how long to wait before a gateway is asked again: doubled each time, a minute at most."""
    return min(FIRST_PAUSE_S * 2.0 ** min(attempts - 1, 20), LONGEST_PAUSE_S)


async def answer_of(call: Awaitable[Answer], reference: str, *, within_s: float) -> Answer:
    """Return the gateway's answer; `NoAnswer` if it fails or takes longer than ``within_s``."""
    try:
        async with asyncio.timeout(within_s):
            return await call
    except Exception as error:  # noqa: BLE001 -- whatever it is, the money may have been moved
        _log.warning("a payment gateway gave no answer", reference=reference, error=repr(error))
        return NoAnswer()


def send(gateway: Gateway, kind: str, request: Request) -> Awaitable[Answer]:
    """Begin to send an operation of that kind, by the names of `counterfoil.domain.gateway`."""
    verbs = {
        "authorization": gateway.authorise,
        "capture": gateway.capture,
        "refund": gateway.refund,
        "void": gateway.void,
    }
    return verbs[kind](request)


async def resolve(gateway: Gateway, kind: str, request: Request, *, within_s: float) -> Answer:
    """Return what became of an operation that may have been sent.

    The gateway is asked. Only if it says that it never saw the operation is it sent again, under the same
    reference, which no gateway carries out twice.
    """
    try:
        async with asyncio.timeout(within_s):
            known = await gateway.ask(request.reference)
    except Exception as error:  # noqa: BLE001 -- it will be asked again
        _log.warning("a payment gateway cannot be asked", reference=request.reference, error=repr(error))
        return NoAnswer()
    if known is not None:
        return known
    return await answer_of(send(gateway, kind, request), request.reference, within_s=within_s)
