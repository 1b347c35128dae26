"""Configuration: the only reader of the environment.

Every setting is a flag and a ``COUNTERFOIL_`` variable of the same name.
"""

import os
import re
from collections.abc import Iterator
from email.utils import parseaddr
from urllib.parse import unquote, urlsplit, urlunsplit

from msgspec import Struct

DEFAULT_DATABASE_URL = "sqlite:///var/counterfoil.db"
DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8080
IN_MEMORY = ":memory:"
AT_ONCE, OUTSIDE = "at-once", "outside"
"""How Changes settle, besides by asking a URL."""

DEFAULT_OAUTH_KEY_FILE = "var/counterfoil.oauth-key"
MAX_STORE_ID = 32_767
MAX_DAYS = 3_650
LOG_LEVELS = ("debug", "info", "warning", "error")
ORDER_STATES = {
    "new": "pending",
    "pending_payment": "pending_payment",
    "processing": "processing",
    "complete": "complete",
    "closed": "closed",
    "canceled": "canceled",
    "holded": "holded",
    "payment_review": "payment_review",
}
"""The states of orders and their default statuses, which are no shop's own."""

ORDER_STATUS = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)
PAYMENT_METHODS = frozenset({"checkmo", "banktransfer", "purchaseorder", "cashondelivery"})


DEFAULT_MAIL_FROM = "orders@localhost"
SMTP_PORTS = {"smtp": 25, "smtps": 465}
_MAILBOX = re.compile(r"[!-?A-~]+@[A-Za-z0-9.-]+")


class InvalidConfiguration(Exception):
    """A setting cannot be used. The message says which one, and what it should look like."""


class Settings(Struct, frozen=True):
    """What a process needs to know to run."""

    database_url: str = DEFAULT_DATABASE_URL
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    workers: int = 1
    base_url: str = ""
    currency: str = "USD"
    stores: str = "default=1"
    default_country: str = "US"
    payment_methods: str = "checkmo"
    order_statuses: str = ""
    flat_rate: str = "5.00"
    flat_rate_per: str = "item"
    free_shipping_from: str | None = None
    shipping_tax_class: int = 0
    wait_s: int = 10
    max_batch: int = 32
    keep_tasks_days: int = 7
    admin_user: str | None = None
    admin_password: str | None = None
    log_level: str = "info"
    oauth_key_file: str | None = None
    smtp_url: str | None = None
    mail_from: str = DEFAULT_MAIL_FROM
    confirm_orders: str = "yes"
    payment_wait_s: int = 10
    gateway_timeout_s: int = 10
    test_gateway: str | None = None
    hook_http: str = "no"
    hook_private: str = "no"
    grace_period_s: int = 1800
    change_wait_s: int = 10
    settlement: str = AT_ONCE
    settlement_delay_ms: int = 0
    settlement_within_s: int = 3600


class SmtpServer(Struct, frozen=True):
    """What ``smtp://USER:PASSWORD@HOST:PORT`` names. With ``smtps`` TLS begins with the connection."""

    host: str
    port: int
    tls: bool
    user: str | None
    password: str | None


def from_environment(**flags: str | int | None) -> Settings:
    """Return the settings from flags, then ``COUNTERFOIL_*`` variables, then defaults.

    Raises `InvalidConfiguration`.
    """
    chosen: dict[str, str | int] = {}
    for name, default in _defaults().items():
        flag = flags.get(name)
        text = os.environ.get(f"COUNTERFOIL_{name.upper()}")
        if flag is not None:
            chosen[name] = flag
        elif text:
            chosen[name] = _whole_number(name, text) if isinstance(default, int) else text
    settings = Settings(**chosen)  # type: ignore[arg-type]
    _check(settings)
    return settings


def stores(text: str) -> dict[str, int]:
    """Return the store views of ``default=1,de=2`` by code. Raises `InvalidConfiguration`."""
    found: dict[str, int] = {}
    for part in text.split(","):
        code, _, number = part.strip().partition("=")
        fits = number.isdecimal() and len(number) < 6 and 0 < int(number) <= MAX_STORE_ID
        if not code.isidentifier() or code in {"all", "V1", "async"} or not fits or code in found:
            raise InvalidConfiguration(f"--stores must look like default=1,de=2, not '{text}'.")
        found[code] = int(number)
    if "default" not in found or len(set(found.values())) < len(found):
        raise InvalidConfiguration("--stores must name `default`, and give each store an id of its own.")
    return found


