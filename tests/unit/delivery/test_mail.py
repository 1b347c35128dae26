"""Messages to customers: which there are, what they say, and how they are sent or kept."""

import json
from contextlib import suppress
from email import policy
from email.parser import BytesParser

import pytest
from msgspec.structs import replace

from counterfoil.clock import Clock
from counterfoil.delivery import mail
from counterfoil.delivery.handler import Handler
from counterfoil.delivery.letter import MOST_ROWS, Letter, line
from counterfoil.delivery.mail import Mailing
from counterfoil.delivery.message import AddressRefused, Sender, enclosed, mailbox
from counterfoil.delivery.smtp import MailServer
from counterfoil.delivery.worker import Worker
from counterfoil.domain.comment import CommentDocument, CommentDraft
from counterfoil.domain.comment_order import CommentOrder
from counterfoil.domain.credit import CreditOrder
from counterfoil.domain.invoice import IssueInvoice
from counterfoil.domain.mail import Mail
from counterfoil.domain.money import SCALE
from counterfoil.domain.ship import ShipOrder
from counterfoil.domain.track import TrackDraft
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.storage.sqlite import IN_MEMORY, SqliteEngine
from tests.drafts import bundle, draft, row
from tests.mail import mail_box, only
from tests.storage import TESTER

SENDER = Sender("The Shop", "shop@example.com")
AT = "2024-05-06T07:08:09.123456+00:00"
EVIL = 'Eve <script>alert("x")</script>\r\nBcc: all@example.com\r\n\r\nBuy \u202eereh'


@pytest.fixture
async def ledger():
    engine = SqliteEngine(IN_MEMORY)
    await engine.migrate()
    yield Ledger(engine, Clock())
    await engine.close()


@pytest.fixture
def place(ledger):
    async def run(*lines, notify=False, **particulars):
        placed = []
        wanted = draft(*(lines or (row("SHIRT", 2000, 2, configurable=True), row("MUG", 500))))
        assert wanted.particulars is not None
        wanted = replace(wanted, particulars=replace(wanted.particulars, **particulars))

        async def work(transaction):
            placed.append(await ledger.place(transaction, wanted, actor=TESTER, notify=notify))
            return Body(b"true")

        await ledger.transact(work)
        return placed[-1]

    return run


@pytest.fixture
def do(ledger):
    async def run(order, *commands):
        return [await ledger.execute(order.entity_id, command, actor=TESTER) for command in commands]

    return run


def worker_of(ledger, box=None, **server):
    at = MailServer("127.0.0.1", box.port, **server) if box else None
    mailing = Mailing(ledger, sender=SENDER, server=at)
    return Worker(ledger, {mail.KIND: Handler(mailing.run, most_failures=3)}, alone=True)


async def turn(worker):
    while await worker.turn():
        await worker.idle()


async def tasks(ledger, state):
    async with ledger.reading() as reader:
        return await reader.tasks.listed(state)


async def outbox(ledger):
    """Carry out what waits without a mail server, and return the messages."""
    await turn(worker_of(ledger))
    assert await tasks(ledger, "failed") == []
    return [
        BytesParser(policy=policy.default).parsebytes(json.loads(task.result)["content"].encode())
        for task in await tasks(ledger, "done")
    ]


def part(message, kind):
    return message.get_body((kind,)).get_content().replace("\r\n", "\n")


async def test_nobody_is_told_who_is_not_to_be(ledger, place, do):
    order = await place()
    quiet = CommentDraft("for us only")
    await do(order, IssueInvoice(comment=quiet), ShipOrder(comment=quiet), CreditOrder(comment=quiet))
    await do(order, CommentOrder("hm"), CommentDocument("invoice", 1, quiet))
    assert await tasks(ledger, "open") == []


