"""The command line: finds the command, imports it and nothing else, and turns what went wrong into words.

Exit status: 0 done, 1 refused or failed, 2 not called as it should be.
"""

import itertools
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError, UnknownCommandError

from counterfoil import __version__

COMMANDS = {
    "serve": ("counterfoil.commands.serve:app", "Run the service."),
    "migrate": ("counterfoil.commands.migrate:app", "Create or upgrade the database's tables."),
    "users": ("counterfoil.commands.users:app", "Create, list and delete the people who sign in."),
    "keys": ("counterfoil.commands.keys:app", "Create, list and revoke the tokens of programs."),
    "tasks": ("counterfoil.commands.tasks:app", "List what is done later, and try again what failed."),
    "mail": ("counterfoil.commands.mail:app", "List and show the messages to customers."),
    "doctor": ("counterfoil.commands.doctor:app", "Check every promise against the stored books."),
    "demo-data": ("counterfoil.commands.demo_data:app", "Fill an empty shop with something to try."),
    "bench": ("counterfoil.commands.bench:bench", "Measure how many invoices per second this machine does."),
}
"""What each command is called, where it stands (``module:function``), and what it does."""

GROUPS = frozenset({"users", "keys", "tasks", "mail"})
"""Commands that have commands of their own."""

OPTIONS = frozenset({"--help", "-h", "--version"})

EXAMPLES = """Examples:
  counterfoil serve
  counterfoil users create ann --role operator
  counterfoil keys create erp --json
"""

DONE, REFUSED, MISUSED = 0, 1, 2
INTERRUPTED = 130


def application() -> App:
    """Return the command line with all commands known by name and none imported."""
    app = App(
        name="counterfoil",
        help="An order and invoicing service whose books stay right.",
        help_epilogue=EXAMPLES,
        help_format="plaintext",
        version=__version__,
    )
    for name, (where, what) in COMMANDS.items():
        app.command(where, name=name, help=what)
    return app


def run(arguments: Sequence[str]) -> int:
    """Run the command that ``arguments`` (without the program's name) name, and return the exit status."""
    if arguments and arguments[0] not in COMMANDS and arguments[0] not in OPTIONS:
        # Left to itself, cyclopts imports every command to say that none of them is meant.
        return _complain(f'There is no command "{arguments[0]}". There are: {", ".join(COMMANDS)}.', MISUSED)
    try:
        status = application()(
            list(arguments), exit_on_error=False, print_error=False, result_action="return_value"
        )
    except CycloptsError as error:
        words = list(itertools.takewhile(lambda word: not word.startswith("-"), arguments[:2]))
        known = words[:1] if isinstance(error, UnknownCommandError) or words[0] not in GROUPS else words
        return _complain(f"{error}\nSee: counterfoil {' '.join(known)} --help", MISUSED)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        status = _status_of(error)
        if status is None:
            raise
        return _complain(_message_of(error), status)
    return status if isinstance(status, int) else DONE


def main() -> None:
    """Run the command line of this process."""
    sys.exit(run(sys.argv[1:]))


def _status_of(error: Exception) -> int | None:
    """Return the exit status for an error that people can do something about; None for a bug of ours."""
    from counterfoil.access.first_admin import FirstAdminRefused
    from counterfoil.commands.answer import CommandRefused, UsageError
    from counterfoil.config import InvalidConfiguration
    from counterfoil.ledger.faults import Fault
    from counterfoil.main import DatabaseMissing
    from counterfoil.storage.schema import DatabaseTooNew, DatabaseTooOld
    from counterfoil.storage.sqlite import DatabaseInUse

    if isinstance(error, UsageError | InvalidConfiguration | FirstAdminRefused):
        return MISUSED
    database = DatabaseInUse | DatabaseMissing | DatabaseTooNew | DatabaseTooOld
    if isinstance(error, CommandRefused | Fault | database):
        return REFUSED
    return None


def _message_of(error: Exception) -> str:
    from counterfoil.ledger.faults import Unavailable

    hint = "\nIs it running, and is --database-url right?" if isinstance(error, Unavailable) else ""
    return f"{error}{hint}"


def _complain(message: str, status: int) -> int:
    sys.stderr.write(f"counterfoil: {message}\n")
    return status


if __name__ == "__main__":
    main()
