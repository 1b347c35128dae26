"""All about payment gateways that the rest of the program needs: which there are, and what they do."""

from collections.abc import Mapping

from counterfoil.ledger.ledger import Ledger
from counterfoil.payments.authorizations import Authorizations
from counterfoil.payments.operations import Operations
from counterfoil.payments.port import Answer, Gateway


class Payments:
    """The payment gateways of one process, by the payment methods that they serve."""

    def __init__(
        self, ledger: Ledger, gateways: Mapping[str, Gateway] | None = None, *, answer_within_s: float = 10.0
    ) -> None:
        """Begin to listen to ``gateways``. Each call of one gets ``answer_within_s``."""
        served = dict(gateways or {})
        self.operations = Operations(ledger, served, answer_within_s=answer_within_s)
        self.authorizations = Authorizations(ledger, served, answer_within_s=answer_within_s)
        for method, gateway in served.items():
            self._listen(method, gateway)

    def _listen(self, method: str, gateway: Gateway) -> None:
        async def heard(reference: str, answer: Answer) -> None:
            await self.authorizations.heard(reference, answer)
            await self.operations.heard(method, reference, answer)

        gateway.listen(heard)