def order_statuses(text: str) -> dict[str, frozenset[str]]:
    """Return the statuses of ``picking=processing,packed=processing`` by state.

    Raises `InvalidConfiguration`.
    """
    found: dict[str, str] = {}
    for part in names(text):
        status, _, state = (word.strip() for word in part.partition("="))
        if not ORDER_STATUS.fullmatch(status) or state not in ORDER_STATES or status in found:
            raise InvalidConfiguration(f"--order-statuses must look like picking=processing, not '{part}'.")
        if status in ORDER_STATES.values():
            raise InvalidConfiguration(f"--order-statuses: '{status}' is a status of every shop.")
        found[status] = state
    return {
        state: frozenset(status for status, its_state in found.items() if its_state == state)
        for state in set(found.values())
    }


def names(text: str) -> tuple[str, ...]:
    """Return the words of a comma list."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def scaled_money(name: str, text: str) -> int:
    """Return ``5.00`` as an integer of 1/10 000. Raises `InvalidConfiguration`."""
    whole, _, fraction = text.partition(".")
    if not whole.isdecimal() or not (fraction or "0").isdecimal() or len(fraction) > 4 or len(whole) > 9:
        raise InvalidConfiguration(
            f"--{name.replace('_', '-')} must be an amount such as 5.00, not '{text}'."
        )
    return int(whole) * 10_000 + int(fraction.ljust(4, "0"))


def sqlite_path(database_url: str) -> str | None:
    """Return the file of a SQLite URL, ``:memory:`` for one without a path, None for another engine."""
    if not database_url.startswith("sqlite:"):
        return None
    if database_url == "sqlite://":
        return IN_MEMORY
    if not database_url.startswith("sqlite:///"):
        raise InvalidConfiguration(f"--database-url '{database_url}' must look like sqlite:///PATH.")
    return database_url.removeprefix("sqlite:///") or IN_MEMORY


def oauth_key_path(settings: Settings) -> str | None:
    """Return the file with the key of OAuth secrets; None for a database in memory, where nothing lasts.

    Unless it is set, it is beside an SQLite file. Of a PostgreSQL database it is in the folder ``var``.
    """
    if settings.oauth_key_file:
        return settings.oauth_key_file
    path = sqlite_path(settings.database_url)
    if path == IN_MEMORY:
        return None
    return f"{path}.oauth-key" if path is not None else DEFAULT_OAUTH_KEY_FILE


def is_postgres(database_url: str) -> bool:
    """Whether the URL names a PostgreSQL database."""
    return database_url.startswith(("postgresql://", "postgres://"))


def without_password(database_url: str) -> str:
    """Return the URL as it may be shown and logged."""
    parts = urlsplit(database_url)
    if parts.password is None:
        return database_url
    host = parts.netloc.rsplit("@", 1)[1]
    return urlunsplit(parts._replace(netloc=f"{parts.username}:***@{host}"))


def smtp_server(url: str) -> SmtpServer:
    """Return what the URL of a mail server names. Raises `InvalidConfiguration`, without the URL's secret."""
    wrong = InvalidConfiguration(
        "COUNTERFOIL_SMTP_URL must look like smtp://USER:PASSWORD@HOST:PORT or smtps://…"
    )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise wrong from None
    rest = parts.path.strip("/") or parts.query or parts.fragment
    if parts.scheme not in SMTP_PORTS or not parts.hostname or rest:
        raise wrong
    if (parts.username is None) != (parts.password is None):
        raise wrong
    return SmtpServer(
        host=parts.hostname,
        port=port or SMTP_PORTS[parts.scheme],
        tls=parts.scheme == "smtps",
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
    )


def mail_sender(text: str) -> tuple[str, str]:
    """Return name and address of ``Shop <orders@example.com>``. Raises `InvalidConfiguration`."""
    name, address = parseaddr(text)
    if not text.isprintable() or not _MAILBOX.fullmatch(address):
        raise InvalidConfiguration(
            f"--mail-from must look like Shop <orders@example.com> or orders@example.com, not '{text}'."
        )
    return name, address


def _defaults() -> dict[str, str | int | None]:
    settings = Settings()
    return {name: getattr(settings, name) for name in settings.__struct_fields__}


def _whole_number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise InvalidConfiguration(
            f"COUNTERFOIL_{name.upper()} must be a whole number, not '{text}'."
        ) from error


def _check(settings: Settings) -> None:
    _check_database(settings)
    _check_mail(settings)
    for sound, what in _sound(settings):
        if not sound:
            raise InvalidConfiguration(what)
    stores(settings.stores)
    order_statuses(settings.order_statuses)
    scaled_money("flat_rate", settings.flat_rate)
    if settings.free_shipping_from:
        scaled_money("free_shipping_from", settings.free_shipping_from)


