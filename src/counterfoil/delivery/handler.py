"""How tasks of one kind are carried out, and within which bounds."""

from collections.abc import Awaitable, Callable

from msgspec import Struct

from counterfoil.ledger.tasks import Outcome, Task

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 300.0


class Handler(Struct, frozen=True):
    """Carries out the tasks of one kind.

    ``run`` returns what became of a task; an exception is a failure, after which it is tried again. Its
    effect must be written under `effect_key`, because a task may be carried out more than once. At most
    ``limit`` runs of a kind are worked on at a time in a process, so a slow kind does not hold up others.
    After ``most_failures`` the task is given up; with 12 that takes about 25 minutes. A task that takes
    longer than ``within_s`` has failed. ``run_length`` is how many tasks of a queue are leased together.
    """

    run: Callable[[Task], Awaitable[Outcome]]
    limit: int = 4
    most_failures: int = 12
    within_s: float = 60.0
    run_length: int = 50


def pause_s(failures: int) -> float:
    """Return how long to wait after that many failures: 1 s, doubled each time, 5 minutes at most."""
    return min(FIRST_PAUSE_S * 2.0 ** min(failures - 1, 20), LONGEST_PAUSE_S)