async def test_each_event_is_one_message_in_the_order_of_events(ledger, place, do):
    order = await place(notify=True)
    told = CommentDraft("Look here", is_customer_notified=True)
    await do(order, IssueInvoice(notify=True), ShipOrder(notify=True), CreditOrder(notify=True))
    await do(order, CommentOrder("Soon", is_customer_notified=True), CommentDocument("invoice", 1, told))
    assert [message["Subject"] for message in await outbox(ledger)] == [
        "Your order 000000001",
        "Invoice 000000001 for your order 000000001",
        "Shipment 000000001 of your order 000000001",
        "Credit memo 000000001 for your order 000000001",
        "News about your order 000000001",
        "News about invoice 000000001 for your order 000000001",
    ]
    assert len(await outbox(ledger)) == 6, "each once"


async def test_a_refused_or_rolled_back_command_tells_nobody(ledger, place, do):
    order = await place()
    too_many = IssueInvoice({next(iter(order.items)): 99 * SCALE}, notify=True)
    await do(order, too_many)

    async def work(transaction):
        await ledger.place(transaction, draft(row("A", 100)), actor=TESTER, notify=True)
        raise RuntimeError

    with suppress(RuntimeError):
        await ledger.transact(work)
    assert await tasks(ledger, "open") == []


async def test_the_confirmation_says_what_was_ordered(ledger, place):
    await place(notify=True, shipping_description="Flat Rate - Fixed")
    (message,) = await outbox(ledger)
    assert (message["To"], message["From"]) == ("Jane Doe <jdoe@example.com>", "The Shop <shop@example.com>")
    for text in (part(message, "plain"), part(message, "html")):
        for said in ("Hello Jane Doe", "000000001", "SHIRT", "$40.00", "MUG", "$5.00", "Subtotal", "$45.00"):
            assert said in text
        for said in ("Shipping", "Grand total", "$50.00", "123 Oak Ave", "Purchase New York 10577"):
            assert said in text
        assert "Check / Money order" in text
        assert "Flat Rate - Fixed" in text
        assert text.count("SHIRT") == 2, "a row that mirrors another is no second one"


async def test_of_a_bundle_its_parts_are_printed(ledger, place):
    await place(bundle("SET", 1, (2, row("CUP", 300, 2))), notify=True)
    (message,) = await outbox(ledger)
    assert "2 x CUP (CUP): $6.00" in part(message, "plain")


async def test_a_shipment_names_its_parcels_and_a_credit_memo_its_adjustments(ledger, place, do):
    order = await place()
    track = TrackDraft("1Z\r\n999", "Parcel <b>post</b>", "ups")
    await do(order, IssueInvoice(), ShipOrder(tracks=(track,), notify=True))
    await do(order, CreditOrder(adjustment_negative=2 * SCALE, notify=True))
    shipment, memo = await outbox(ledger)
    assert "Parcel <b>post</b>: 1Z 999" in part(shipment, "plain")
    assert "Parcel &lt;b&gt;post&lt;/b&gt;: 1Z 999" in part(shipment, "html")
    assert "Adjustment fee: -$2.00" in part(memo, "plain")
    assert "Grand total: $48.00" in part(memo, "plain")


async def test_a_remark_is_in_the_message_only_if_it_was_to_be_appended(ledger, place, do):
    order = await place()
    (item, *_) = (item_id for item_id, item in order.items.items() if item.sku == "MUG")
    one = {item: SCALE}
    await do(
        order, IssueInvoice(one, CommentDraft("Keep dry\n<i>always</i>", is_customer_notified=True), True)
    )
    await do(order, IssueInvoice(comment=CommentDraft("Not for you"), notify=True))
    appended, without = await outbox(ledger)
    assert "  Keep dry\n  <i>always</i>\n" in part(appended, "plain")
    assert "&lt;i&gt;always&lt;/i&gt;" in part(appended, "html")
    assert "Not for you" not in str(without)