def _check_database(settings: Settings) -> None:
    path = sqlite_path(settings.database_url)
    if path is None and not is_postgres(settings.database_url):
        raise InvalidConfiguration(
            f"--database-url '{without_password(settings.database_url)}' is neither sqlite:///PATH "
            "nor postgresql://USER@HOST/NAME."
        )
    if path is not None and path.endswith("/"):
        raise InvalidConfiguration(f"--database-url '{settings.database_url}' names a folder, not a file.")
    if settings.workers > 1 and path is not None:
        raise InvalidConfiguration(
            "--workers above 1 needs PostgreSQL: an SQLite file is served by one process. "
            "Leave --workers out, or give --database-url postgresql://…"
        )


def _check_mail(settings: Settings) -> None:
    mail_sender(settings.mail_from)
    if settings.smtp_url:
        smtp_server(settings.smtp_url)
        if settings.mail_from == DEFAULT_MAIL_FROM:
            raise InvalidConfiguration("With COUNTERFOIL_SMTP_URL say whom messages are from: --mail-from.")


def _sound(settings: Settings) -> Iterator[tuple[bool, str]]:
    """Yield whether a setting can be used, and what to say if not."""
    one = settings
    yield 0 <= one.port <= 65535, f"--port must be between 0 and 65535, not {one.port}."
    yield one.workers >= 1, f"--workers must be at least 1, not {one.workers}."
    yield one.max_batch >= 1, f"--max-batch must be at least 1, not {one.max_batch}."
    kept = 0 <= one.keep_tasks_days <= MAX_DAYS
    yield kept, f"--keep-tasks-days must be between 0 and {MAX_DAYS}, not {one.keep_tasks_days}."
    yield one.wait_s >= 0, f"--wait-s must be at least 0, not {one.wait_s}."
    yield one.payment_wait_s >= 0, f"--payment-wait-s must be at least 0, not {one.payment_wait_s}."
    patient = one.gateway_timeout_s >= 1
    yield patient, f"--gateway-timeout-s must be at least 1, not {one.gateway_timeout_s}."
    yield from _sound_changes(one)
    yield one.log_level.lower() in LOG_LEVELS, f"--log-level must be one of {', '.join(LOG_LEVELS)}."
    web = not one.base_url or one.base_url.startswith(("http://", "https://"))
    yield web, f"--base-url must begin with http:// or https://, not '{one.base_url}'."
    country = len(one.default_country) == 2 and one.default_country.isupper()
    yield country, f"--default-country must be a code such as US, not '{one.default_country}'."
    currency = len(one.currency) == 3 and one.currency.isupper()
    yield currency, f"--currency must be a code such as USD, not '{one.currency}'."
    per = one.flat_rate_per in {"item", "order"}
    yield per, f"--flat-rate-per must be item or order, not '{one.flat_rate_per}'."
    chosen = one.confirm_orders in {"yes", "no"}
    yield chosen, f"--confirm-orders must be yes or no, not '{one.confirm_orders}'."
    for name in ("hook_http", "hook_private"):
        chosen = getattr(one, name) in {"yes", "no"}
        yield chosen, f"--{name.replace('_', '-')} must be yes or no, not '{getattr(one, name)}'."
    methods = set(names(one.payment_methods))
    listed = ", ".join(sorted(PAYMENT_METHODS))
    yield (
        bool(methods) and methods <= PAYMENT_METHODS,
        f"--payment-methods must be some of {listed}, not '{one.payment_methods}'.",
    )


def _sound_changes(one: Settings) -> Iterator[tuple[bool, str]]:
    graceful = 0 <= one.grace_period_s <= MAX_DAYS * 86_400
    yield graceful, f"--grace-period-s must be at least 0, not {one.grace_period_s}."
    yield one.change_wait_s >= 0, f"--change-wait-s must be at least 0, not {one.change_wait_s}."
    delayed = 0 <= one.settlement_delay_ms <= 86_400_000
    yield delayed, f"--settlement-delay-ms must be between 0 and 86400000, not {one.settlement_delay_ms}."
    bounded = one.settlement_within_s >= 1
    yield bounded, f"--settlement-within-s must be at least 1, not {one.settlement_within_s}."
    known = one.settlement in {AT_ONCE, OUTSIDE} or one.settlement.startswith(("http://", "https://"))
    yield known, f"--settlement must be at-once, outside or a URL, not '{one.settlement}'."
    in_time = one.settlement_delay_ms < one.settlement_within_s * 1000
    yield in_time, "--settlement-delay-ms must be less than --settlement-within-s."
    alone = one.settlement == AT_ONCE or not one.settlement_delay_ms
    yield alone, "--settlement-delay-ms goes with --settlement at-once only."
