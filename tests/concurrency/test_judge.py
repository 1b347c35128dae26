"""The judge finds damage: what cannot find a fault proves nothing."""

import pytest

from tests import books
from tests.judge import assert_promises_kept
from tests.servers import command, serving
from tests.shop import Shop

DAMAGE = {
    "a row of an invoice is gone": "DELETE FROM invoice_item WHERE entity_id = 1",
    "an invoice is gone": "DELETE FROM invoice WHERE entity_id = 1",
    "an invoice was lost from the order": "UPDATE orders SET total_invoiced = 0 WHERE entity_id = 1",
    "an invoice was lost from a row": "UPDATE order_item SET qty_invoiced = 0 WHERE item_id = 1",
    "a number is missing": "UPDATE invoice SET increment_id = '000000009' WHERE entity_id = 2",
    "an order has another state": "UPDATE orders SET state = 'new' WHERE entity_id = 1",
    "an invoice is worth more": "UPDATE invoice SET grand_total = grand_total + 1 WHERE entity_id = 1",
}


@pytest.fixture
def clean_books(sqlite_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Two orders, each with an invoice of one of its two variations."""
    with serving(sqlite_url, tmp_path_factory.mktemp("logs")) as (server,):
        shop = Shop(server.port)
        shop.set_up()
        for _ in range(2):
            order_id = shop.place([shop.item("CONF-RED", 1), shop.item("CONF-BLUE", 2)])
            first = shop.order(order_id)["items"][0]["item_id"]
            assert shop.invoice(order_id, [(first, 1)]).status == 200
        shop.close()
    return sqlite_url


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damage_is_found_by_the_judge_and_by_the_doctor(clean_books: str, damage: str) -> None:
    assert_promises_kept(clean_books)
    books.change(clean_books, damage)

    with pytest.raises(AssertionError):
        assert_promises_kept(clean_books)
    examined = command(clean_books, "doctor")
    assert examined.returncode == 1, examined.stdout + examined.stderr
