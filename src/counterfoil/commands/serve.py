"""`counterfoil serve`: run the service."""

import asyncio
import logging
import socket
import sys
from contextlib import suppress
from functools import partial
from typing import Annotated

import structlog
import uvicorn
from cyclopts import Parameter
from uvicorn.supervisors import Multiprocess

from counterfoil.access.first_admin import GeneratedPassword, ensure_admin
from counterfoil.commands.answer import say
from counterfoil.commands.options import DatabaseUrl
from counterfoil.commands.welcome import welcome
from counterfoil.config import InvalidConfiguration, Settings, from_environment
from counterfoil.demo import DemoOrder, fill
from counterfoil.main import open_ledger
from counterfoil.service import service

_BACKLOG = 2048
_SHUTDOWN_S = 20
_KEEP_ALIVE_S = 75
_SWITCH_INTERVAL_S = 0.0005


def serve(
    *,
    database_url: DatabaseUrl = None,
    host: Annotated[str | None, Parameter(help="Address to listen on.")] = None,
    port: Annotated[int | None, Parameter(help="Port to listen on; 0 takes a free one.")] = None,
    workers: Annotated[int | None, Parameter(help="Number of processes (PostgreSQL only).")] = None,
    base_url: Annotated[str | None, Parameter(help="How clients reach this service.")] = None,
    demo_data: Annotated[
        bool, Parameter(help="Fill an empty shop with something to try.", negative="")
    ] = False,
) -> int:
    """Run the service until it is told to stop (Ctrl-C, or SIGTERM).

    Every flag may also be given as a COUNTERFOIL_ variable: COUNTERFOIL_DATABASE_URL, COUNTERFOIL_PORT …
    COUNTERFOIL_ADMIN_USER and COUNTERFOIL_ADMIN_PASSWORD create that admin at start; otherwise the first
    start creates `admin` with a random password and prints it once.

    Examples:
      counterfoil serve

      counterfoil serve --demo-data --port 9000

      counterfoil serve --database-url postgresql://counterfoil@localhost/books --workers 4
    """
    settings = from_environment(
        database_url=database_url, host=host, port=port, workers=workers, base_url=base_url
    )
    _set_up_logging(settings.log_level)
    with _listen(settings) as listening:
        settings = _with_port(settings, listening)
        password, demo_order = asyncio.run(_prepare(settings, demo_data=demo_data))
        say(welcome(settings, password, demo_order))
        sys.stdout.flush()
        return _run(settings, listening)


async def _prepare(
    settings: Settings, *, demo_data: bool
) -> tuple[GeneratedPassword | None, DemoOrder | None]:
    """Create the database, the first admin and the demo data, before anybody is served."""
    async with open_ledger(settings.database_url, settings=settings, exclusive=True) as ledger:
        password = await ensure_admin(ledger, username=settings.admin_user, password=settings.admin_password)
        return password, await fill(ledger) if demo_data else None


def _run(settings: Settings, listening: socket.socket) -> int:
    config = uvicorn.Config(
        partial(service, settings),
        factory=True,
        workers=settings.workers,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        log_level="warning",
        server_header=False,
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_SHUTDOWN_S,
    )
    if settings.workers > 1:
        Multiprocess(config, sockets=[listening]).run()
        return 0
    # The thread that waits for the disk gets its turn back quickly.
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    server = uvicorn.Server(config)
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listening])
    return 0 if server.started else 1


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise InvalidConfiguration(
            f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}. Use another --port."
        ) from error
    listening.set_inheritable(True)
    return listening


def _with_port(settings: Settings, listening: socket.socket) -> Settings:
    if settings.port:
        return settings
    return from_environment(
        **{name: getattr(settings, name) for name in settings.__struct_fields__}
        | {"port": listening.getsockname()[1]}
    )


def _set_up_logging(level: str) -> None:
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
