"""`counterfoil doctor`: check every promise against the stored books."""

import asyncio
import sys

from cyclopts import App
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from counterfoil.commands.answer import say, say_json
from counterfoil.commands.options import AsJson, DatabaseUrl
from counterfoil.config import from_environment
from counterfoil.ledger.doctor import Finding, examine
from counterfoil.ledger.searching import Search
from counterfoil.main import open_ledger

BROKEN = 1


app = App(
    name="doctor",
    help_format="plaintext",
    help_epilogue="""\
Replays the journal of every order and compares it with the stored rows, sums up the documents, and
looks for holes in the number series, lost idempotency keys, rows without their order or invoice, ids
that would be given again, and lost unique indexes. Changes nothing and may run beside a live server.
Exit status 0 means that all is well, 1 that a promise is broken.

Examples:
  counterfoil doctor
  counterfoil doctor --database-url postgresql://counterfoil@db.example.com/books --json
""",
)


@app.default
def doctor(
    *,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> int:
    """Check every promise against the stored books."""
    return asyncio.run(_examine(from_environment(database_url=database_url).database_url, as_json=as_json))


async def _examine(database_url: str, *, as_json: bool) -> int:
    findings = 0
    orders = 0
    columns = (TextColumn("Checking orders"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    async with open_ledger(database_url, as_it_is=True) as ledger:
        async with ledger.reading() as reader:
            total = (await reader.search("order", Search(limit=1))).total_count
        with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
            bar = progress.add_task("", total=total)
            async for step in examine(ledger):
                if isinstance(step, Finding):
                    findings += 1
                    _show(step, as_json=as_json)
                else:
                    orders += step.orders
                    progress.update(bar, completed=orders)
    if as_json:
        say_json({"orders": orders, "findings": findings})
    else:
        verdict = "all promises hold" if findings == 0 else f"{findings} findings"
        say(f"{orders} orders checked: {verdict}.")
    return BROKEN if findings else 0


def _show(finding: Finding, *, as_json: bool) -> None:
    if as_json:
        say_json(finding)
    else:
        about = "books" if finding.order_id is None else f"order {finding.order_id}"
        say(f"{about}: {finding.problem}")
