"""Messages to customers, through a real mail server: each once, after the commit, whatever falls over."""

import json
import time
from pathlib import Path

import pytest

from tests.mail import mail_box, only
from tests.servers import Server, assert_books_are_clean, command, serving
from tests.shop import Shop, invoice_path, top_items

PASSWORD = "s3cret-of-the-mail-server"
LEASE_S = 15

pytestmark = pytest.mark.timeout(240)


def settings(port: int, who: str = "", **more: str) -> dict[str, str]:
    return {
        "COUNTERFOIL_SMTP_URL": f"smtp://{who}127.0.0.1:{port}",
        "COUNTERFOIL_MAIL_FROM": "The Shop <shop@example.com>",
        **more,
    }


def shop_on(server: Server) -> tuple[Shop, int]:
    """Return a shop with its catalogue, and an order."""
    shop = Shop(server.port)
    shop.set_up()
    return shop, shop.place([shop.item("S1", 3)])


def told(shop: Shop, order_id: int) -> int | None:
    found: int | None = shop.order(order_id).get("email_sent")
    return found


def until_told(shop: Shop, path: str) -> None:
    deadline = time.monotonic() + 10
    while shop.must("GET", path).get("email_sent") != 1:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_each_wish_is_one_message(database_url: str, tmp_path: Path) -> None:
    with (
        mail_box(**only("ann", PASSWORD)) as box,
        serving(database_url, tmp_path, environment=settings(box.port, f"ann:{PASSWORD}@")) as (server,),
    ):
        shop, order_id = shop_on(server)
        (confirmation,) = box.wait_for(1)
        assert confirmation.recipients == ["jdoe@example.com"]
        until_told(shop, f"/rest/V1/orders/{order_id}")

        (row,) = top_items(shop.order(order_id))
        one = {"items": [{"order_item_id": row["item_id"], "qty": 1}]}
        too_many = {"items": [{"order_item_id": row["item_id"], "qty": 9}], "notify": True}
        assert shop.ask("POST", invoice_path(order_id), too_many).status == 400
        quiet = shop.must("POST", invoice_path(order_id), one)
        remark = {"comment": {"comment": "Mind the dog"}, "notify": True, "appendComment": True}
        loud = shop.must("POST", invoice_path(order_id), {**one, **remark})
        shop.must("POST", invoice_path(order_id), {**one, **remark, "appendComment": False})
        with_remark, without = box.wait_for(3)[1:]
        assert "Mind the dog" in with_remark.part("plain")
        assert "Mind the dog" not in without.part("plain")
        until_told(shop, f"/rest/V1/invoices/{loud}")
        assert "email_sent" not in shop.must("GET", f"/rest/V1/invoices/{quiet}")

        key = {"Idempotency-Key": "tell them once"}
        for _ in range(3):
            again = shop.ask("POST", f"/rest/V1/invoices/{quiet}/emails", headers=key)
            assert (again.status, again.json) == (200, True)
        assert shop.must("POST", f"/rest/V1/orders/{order_id}/emails") is True
        assert {mail.subject for mail in box.wait_for(5)[3:]} == {
            "Invoice 000000001 for your order 000000001",
            "Your order 000000001",
        }
        for what in ("orders", "invoices", "shipment", "creditmemo"):
            assert shop.ask("POST", f"/rest/V1/{what}/99999/emails").status == 404
        listed = json.loads(command(database_url, "mail", "list", "--json").stdout)
        assert [one["state"] for one in listed] == [f"sent to 127.0.0.1:{box.port}"] * 5
        assert PASSWORD not in server.log()
    assert_books_are_clean(database_url)


def test_a_server_killed_between_commit_and_sending_sends_after_its_start(
    database_url: str, tmp_path: Path
) -> None:
    quiet = {"COUNTERFOIL_CONFIRM_ORDERS": "no"}
    with mail_box(started=False) as box:
        environment = settings(box.port, **quiet)
        with serving(database_url, tmp_path, environment=environment) as (server,):
            shop, order_id = shop_on(server)
            shop.must("POST", invoice_path(order_id), {"notify": True})
            server.kill()
            box.start()
            server.start()
            (delivered,) = box.wait_for(1)
            assert delivered.subject == "Invoice 000000001 for your order 000000001"
            assert told(Shop(server.port), order_id) is None, "the order's own message was switched off"


def test_while_the_mail_server_is_down_orders_go_on_and_messages_wait(
    sqlite_url: str, tmp_path: Path
) -> None:
    with (
        mail_box(started=False) as box,
        serving(sqlite_url, tmp_path, environment=settings(box.port)) as (server,),
    ):
        shop, order_id = shop_on(server)
        shop.must("POST", invoice_path(order_id), {"notify": True})
        time.sleep(2)
        assert told(shop, order_id) is None
        box.start()
        assert [mail.subject for mail in box.wait_for(2)] == [
            "Your order 000000001",
            "Invoice 000000001 for your order 000000001",
        ]
        until_told(shop, f"/rest/V1/orders/{order_id}")


def test_a_message_that_was_taken_over_before_a_kill_keeps_its_name(sqlite_url: str, tmp_path: Path) -> None:
    """The mail server has the message, and the process ends before it hears so: it is sent again."""
    with mail_box() as box, serving(sqlite_url, tmp_path, environment=settings(box.port)) as (server,):

        def take_and_kill() -> str:
            if box.attempts == 1:
                server.kill()
            return "250 OK"

        box.answer = take_and_kill
        shop = Shop(server.port)
        shop.set_up()
        mask = shop.cart([shop.item("S1", 1)])
        order_id = int(
            shop.must("PUT", f"/rest/V1/guest-carts/{mask}/order", {"paymentMethod": {"method": "checkmo"}})
        )
        box_deadline = time.monotonic() + 20
        while len(box.delivered) < 1:
            assert time.monotonic() < box_deadline
            time.sleep(0.05)
        server.start()
        first, second = box.wait_for(2)
        assert first.message["Message-ID"] == second.message["Message-ID"]
        assert first.content == second.content
        until_told(Shop(server.port), f"/rest/V1/orders/{order_id}")


def test_two_processes_send_each_message_once(postgres_url: str, tmp_path: Path) -> None:
    with mail_box() as box:
        with serving(postgres_url, tmp_path, count=2, environment=settings(box.port)) as servers:
            shop, order_id = shop_on(servers[0])
            others = [shop.place([shop.item("S1", 1)]) for _ in range(9)]
            box.wait_for(10)
            shops = [Shop(server.port) for server in servers]
            for number, other in enumerate([order_id, *others]):
                shops[number % 2].must("POST", invoice_path(other), {"notify": True})
            ids = [mail.message["Message-ID"] for mail in box.wait_for(20)]
        assert len(set(ids)) == 20


def test_without_a_mail_server_messages_can_be_read_here(database_url: str, tmp_path: Path) -> None:
    with serving(database_url, tmp_path) as (server,):
        shop, order_id = shop_on(server)
        until_told(shop, f"/rest/V1/orders/{order_id}")
    (kept,) = json.loads(command(database_url, "mail", "list", "--order", str(order_id), "--json").stdout)
    assert (kept["state"], kept["recipient"]) == ("kept", "jdoe@example.com")
    shown = command(database_url, "mail", "show", kept["id"]).stdout
    assert "Subject: Your order 000000001" in shown
    assert "Hello Jane Doe" in shown
    raw = command(database_url, "mail", "show", kept["id"], "--raw").stdout
    assert "Content-Type: multipart/alternative" in raw
    assert "Your order" in command(database_url, "mail", "list").stdout
    assert command(database_url, "mail", "show", "nosuch").returncode == 1
