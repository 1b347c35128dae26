"""``counterfoil mail``: the messages to customers, sent or kept here."""

from email import policy
from email.parser import Parser
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from cyclopts import App, Parameter

from counterfoil.commands.answer import CommandRefused, UsageError, books, say, say_json, say_table
from counterfoil.commands.options import AsJson, DatabaseUrl

if TYPE_CHECKING:
    from counterfoil.ledger.tasks import Task

MOST_AT_ONCE = 1_000

_STATES = {"open": "waits", "failed": "failed"}

app = App(
    name="mail",
    help="List and show the messages to customers, as long as finished tasks are kept.",
    help_epilogue="",
)


@app.command(
    name="list",
    help_epilogue="""Examples:
  counterfoil mail list
  counterfoil mail list --order 17 --json
""",
)
async def list_mail(
    *,
    order: Annotated[int | None, Parameter(name="--order", help="Only messages about this order.")] = None,
    limit: Annotated[
        int, Parameter(name="--limit", help="How many messages to list at most. Default: 100.")
    ] = 100,
    as_json: AsJson = False,
    database_url: DatabaseUrl = None,
) -> None:
    """List messages, the newest first: sent, kept (there is no mail server), waiting or failed."""
    from counterfoil.domain.mail import KIND
    from counterfoil.ledger.searching import Filter, Search, Sort
    from counterfoil.ledger.tasks import TaskField

    if not 1 <= limit <= MOST_AT_ONCE:
        raise UsageError(f"--limit must be between 1 and {MOST_AT_ONCE}.")
    fields = {"created_at": TaskField("created_at"), "order_id": TaskField("order_id", whole=True)}
    groups = () if order is None else ((Filter("order_id", "eq", str(order)),),)
    wanted = Search(groups, (Sort("created_at", descending=True),), limit)
    async with books(database_url) as ledger, ledger.reading() as reader:
        found, _ = await reader.tasks.search(KIND, fields, wanted)
    listed = [_entry(task) for task in found]
    if as_json:
        say_json(listed)
    elif listed:
        head = ("MESSAGE", "ORDER", "STATE", "TO", "SUBJECT", "CREATED (UTC)")
        say_table(head, [[str(entry[name]) for name in _COLUMNS] for entry in listed])
    else:
        say("There are no messages.")


@app.command(
    help_epilogue="""Examples:
  counterfoil mail show 0d2f6c2c8f6b4a52a2c66a3f7f3e6a10
  counterfoil mail show 0d2f6c2c8f6b4a52a2c66a3f7f3e6a10 --raw > message.eml
"""
)
async def show(
    message: Annotated[str, Parameter(help="Which message, as `counterfoil mail list` names it.")],
    /,
    *,
    raw: Annotated[
        bool,
        Parameter(negative=(), show_default=False, help="The whole message as mail programs read it."),
    ] = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Show a message that was kept, or what became of another."""
    from counterfoil.domain.mail import KIND

    async with books(database_url) as ledger, ledger.reading() as reader:
        task = await reader.tasks.get(message)
    if task is None or task.kind != KIND:
        raise CommandRefused(f'There is no message "{message}". See which there are: counterfoil mail list')
    content = _result(task).get("content")
    if content is None and raw:
        raise CommandRefused("Only messages that were kept here can be shown as a whole; this one was not.")
    if content is None:
        say("\n".join(f"{name}: {value}" for name, value in _entry(task).items()))
    else:
        say(content if raw else _readable(content))


_COLUMNS = ("id", "order_id", "state", "recipient", "subject", "created_at")


def _result(task: "Task") -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(task.result) if task.result else {}
    return found


def _entry(task: "Task") -> dict[str, Any]:
    """Return what is told of a message, in the order of the columns and beyond."""
    result = _result(task)
    done = f"sent to {result['server']}" if "server" in result else "kept"
    return {
        "id": task.id,
        "order_id": task.order_id,
        "state": _STATES.get(task.state, done),
        "recipient": result.get("recipient", ""),
        "subject": result.get("subject", ""),
        "created_at": task.created_at[:19],
        "message_id": result.get("message_id", ""),
        "attempts": task.attempts,
        "last_error": task.last_error or "",
    }


def _readable(content: str) -> str:
    """Return the headers that people look at, and the plain text."""
    parsed = Parser(policy=policy.default).parsestr(content)
    text = parsed.get_body(("plain",))
    heads = "".join(f"{name}: {parsed[name]}\n" for name in ("From", "To", "Subject", "Date", "Message-ID"))
    return f"{heads}\n{text.get_content() if text else ''}".rstrip()
