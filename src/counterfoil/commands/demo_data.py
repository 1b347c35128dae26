"""`counterfoil demo-data`: fill an empty shop with something to try."""

import asyncio

from cyclopts import App

from counterfoil.commands.answer import say
from counterfoil.commands.options import DatabaseUrl
from counterfoil.config import Settings, from_environment
from counterfoil.demo import DemoOrder, fill
from counterfoil.main import open_ledger

app = App(
    name="demo-data",
    help_format="plaintext",
    help_epilogue="""\
A small catalogue and some orders in different states. Run again, it only adds one more order for
each scenario.

Examples:
  counterfoil demo-data
  counterfoil demo-data --database-url sqlite:///var/try.db
""",
)


@app.default
def demo_data(*, database_url: DatabaseUrl = None) -> int:
    """Fill a shop with something to try: a small catalogue and some orders in different states."""
    order = asyncio.run(_fill(from_environment(database_url=database_url)))
    say(f"Demo data are in. Order {order.order_id} has two rows to invoice: {order.item_ids}.")
    return 0


async def _fill(settings: Settings) -> DemoOrder:
    async with open_ledger(settings.database_url) as ledger:
        return await fill(ledger, settings.currency)