async def test_names_and_remarks_of_strangers_stay_text(ledger, place, do):
    order = await place(notify=True, customer_firstname=EVIL, customer_lastname=None)
    await do(order, CommentOrder(EVIL, is_customer_notified=True))
    for message in await outbox(ledger):
        assert message["Bcc"] is None
        assert message["To"].addresses[0].addr_spec == "jdoe@example.com"
        assert len(message["To"].addresses) == 1
        assert "<script" not in part(message, "html")
        assert "&lt;script&gt;" in part(message, "html")
        assert "\u202e" not in part(message, "plain") + part(message, "html")
        assert "Hello Eve <script>" in part(message, "plain")
        assert "\nBcc:" not in part(message, "plain")


async def test_a_long_document_is_cut(ledger, place):
    await place(*(row(f"P{number:03}", 100) for number in range(MOST_ROWS + 7)), notify=True)
    (message,) = await outbox(ledger)
    assert "… and 7 more" in part(message, "plain")
    assert f"P{MOST_ROWS:03}" not in part(message, "plain")


async def test_what_was_sent_is_noted_when_it_was(ledger, place, do):
    order = await place(notify=True)
    await do(order, IssueInvoice(notify=True), CommentOrder("hm", is_customer_notified=True))

    async def noted():
        async with ledger.reading() as reader:
            return [await reader.mailed(about, [1, 2]) for about in ("order", "invoice", "shipment")]

    assert await noted() == [set(), set(), set()]
    await outbox(ledger)
    assert await noted() == [{1}, {1}, set()]


@pytest.mark.parametrize(
    "address", ["", "nobody", "a b@c.de", "jürg@example.com", "a@b c", "a@x\r\nBcc: b@c.de"]
)
async def test_an_address_that_takes_no_mail_fails_visibly(ledger, place, address):
    await place(notify=True, customer_email=address)
    await turn(worker_of(ledger))
    (failed,) = await tasks(ledger, "failed")
    assert "address" in failed.last_error
    assert not address or address not in failed.last_error


def test_international_domains_travel_in_ascii():
    assert mailbox("info@bücher.example") == "info@xn--bcher-kva.example"
    assert mailbox(" Jane.Doe+shop@Example.com ") == "Jane.Doe+shop@example.com"
    for wrong in (
        "a..b@example.com",
        ".a@example.com",
        f"{'a' * 65}@example.com",
        "a@-x.example",
        "a@",
        "@b.c",
    ):
        with pytest.raises(AddressRefused):
            mailbox(wrong)


def test_a_message_is_the_same_however_often_it_is_made():
    letter = Letter(
        "Jörg “Ö” Müller" * 20, "j@example.com", "Bestellung für Jörg", "Grüße\n.\n", "<p>Grüße</p>"
    )
    made = [enclosed(letter, sender=SENDER, task_id="0a1b", at=AT) for _ in range(3)]
    assert made[0] == made[1] == made[2]
    assert made[0].id == "<0a1b@example.com>"
    message = BytesParser(policy=policy.default).parsebytes(made[0].content)
    assert message["Date"] == "Mon, 06 May 2024 07:08:09 +0000"
    assert message["Subject"] == "Bestellung für Jörg"
    assert message["Auto-Submitted"] == "auto-generated"
    assert max(map(len, made[0].content.splitlines())) <= 100


@pytest.mark.parametrize(
    "name", ["Doe, Jane", 'A "B" C', "=?utf-8?q?x?=", "a@b.c", "(x)", "\\", "名前" * 60, "\ud800x"]
)
def test_any_name_can_stand_before_an_address(name):
    made = enclosed(Letter(line(name), "j@example.com", "S", "t", "h"), sender=SENDER, task_id="1", at=AT)
    (to,) = BytesParser(policy=policy.default).parsebytes(made.content)["To"].addresses
    assert to.addr_spec == "j@example.com"


# ---------------------------------------------------------------- a real mail server


