"""What documents cost: an order with many rows takes as many times longer as it has more rows."""

import time

import pytest

from counterfoil.dialects.vtex import order_data_document, order_document
from counterfoil.dialects.vtex.call import Settings
from tests.drafts import draft, row
from tests.unit.domain.given import placed


@pytest.mark.parametrize("family", [order_document, order_data_document])
def test_the_time_for_a_document_grows_with_its_rows_and_no_faster(family):
    def cost_s(rows: int) -> float:
        order = placed(draft(*[row(f"S{number}", 1000, 2, discount=3) for number in range(rows)]))
        best_s = float("inf")
        for _ in range(3):
            begun_s = time.process_time()
            family.render(order, Settings())
            best_s = min(best_s, time.process_time() - begun_s)
        return best_s

    # Twenty times the rows: linear is 20, quadratic would be 400.
    assert cost_s(2000) < 100 * cost_s(100)
