"""The schema: forward migrations, and the views that show the books under Adobe's names."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources

from counterfoil.storage.column import Document, Kind
from counterfoil.storage.columns import VIEWED


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs between the databases in a schema."""

    types: dict[str, str]
    decimal: str


SQLITE = Dialect(
    {
        "{ID}": "INTEGER",
        "{JSON}": "TEXT",
        "{FILL}": "",
        "{CLUSTERED}": " WITHOUT ROWID",
        "{EXACT}": "",
    },
    "({} / 10000.0)",
)
POSTGRES = Dialect(
    {
        "{ID}": "BIGINT",
        "{JSON}": "JSONB",
        # Room on each page lets PostgreSQL update rows in place.
        "{FILL}": " WITH (fillfactor = 70)",
        "{CLUSTERED}": "",
        # Texts in the order of their characters, whatever language the database is set to.
        "{EXACT}": ' COLLATE "C"',
    },
    "({}::numeric / 10000)::numeric(20,4)",
)

_MIGRATIONS = (
    "0001_books.sql",
    "0002_tasks.sql",
    "0003_oauth_nonces.sql",
    "0004_lists.sql",
    "0005_documents.sql",
    "0006_more_lists.sql",
    "0007_released_units.sql",
    "0008_mail_sent.sql",
    "0009_payments.sql",
    "0010_times_of_rows.sql",
    "0011_workflow.sql",
    "0012_notices.sql",
    "0013_terms.sql",
    "0014_gone.sql",
)
"""Migration files in order. Their contents never change once released."""

TERMS = _MIGRATIONS.index("0013_terms.sql") + 1
"""From this version on orders have terms; those of an older database get them when it is migrated."""

LATEST = len(_MIGRATIONS)
"""The schema version of this program."""

CREATE_VERSION = (
    "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL PRIMARY KEY, at TEXT NOT NULL)"
)
READ_VERSION = "SELECT COALESCE(MAX(version), 0) FROM schema_version"


class DatabaseTooNew(Exception):
    """The database was made by a newer version of this program."""

    def __init__(self, found: int) -> None:
        super().__init__(
            f"The database has schema version {found}, this program knows versions up to {LATEST}. "
            "Run the newer counterfoil, or restore a backup from before the upgrade."
        )


class DatabaseTooOld(Exception):
    """The database has not been migrated to this program's schema."""

    def __init__(self, found: int) -> None:
        super().__init__(
            f"The database has schema version {found}, this program needs {LATEST}. "
            "Run `counterfoil migrate` with the same --database-url."
        )


def check(found: int) -> None:
    """Raise `DatabaseTooNew` or `DatabaseTooOld` unless the database has this program's schema."""
    if found > LATEST:
        raise DatabaseTooNew(found)
    if found < LATEST:
        raise DatabaseTooOld(found)


def statements(after: int, dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    """Yield (version, statements) of each migration later than ``after``, and the views with the last."""
    for version, name in enumerate(_MIGRATIONS, start=1):
        if version <= after:
            continue
        text = resources.files(__package__).joinpath("migrations", name).read_text("utf-8")
        for placeholder, type_name in dialect.types.items():
            text = text.replace(placeholder, type_name)
        lines = [line for line in text.splitlines() if not line.lstrip().startswith("--")]
        steps = [step.strip() for step in "\n".join(lines).split(";") if step.strip()]
        if version == LATEST:
            steps += [f"DROP VIEW IF EXISTS {name}" for name in ("sales_invoice_grid", *_view_names())]
            steps += [_view(document, dialect) for document in VIEWED]
            steps.append(_invoice_grid(dialect))
        yield version, steps


def _view_names() -> list[str]:
    return [document.view for document in VIEWED]


def _shown(kind: Kind, expression: str, dialect: Dialect) -> str:
    return dialect.decimal.format(expression) if kind is Kind.DECIMAL else expression


def _view(document: Document, dialect: Dialect) -> str:
    columns = ", ".join(
        f"{_shown(column.kind, column.expression, dialect)} AS {column.name}"
        for column in document.columns.values()
    )
    return f"CREATE VIEW {document.view} AS SELECT {columns} FROM {document.table}"


def _invoice_grid(dialect: Dialect) -> str:
    """The list of invoices as Adobe's back office keeps it (contract adobe §9), here always up to date."""

    def address(which: str, *, keys: str) -> str:
        parts = " || ' ' || ".join(
            f"COALESCE(o.particulars -> '{which}' ->> '{key}', '')" for key in keys.split()
        )
        return f"TRIM({parts})"

    def money(column: str) -> str:
        return dialect.decimal.format(f"i.{column}")

    return f"""CREATE VIEW sales_invoice_grid AS SELECT
        i.entity_id, i.increment_id, i.state, i.store_id,
        o.particulars ->> 'store_name' AS store_name, i.order_id,
        o.increment_id AS order_increment_id, o.created_at AS order_created_at,
        TRIM(COALESCE(o.particulars ->> 'customer_firstname', '') || ' '
            || COALESCE(o.particulars ->> 'customer_lastname', '')) AS customer_name,
        o.particulars ->> 'customer_email' AS customer_email,
        COALESCE(CAST(o.particulars ->> 'customer_group_id' AS BIGINT), 0) AS customer_group_id,
        o.particulars -> 'payment' ->> 'method' AS payment_method,
        i.currency AS order_currency_code, i.currency AS base_currency_code,
        i.currency AS store_currency_code, i.currency AS global_currency_code,
        {address("billing_address", keys="firstname lastname")} AS billing_name,
        {address("billing_address", keys="city region postcode country_id")} AS billing_address,
        {address("shipping_address", keys="city region postcode country_id")} AS shipping_address,
        o.particulars ->> 'shipping_description' AS shipping_information,
        {money("subtotal")} AS subtotal,
        {dialect.decimal.format("COALESCE(i.shipping_amount, 0)")} AS shipping_and_handling,
        {money("grand_total")} AS grand_total, {money("grand_total")} AS base_grand_total,
        i.created_at, i.updated_at
        FROM invoice i JOIN orders o ON o.entity_id = i.order_id"""
