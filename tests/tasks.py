"""What tests of tasks share: a clock that moves when told, and tasks written the ordinary way."""

from counterfoil.clock import Clock
from counterfoil.domain.follow_up import FollowUp
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.ledger.tasks import Task


class TaskClock(Clock):
    """Stands still until it is moved; every look at the microseconds is later than the one before."""

    def __init__(self) -> None:
        self.now_us = 1_700_000_000_000_000

    def epoch_us(self) -> int:
        self.now_us += 100
        return self.now_us

    def jitter(self, upto_s: float) -> float:
        return 0.0

    def pass_s(self, duration_s: float) -> None:
        self.now_us += int(duration_s * 1_000_000)


async def want(ledger: Ledger, *numbers: int, kind: str = "count", **options) -> list[Task]:
    """Write a task for each number, in one transaction."""
    written: list[Task] = []

    async def work(transaction):
        wishes = [FollowUp(kind, {"number": number}, **options) for number in numbers]
        written[:] = await ledger.want(transaction, wishes)
        return Body(b"true")

    await ledger.transact(work)
    return written


async def task_of(ledger: Ledger, task: Task) -> Task:
    """Return the task as it is stored by now."""
    async with ledger.reading() as reader:
        found = await reader.tasks.get(task.id)
    assert found is not None
    return found
