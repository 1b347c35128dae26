"""Something to try: a small catalogue and some orders, made with the same verbs that clients use."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from msgspec import Struct

from counterfoil.checkout.bundle_options import BundleOptionDraft, SelectionDraft
from counterfoil.checkout.cart import CARTS, Cart, CartAddress, ChosenOption
from counterfoil.checkout.cart_details import ShippingWish, Terms, set_shipping
from counterfoil.checkout.cart_items import Choices, add_item
from counterfoil.checkout.cart_open import open_guest_cart
from counterfoil.checkout.cart_row import CartRow
from counterfoil.checkout.catalogue import ProductChanges, SavedProduct, save_product
from counterfoil.checkout.configurable import OptionDraft
from counterfoil.checkout.define_attribute import (
    AttributeChanges,
    DefinedAttribute,
    OptionChange,
    create_attribute,
)
from counterfoil.checkout.payment import PaymentChoice
from counterfoil.checkout.place import place
from counterfoil.checkout.pricing import PricedCart
from counterfoil.checkout.product import find_product
from counterfoil.checkout.settings import CheckoutSettings
from counterfoil.checkout.stock import StockChanges
from counterfoil.domain.handling import StartHandling
from counterfoil.domain.invoice import IssueInvoice
from counterfoil.domain.money import SCALE
from counterfoil.domain.order import Order
from counterfoil.ledger.envelope import Actor
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.ledger.ports import Transaction

_ACTOR = Actor("demo", "command line")
_KIND = "demo"
_SHIRT = "DEMO-SHIRT"
_ATTRIBUTE = "demo_size"
_SIZES = ("S", "M")
_PLENTY = 100_000 * SCALE
_SIMPLE = (
    ("DEMO-MUG", "Mug", 1250),
    ("DEMO-BOOK", "Ledger, hard cover", 2995),
    ("DEMO-PEN", "Pen", 199),
)
_SET = "DEMO-SET"
_SET_OPTIONS = (("To write with", ("DEMO-PEN",)), ("Beside it", ("DEMO-BOOK", "DEMO-MUG")))
_ADDRESS = CartAddress(
    country_id="US",
    region="New York",
    region_code="NY",
    region_id=43,
    postcode="10577",
    city="Purchase",
    street=("123 Oak Ave",),
    firstname="Jane",
    lastname="Doe",
    telephone="512-555-1111",
    email="jane.doe@example.com",
)

Line = tuple[str, int, tuple[ChosenOption, ...]]
T = TypeVar("T")


class DemoOrder(Struct, frozen=True):
    """The order that the printed scenario is about, and its two rows that can be invoiced.

    ``handled_id`` is another order, which is being handled: for a Change and an invoice at once.
    """

    order_id: int
    item_ids: tuple[int, ...]
    handled_id: int


async def fill(ledger: Ledger, currency: str) -> DemoOrder:
    """Put the catalogue and some orders in, unless they are there, and return orders for the scenarios.

    The scenarios always get orders of which nothing is invoiced yet, so they can be run after each start.
    """
    async with ledger.reading() as reader:
        filled = await reader.records.named(_KIND, "catalogue") is not None
    if not filled:
        await ledger.transact(_make_catalogue(ledger))
        await _make_orders(ledger, currency)
    order = await _order(ledger, currency, await _both_sizes(ledger))
    rows = tuple(item.item_id for item in order.items.values() if item.parent_item_id is None)
    handled = await _order(ledger, currency, [("DEMO-MUG", 2, ()), ("DEMO-BOOK", 1, ())])
    await ledger.execute(handled.entity_id, StartHandling(), actor=_ACTOR)
    return DemoOrder(order.entity_id, rows, handled.entity_id)


def _make_catalogue(ledger: Ledger) -> Callable[[Transaction], Awaitable[Body]]:
    async def work(transaction: Transaction) -> Body:
        now = ledger.clock.now()
        defined = _done(
            await create_attribute(
                transaction,
                AttributeChanges(
                    attribute_code=_ATTRIBUTE,
                    frontend_input="select",
                    default_frontend_label="Size",
                    options=tuple(OptionChange(label) for label in _SIZES),
                ),
            ),
            DefinedAttribute,
        )
        for sku, name, cents in _SIMPLE:
            await _save(transaction, now, sku=sku, name=name, price=cents * SCALE // 100)
        children = []
        for option, cents in zip(defined.options, (2000, 3000), strict=True):
            child = await _save(
                transaction,
                now,
                sku=f"{_SHIRT}-{option.label}",
                name=f"T-shirt {option.label}",
                price=cents * SCALE // 100,
                attributes={_ATTRIBUTE: str(option.id)},
            )
            children.append(child.product.id)
        values = tuple(option.id for option in defined.options)
        attribute_id = defined.attribute.attribute_id
        await _save(
            transaction,
            now,
            sku=_SHIRT,
            name="T-shirt",
            type_id="configurable",
            options=(OptionDraft(attribute_id, "Size", 0, values),),
            child_ids=tuple(children),
        )
        await _save(
            transaction,
            now,
            sku=_SET,
            name="Writing set",
            type_id="bundle",
            bundle_options=tuple(
                BundleOptionDraft(
                    title=title, required=True, selections=tuple(SelectionDraft(sku) for sku in skus)
                )
                for title, skus in _SET_OPTIONS
            ),
        )
        await transaction.records.insert(_KIND, b"{}", name="catalogue")
        return Body(b"true")

    return work


async def _save(transaction: Transaction, now: str, **changes: object) -> SavedProduct:
    stock = StockChanges(qty=_PLENTY, is_in_stock=True) if "type_id" not in changes else None
    product = ProductChanges(**{"weight": SCALE, "stock": stock, **changes})  # type: ignore[arg-type]
    return _done(await save_product(transaction, product, now=now), SavedProduct)


async def _make_orders(ledger: Ledger, currency: str) -> None:
    """One order that waits, one partly and one wholly invoiced."""
    await _order(ledger, currency, [("DEMO-MUG", 2, ()), ("DEMO-PEN", 5, ())])
    partly = await _order(ledger, currency, [("DEMO-BOOK", 3, ()), ("DEMO-PEN", 10, ())])
    wholly = await _order(ledger, currency, [("DEMO-BOOK", 1, ())])
    await ledger.execute(partly.entity_id, IssueInvoice({min(partly.items): SCALE}), actor=_ACTOR)
    await ledger.execute(wholly.entity_id, IssueInvoice(), actor=_ACTOR)


async def _both_sizes(ledger: Ledger) -> list[Line]:
    async with ledger.reading() as reader:
        shirt = await find_product(reader.records, _SHIRT)
    assert shirt is not None, "the demo catalogue has a shirt"
    (option,) = shirt.configurable_options
    return [(_SHIRT, 1, (ChosenOption(option.attribute_id, value),)) for value in option.value_indexes]


async def _order(ledger: Ledger, currency: str, lines: Sequence[Line]) -> Order:
    placed: list[Order] = []

    async def work(transaction: Transaction) -> Body:
        terms = Terms(CheckoutSettings(), ledger.clock.now(), currency)
        cart = await open_guest_cart(transaction, mask=None, store_id=1, now=terms.now)
        for sku, qty, options in lines:
            row = await add_item(
                transaction, cart, sku=sku, qty=qty * SCALE, choices=Choices(options=options), now=terms.now
            )
            _done(row, CartRow)
            cart = _done(await CARTS.get(transaction.records, cart.id), Cart)
        wish = ShippingWish(_ADDRESS, _ADDRESS, "flatrate", "flatrate")
        _done(await set_shipping(transaction, cart, wish, terms), PricedCart)
        cart = _done(await CARTS.get(transaction.records, cart.id), Cart)
        order = await place(
            ledger,
            transaction,
            cart,
            choice=PaymentChoice("checkmo"),
            terms=terms,
            actor=_ACTOR,
            protect_code=ledger.clock.unique_id(),
        )
        placed.append(_done(order, Order))
        return Body(b"true")

    await ledger.transact(work)
    return placed[-1]


def _done(result: object, expected: type[T]) -> T:
    """The demo data are ours: a refusal of them is a bug."""
    assert isinstance(result, expected), f"the demo data were refused: {result!r}"
    return result
