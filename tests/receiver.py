"""An address for hooks: a real HTTP server that writes down what it is sent and answers as it is told."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from msgspec import Struct

Answer = Callable[["Received"], int]


class Received(Struct):
    """One request."""

    body: bytes
    headers: dict[str, str]
    at_s: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def event_id(self) -> str:
        return self.headers["webhook-id"]


class Receiver:
    """What came, in the order of its coming. ``answer`` gives the status; ``hold`` keeps answers back."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answered: list[Received] = []
        self.answer: Answer = lambda _: 200
        self.hold = asyncio.Event()
        self.hold.set()
        self.location: str | None = None
        self.url = ""

    async def handle(self, request: web.Request) -> web.Response:
        loop = asyncio.get_running_loop()
        headers = {name.lower(): value for name, value in request.headers.items()}
        got = Received(await request.read(), headers, loop.time())
        self.received.append(got)
        await self.hold.wait()
        status = self.answer(got)
        self.answered.append(got)
        return web.Response(status=status, headers={"Location": self.location} if self.location else None)

    @property
    def told(self) -> list[Received]:
        """What was answered 200, without the pings."""
        return [got for got in self.received if b"hookConfig" not in got.body]

    async def until(self, happened: Callable[[], bool], *, within_s: float = 20) -> None:
        async with asyncio.timeout(within_s):
            while not happened():  # noqa: ASYNC110 -- nothing tells when
                await asyncio.sleep(0.005)


@asynccontextmanager
async def receiving(port: int = 0) -> AsyncIterator[Receiver]:
    """Run a receiver for the block."""
    receiver = Receiver()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", receiver.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/orders"
    try:
        yield receiver
    finally:
        receiver.hold.set()
        await runner.cleanup()
