"""What serves requests about feeds and hooks: everything of this room that a dialect needs."""

from dataclasses import dataclass

from counterfoil.clock import Clock
from counterfoil.delivery.expressions import Expressions, TooSlow, Wrong
from counterfoil.delivery.feeds import Feeds
from counterfoil.delivery.hook_setup import HookSetup
from counterfoil.delivery.outgoing import Outgoing
from counterfoil.ledger.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Desk:
    """Feeds, hooks, and expressions that clients want to try."""

    feeds: Feeds
    hooks: HookSetup
    expressions: Expressions

    async def wrong_with(self, expression: str) -> str | None:
        """Return why an expression cannot be the filter of a feed or a hook; None if it can."""
        verdict = await self.expressions.evaluate(expression, "{}")
        if isinstance(verdict, TooSlow):
            return "The expression takes too long."
        return verdict.why if isinstance(verdict, Wrong) and verdict.is_none else None

    async def close(self) -> None:
        """End what runs for it."""
        await self.expressions.close()


def desk(ledger: Ledger, clock: Clock, outgoing: Outgoing) -> Desk:
    """Make the desk of one process. What it tries out does not get in the way of what is delivered."""
    return Desk(Feeds(ledger), HookSetup(ledger, outgoing), Expressions(clock))
