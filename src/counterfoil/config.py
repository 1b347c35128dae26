"""Configuration: the only reader of the environment.

Every setting is a flag and a ``COUNTERFOIL_`` variable of the same name.
"""

import os
from pathlib import PurePosixPath
from urllib.parse import urlsplit, urlunsplit

from msgspec import Struct

DEFAULT_DATABASE_URL = "sqlite:///var/counterfoil.db"
DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8080
IN_MEMORY = ":memory:"
PAYMENT_METHODS = frozenset({"checkmo", "banktransfer", "purchaseorder", "cashondelivery"})


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
    flat_rate: str = "5.00"
    flat_rate_per: str = "item"
    free_shipping_from: str | None = None
    shipping_tax_class: int = 0
    wait_s: int = 10
    max_batch: int = 64
    admin_user: str | None = None
    admin_password: str | None = None
    log_level: str = "info"


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
        if not code.isidentifier() or code == "all" or not number.isdecimal() or not int(number):
            raise InvalidConfiguration(f"--stores must look like default=1,de=2, not '{text}'.")
        found[code] = int(number)
    return found


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
    rest = database_url.removeprefix("sqlite:")
    path = rest.removeprefix("///") if rest.startswith("///") else rest.removeprefix("//")
    return path or IN_MEMORY


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
    path = sqlite_path(settings.database_url)
    if path is None and not is_postgres(settings.database_url):
        raise InvalidConfiguration(
            f"--database-url '{without_password(settings.database_url)}' is neither sqlite:///PATH "
            "nor postgresql://USER@HOST/NAME."
        )
    if path is not None and path != IN_MEMORY and PurePosixPath(path).name == "":
        raise InvalidConfiguration(f"--database-url '{settings.database_url}' names a folder, not a file.")
    if not 0 <= settings.port <= 65535:
        raise InvalidConfiguration(f"--port must be between 0 and 65535, not {settings.port}.")
    if settings.workers < 1:
        raise InvalidConfiguration(f"--workers must be at least 1, not {settings.workers}.")
    if settings.workers > 1 and path is not None:
        raise InvalidConfiguration(
            "--workers above 1 needs PostgreSQL: an SQLite file is served by one process. "
            "Leave --workers out, or give --database-url postgresql://…"
        )
    stores(settings.stores)
    scaled_money("flat_rate", settings.flat_rate)
    if settings.free_shipping_from:
        scaled_money("free_shipping_from", settings.free_shipping_from)
    if settings.flat_rate_per not in {"item", "order"}:
        raise InvalidConfiguration(f"--flat-rate-per must be item or order, not '{settings.flat_rate_per}'.")
    unknown = set(names(settings.payment_methods)) - PAYMENT_METHODS
    if unknown or not names(settings.payment_methods):
        raise InvalidConfiguration(
            f"--payment-methods must be some of {', '.join(sorted(PAYMENT_METHODS))}, "
            f"not '{settings.payment_methods}'."
        )
    if len(settings.currency) != 3 or not settings.currency.isupper():
        raise InvalidConfiguration(f"--currency must be a code such as USD, not '{settings.currency}'.")
