"""The composition root of the service: the ASGI application of one process."""

import asyncio
import gc
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog

from counterfoil import config, logs
from counterfoil.access import Access
from counterfoil.access.oauth_secrets import KeyFile
from counterfoil.checkout.settings import CheckoutSettings, PaymentSettings, ShippingSettings
from counterfoil.config import Settings
from counterfoil.delivery import mail
from counterfoil.delivery.changes import Changes
from counterfoil.delivery.desk import desk
from counterfoil.delivery.grace import GracePeriods
from counterfoil.delivery.handler import Handler
from counterfoil.delivery.mail import Mailing
from counterfoil.delivery.message import Sender
from counterfoil.delivery.outgoing import Outgoing
from counterfoil.delivery.settlement import AtOnce, Delayed, Outside, Settlement
from counterfoil.delivery.settlement_url import ByUrl
from counterfoil.delivery.smtp import MailServer
from counterfoil.delivery.telling import Telling
from counterfoil.delivery.worker import Pace, Worker
from counterfoil.dialects import health
from counterfoil.dialects.adobe import operation
from counterfoil.dialects.adobe.app import App as AdobeApp
from counterfoil.dialects.adobe.call import Settings as ShopSettings
from counterfoil.dialects.adobe.call import Shop
from counterfoil.dialects.adobe.operation_runner import Operations
from counterfoil.dialects.adobe.routes import ROUTES
from counterfoil.dialects.corked import STOPPING
from counterfoil.dialects.vtex import app as vtex
from counterfoil.dialects.vtex import notice_document, order_data_document, order_form, order_id
from counterfoil.dialects.vtex.app import App as VtexApp
from counterfoil.dialects.vtex.call import Settings as VtexSettings
from counterfoil.dialects.vtex.call import Shop as VtexShop
from counterfoil.dialects.vtex.routes import ROUTES as VTEX_ROUTES
from counterfoil.domain import steps
from counterfoil.domain.decider import PAYMENT_TASK
from counterfoil.ledger.ledger import Ledger
from counterfoil.main import open_ledger
from counterfoil.payments import authorizations, test_gateway
from counterfoil.payments.payments import Payments
from counterfoil.payments.test_gateway import TestGateway

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

_SWITCH_INTERVAL_S = 0.0005
_TASKS_END_WITHIN_S = 5
_DAY_S = 86_400
_OPERATIONS_AT_ONCE = 16
_PAYMENTS_AT_ONCE = 64
_GRACE_AT_ONCE = 64
_NEVER_GIVEN_UP = 1_000_000
"""What became of money is found out however long it takes."""
_OPERATIONS_IN_A_ROW = 32

_log = structlog.get_logger()


class Service:
    """The ASGI application of one process: opens the books at start-up and closes them at the end."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._adobe: Asgi | None = None
        self._vtex: Asgi | None = None
        self._health: Asgi | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the life span of the process."""
        if scope["type"] == "lifespan":
            await self._live(receive, send, scope.get("state", {}))
        elif scope["type"] == "http":
            application = self._application(scope["path"])
            assert application is not None, "requests come after the start-up"
            await application(scope, receive, send)

    def _application(self, path: str) -> Asgi | None:
        if path == health.PATH:
            return self._health
        return self._vtex if path[:5].lower().startswith(vtex.PREFIXES) else self._adobe

    async def _live(self, receive: Receive, send: Send, state: dict[str, Any]) -> None:
        await receive()
        settings = self._settings
        phase = "startup"
        try:
            async with open_ledger(settings.database_url, settings=settings, exclusive=True) as ledger:
                state[STOPPING] = ledger.wait_no_longer
                self._health = health.Health(ledger)
                key_path = config.oauth_key_path(settings)
                access = Access(ledger, key_file=None if key_path is None else KeyFile(key_path))
                shop = _shop(ledger, access, settings)
                self._adobe = AdobeApp(shop, ROUTES)
                outgoing = _outgoing(settings)
                vtex_shop = _vtex_shop(shop, access, outgoing, settings)
                self._vtex = VtexApp(vtex_shop, VTEX_ROUTES)
                telling = _telling(vtex_shop, outgoing)
                changes = _changes(shop.ledger, settings)
                worker = _worker(shop, settings, changes)
                await worker.start()
                await telling.start()
                # What is there now stays until the end: looking through it again costs every request.
                gc.collect()
                gc.freeze()
                await send({"type": "lifespan.startup.complete"})
                phase = "shutdown"
                await receive()
                await asyncio.gather(
                    worker.stop(within_s=_TASKS_END_WITHIN_S), telling.stop(within_s=_TASKS_END_WITHIN_S)
                )
                await vtex_shop.desk.close()
                await changes.close()
                access.close()
        except Exception as error:  # noqa: BLE001 -- told to the server, which stops
            _log.exception("the service cannot run", phase=phase)
            await send({"type": f"lifespan.{phase}.failed", "message": str(error)})
            return
        await send({"type": "lifespan.shutdown.complete"})


def service(settings: Settings) -> Service:
    """Return the application of one process. Workers call this in their own process."""
    logs.set_up(settings.log_level)
    # The thread that waits for the disk gets its turn back quickly.
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    return Service(settings)


def _worker(shop: Shop, settings: Settings, changes: Changes) -> Worker:
    return Worker(
        shop.ledger,
        handlers(shop, _mailing(shop.ledger, settings), changes),
        alone=not config.is_postgres(settings.database_url),
        pace=Pace(keep_finished_s=settings.keep_tasks_days * _DAY_S),
    )


