"""`counterfoil serve`: run the service."""

import asyncio
import socket
import sys
from contextlib import suppress
from functools import partial
from typing import Annotated

import uvicorn
from cyclopts import App, Parameter
from uvicorn.supervisors import Multiprocess

from counterfoil import logs
from counterfoil.access.first_admin import GeneratedPassword, ensure_admin
from counterfoil.commands.answer import say
from counterfoil.commands.options import (
    ChangeWait,
    ConfirmOrders,
    DatabaseUrl,
    FreeShippingFrom,
    GatewayTimeout,
    GracePeriod,
    HookHttp,
    HookPrivate,
    HowChangesSettle,
    MailFrom,
    OAuthKeyFile,
    OrderStatuses,
    PaymentMethods,
    PaymentWait,
    SettlementDelay,
    SettlementWithin,
    TestGatewayFile,
)
from counterfoil.commands.welcome import welcome
from counterfoil.config import IN_MEMORY, InvalidConfiguration, Settings, from_environment, sqlite_path
from counterfoil.demo import DemoOrder, fill
from counterfoil.dialects.corked import CorkedProtocol
from counterfoil.main import open_ledger
from counterfoil.service import service

_BACKLOG = 2048
_SHUTDOWN_S = 20
_KEEP_ALIVE_S = 75


app = App(
    name="serve",
    help_format="plaintext",
    help_epilogue="""\
Every setting may also be given as a COUNTERFOIL_ variable: COUNTERFOIL_DATABASE_URL, COUNTERFOIL_PORT …
COUNTERFOIL_ADMIN_USER and COUNTERFOIL_ADMIN_PASSWORD create that admin at start; otherwise the first
start creates `admin` with a random password and prints it once. Ctrl-C or SIGTERM stops the service
after the requests under way are answered.

Examples:
  counterfoil serve
  counterfoil serve --demo-data --port 9000
  counterfoil serve --database-url postgresql://counterfoil@localhost/books --workers 4
""",
)


@app.default
def serve(
    *,
    database_url: DatabaseUrl = None,
    host: Annotated[str | None, Parameter(help="Address to listen on.")] = None,
    port: Annotated[int | None, Parameter(help="Port to listen on; 0 takes a free one.")] = None,
    workers: Annotated[int | None, Parameter(help="Number of processes (PostgreSQL only).")] = None,
    base_url: Annotated[str | None, Parameter(help="How clients reach this service.")] = None,
    currency: Annotated[str | None, Parameter(help="Currency of the shop, such as USD.")] = None,
    stores: Annotated[str | None, Parameter(help="Store views and their ids: default=1,de=2.")] = None,
    default_country: Annotated[str | None, Parameter(help="Where a cart without address is taxed.")] = None,
    payment_methods: PaymentMethods = None,
    order_statuses: OrderStatuses = None,
    flat_rate: Annotated[str | None, Parameter(help="Price of flat-rate shipping. Default: 5.00.")] = None,
    flat_rate_per: Annotated[str | None, Parameter(help="item or order. Default: item.")] = None,
    free_shipping_from: FreeShippingFrom = None,
    shipping_tax_class: Annotated[int | None, Parameter(help="Tax class of shipping. Default: none.")] = None,
    wait_s: Annotated[int | None, Parameter(help="How long a command may wait. Default: 10 seconds.")] = None,
    max_batch: Annotated[int | None, Parameter(help="Most commands of one commit. Default: 32.")] = None,
    keep_tasks_days: Annotated[
        int | None, Parameter(help="How long finished tasks can be looked at. Default: 7 days.")
    ] = None,
    log_level: Annotated[str | None, Parameter(help="debug, info, warning or error. Default: info.")] = None,
    oauth_key_file: OAuthKeyFile = None,
    mail_from: MailFrom = None,
    confirm_orders: ConfirmOrders = None,
    payment_wait_s: PaymentWait = None,
    gateway_timeout_s: GatewayTimeout = None,
    test_gateway: TestGatewayFile = None,
    grace_period_s: GracePeriod = None,
    change_wait_s: ChangeWait = None,
    settlement: HowChangesSettle = None,
    settlement_delay_ms: SettlementDelay = None,
    settlement_within_s: SettlementWithin = None,
    hook_http: HookHttp = None,
    hook_private: HookPrivate = None,
    demo_data: Annotated[
        bool, Parameter(help="Fill an empty shop with something to try.", negative="")
    ] = False,
) -> int:
    """Run the service until it is told to stop (Ctrl-C, or SIGTERM)."""
    # Every flag but one is a setting of the same name.
    flags = {name: value for name, value in locals().items() if name != "demo_data"}
    settings = from_environment(**flags)
    if sqlite_path(settings.database_url) == IN_MEMORY:
        raise InvalidConfiguration("serve needs a database that lasts: --database-url sqlite:///PATH.")
    logs.set_up(settings.log_level)
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
        return password, await fill(ledger, settings.currency) if demo_data else None


def _run(settings: Settings, listening: socket.socket) -> int:
    config = uvicorn.Config(
        partial(service, settings),
        factory=True,
        workers=settings.workers,
        loop="uvloop",
        http=CorkedProtocol,
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
            f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}. "
            "Use another --host or --port."
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
