"""``counterfoil tasks``: what is done after the answer, and what of it failed."""

from typing import Annotated, Literal

from cyclopts import App, Parameter

from counterfoil.commands.answer import CommandRefused, UsageError, books, say, say_json, say_table
from counterfoil.commands.options import AsJson, DatabaseUrl

MOST_AT_ONCE = 1_000

StateName = Annotated[
    Literal["open", "done", "failed"],
    Parameter(name="--state", help="open (to be done), done or failed. Default: failed."),
]
Limit = Annotated[int, Parameter(name="--limit", help="How many tasks to list at most. Default: 100.")]

app = App(name="tasks", help="List what is done later, and try again what failed.", help_epilogue="")


@app.command(
    name="list",
    help_epilogue="""Examples:
  counterfoil tasks list
  counterfoil tasks list --state open --json
""",
)
async def list_tasks(
    *,
    state: StateName = "failed",
    limit: Limit = 100,
    as_json: AsJson = False,
    database_url: DatabaseUrl = None,
) -> None:
    """List tasks in a state, the oldest first."""
    if not 1 <= limit <= MOST_AT_ONCE:
        raise UsageError(f"--limit must be between 1 and {MOST_AT_ONCE}.")
    async with books(database_url) as ledger, ledger.reading() as reader:
        listed = await reader.tasks.listed(state, limit=limit)
    if as_json:
        say_json(listed)
    elif listed:
        rows = [
            (
                task.id,
                task.kind,
                "" if task.order_id is None else str(task.order_id),
                str(task.attempts),
                task.created_at[:19],
                (task.last_error or "").partition("\n")[0],
            )
            for task in listed
        ]
        say_table(("TASK", "KIND", "ORDER", "ATTEMPTS", "CREATED (UTC)", "LAST ERROR"), rows)
    else:
        say(f"There are no tasks that are {state}.")


@app.command(
    help_epilogue="""Examples:
  counterfoil tasks retry 0d2f6c2c8f6b4a52a2c66a3f7f3e6a10
  counterfoil tasks retry --all
"""
)
async def retry(
    task_id: Annotated[
        str | None, Parameter(help="Which task, as `counterfoil tasks list` names it.")
    ] = None,
    /,
    *,
    every: Annotated[
        bool,
        Parameter(
            name="--all", negative=(), show_default=False, help=f"All that failed, {MOST_AT_ONCE} at a time."
        ),
    ] = False,
    as_json: AsJson = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Try failed tasks again. A running service begins within a second."""
    from counterfoil.ledger.ledger import Body
    from counterfoil.ledger.ports import Transaction

    if (task_id is None) != every:
        raise UsageError("Name one task, or say --all.")
    opened: set[str] = set()

    async with books(database_url) as ledger:

        async def work(transaction: Transaction) -> Body:
            nonlocal opened
            failed = [] if task_id else await transaction.tasks.listed("failed", limit=MOST_AT_ONCE)
            ids = [task_id] if task_id else [task.id for task in failed]
            opened = await transaction.tasks.retry(ids, now_ms=ledger.clock.epoch_us() // 1000)
            return Body(b"true")

        await ledger.transact(work)
    if task_id and not opened:
        raise CommandRefused(
            f'There is no failed task "{task_id}". See which there are: counterfoil tasks list'
        )
    if as_json:
        say_json({"retried": sorted(opened)})
    else:
        say(f"{len(opened)} tasks will be tried again.")