def handlers(shop: Shop, mailing: Mailing, changes: Changes) -> dict[str, Handler]:
    """Return how each kind of task is carried out. Whoever brings a kind adds a line."""
    operations = Operations(shop, ROUTES)
    payments = shop.payments
    held = payments.authorizations
    return {
        PAYMENT_TASK: Handler(
            payments.operations.run, limit=_PAYMENTS_AT_ONCE, most_failures=_NEVER_GIVEN_UP
        ),
        authorizations.TASK: Handler(held.run, limit=_PAYMENTS_AT_ONCE, most_failures=_NEVER_GIVEN_UP),
        authorizations.RELEASE_TASK: Handler(held.run_release, most_failures=_NEVER_GIVEN_UP),
        operation.KIND: Handler(operations.run, limit=_OPERATIONS_AT_ONCE, run_length=_OPERATIONS_IN_A_ROW),
        operation.FORGET: Handler(operations.forget),
        steps.CHANGE_TASK: changes.handler(),
        steps.GRACE_TASK: Handler(GracePeriods(shop.ledger).run, limit=_GRACE_AT_ONCE),
        mail.KIND: Handler(mailing.run, most_failures=mail.MOST_FAILURES),
    }


def _changes(ledger: Ledger, settings: Settings) -> Changes:
    return Changes(ledger, _settlement(ledger, settings), within_s=settings.settlement_within_s)


def _settlement(ledger: Ledger, settings: Settings) -> Settlement:
    if settings.settlement == config.OUTSIDE:
        return Outside()
    if settings.settlement == config.AT_ONCE:
        return Delayed(settings.settlement_delay_ms) if settings.settlement_delay_ms else AtOnce()

    async def called(entity_id: int) -> str:
        async with ledger.reading() as reader:
            order = await reader.order(entity_id)
        return order_id.derived(entity_id) if order is None else order_form.called(order)

    return ByUrl(settings.settlement, called)


def _mailing(ledger: Ledger, settings: Settings) -> Mailing:
    server = None
    if settings.smtp_url:
        found = config.smtp_server(settings.smtp_url)
        server = MailServer(found.host, found.port, found.tls, found.user, found.password)
    name, address = config.mail_sender(settings.mail_from)
    return Mailing(ledger, sender=Sender(name, address), server=server)


def _shop(ledger: Ledger, access: Access, settings: Settings) -> Shop:
    base_url = settings.base_url or f"http://{settings.host}:{settings.port}/"
    stores = config.stores(settings.stores)
    return Shop(
        ledger=ledger,
        clock=ledger.clock,
        access=access,
        settings=ShopSettings(
            base_url=base_url,
            currency=settings.currency,
            stores=stores,
            keep_tasks_s=settings.keep_tasks_days * _DAY_S,
            order_statuses=config.order_statuses(settings.order_statuses),
        ),
        checkout=_checkout(settings, stores),
        gateways=_payments(ledger, settings),
    )


def _vtex_shop(shop: Shop, access: Access, outgoing: Outgoing, settings: Settings) -> VtexShop:
    """Return the same shop as the other dialect sees it."""
    return VtexShop(
        ledger=shop.ledger,
        clock=shop.clock,
        access=access,
        settings=VtexSettings(
            base_url=shop.settings.base_url,
            currency=shop.settings.currency,
            grace_s=settings.grace_period_s,
        ),
        checkout=shop.checkout,
        gateways=shop.gateways,
        delivery=desk(shop.ledger, shop.clock, outgoing),
    )


def _outgoing(settings: Settings) -> Outgoing:
    return Outgoing(allow_http=settings.hook_http == "yes", allow_private=settings.hook_private == "yes")


def _telling(shop: VtexShop, outgoing: Outgoing) -> Telling:
    """Return what tells feeds and hooks, in the words of the dialect that has them."""
    settings = shop.settings
    return Telling(
        shop.ledger,
        outgoing,
        render=lambda order: order_data_document.render(order, settings),
        name=order_id.derived,
        form=lambda told, app_key: notice_document.message(told, app_key, settings.account),
        written=shop.ledger.outbox_written,
    )


def _payments(ledger: Ledger, settings: Settings) -> Payments:
    gateways = {test_gateway.CODE: TestGateway(settings.test_gateway)} if settings.test_gateway else {}
    return Payments(ledger, gateways, answer_within_s=settings.gateway_timeout_s)


def _checkout(settings: Settings, stores: dict[str, int]) -> CheckoutSettings:
    free_from = settings.free_shipping_from or None
    return CheckoutSettings(
        default_country=settings.default_country,
        shipping=ShippingSettings(
            flatrate_price=config.scaled_money("flat_rate", settings.flat_rate),
            flatrate_per=settings.flat_rate_per,
            freeshipping_active=free_from is not None,
            freeshipping_minimum=config.scaled_money("free_shipping_from", free_from) if free_from else 0,
            tax_class_id=settings.shipping_tax_class,
        ),
        payment=PaymentSettings(active=_methods(settings)),
        store_names={
            store_id: f"Main Website\nMain Website Store\n{_store_view_name(code)}"
            for code, store_id in stores.items()
        },
        confirm_orders=settings.confirm_orders == "yes",
    )


def _methods(settings: Settings) -> tuple[str, ...]:
    methods = config.names(settings.payment_methods)
    return (*methods, test_gateway.CODE) if settings.test_gateway else methods


def _store_view_name(code: str) -> str:
    return "Default Store View" if code == "default" else code