async def test_a_message_reaches_the_mail_server_once(ledger, place):
    with mail_box() as box:
        await place(notify=True)
        worker = worker_of(ledger, box)
        await turn(worker)
        await turn(worker)
        (delivered,) = box.delivered
    (task,) = await tasks(ledger, "done")
    assert (delivered.sender, delivered.recipients) == ("shop@example.com", ["jdoe@example.com"])
    assert delivered.message["Message-ID"] == f"<{task.id}@example.com>"
    assert "Thank you" in delivered.part("plain")
    assert "<!DOCTYPE html>" in delivered.part("html")
    assert "content" not in json.loads(task.result), "the server has it; it is not kept twice"


async def test_a_password_is_used(ledger, place):
    with mail_box(**only("ann", "pä:ss@word")) as box:
        await place(notify=True)
        await turn(worker_of(ledger, box, user="ann", password="pä:ss@word"))
        assert len(box.delivered) == 1


async def test_who_is_not_let_in_tries_again_and_gives_nothing_away(ledger, place, capfd):
    with mail_box(**only("ann", "right")) as box:
        await place(notify=True)
        await worker_of(ledger, box, user="ann", password="wrong-secret").turn()
        worker = worker_of(ledger, box, user="ann", password="wrong-secret")
        await turn(worker)
        assert box.delivered == []
    assert "wrong-secret" not in repr(MailServer("h", 1, user="u", password="wrong-secret"))
    assert "wrong-secret" not in "".join(capfd.readouterr())


async def test_what_the_server_cannot_take_now_is_tried_again_and_what_it_never_takes_is_not(ledger, place):
    with mail_box() as box:
        await place(notify=True)
        box.answer = lambda: "451 Not now"
        await turn(worker_of(ledger, box))
        (waiting,) = await tasks(ledger, "open")
        assert "451 Not now" in waiting.last_error
        await place(notify=True)
        box.answer = lambda: "554 Never"
        await turn(worker_of(ledger, box))
        (failed,) = await tasks(ledger, "failed")
        assert "554 Never" in failed.last_error
        await place(notify=True)
        box.refuse_recipient = "550 No such user"
        await turn(worker_of(ledger, box))
        assert "550 No such user" in (await tasks(ledger, "failed"))[-1].last_error
        assert box.delivered == []
    async with ledger.reading() as reader:
        assert await reader.mailed("order", [1, 2, 3]) == set()


async def test_a_server_that_is_away_is_waited_for(ledger, place):
    with mail_box(started=False) as box:
        await place(notify=True)
        await turn(worker_of(ledger, box))
        (waiting,) = await tasks(ledger, "open")
        assert f"127.0.0.1:{box.port}" in waiting.last_error


async def test_a_repetition_is_the_same_message(ledger, place):
    """A message that was sent and not marked, because the process ended in between, is sent again."""
    with mail_box() as box:
        await place(notify=True)
        worker = worker_of(ledger, box)
        (task,) = await tasks(ledger, "open")
        for _ in range(2):
            await Mailing(ledger, sender=SENDER, server=MailServer("127.0.0.1", box.port)).run(task)
        await turn(worker)
        first, second, third = box.delivered
    assert first.content == second.content == third.content


def test_a_password_is_sent_only_over_tls_and_not_to_this_machine():
    def start_tls(host, **options):
        return MailServer(host, 25, **options).start_tls

    assert start_tls("mail.example.com") is None
    assert start_tls("mail.example.com", user="u", password="p") is True
    assert start_tls("mail.example.com", user="u", password="p", tls=True) is False
    assert start_tls("localhost", user="u", password="p") is False


async def test_a_wish_for_what_is_not_there_fails(ledger, place):
    order = await place()

    async def work(transaction):
        await ledger.want(transaction, [Mail(order.entity_id, "shipment", 77).follow_up()])
        return Body(b"true")

    await ledger.transact(work)
    await turn(worker_of(ledger))
    (failed,) = await tasks(ledger, "failed")
    assert failed.last_error == "There is no shipment 77 of order 1."
