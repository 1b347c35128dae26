"""A shop in memory with the goods of the recordings, for tests of carts: no HTTP, the real storage engine."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any, get_args

from counterfoil.checkout import cart, fresh
from counterfoil.checkout.attribute import OPTIONS, AttributeOption
from counterfoil.checkout.cart import Cart, CartAddress, CartUnknown, ChosenOption
from counterfoil.checkout.cart_details import (
    AddressNotOfCustomer,
    CouponInvalid,
    ShippingAddressMissing,
    ShippingRefusal,
    ShippingWish,
    Terms,
    set_coupon,
    set_shipping,
)
from counterfoil.checkout.cart_items import Choices, ItemRefusal, add_item
from counterfoil.checkout.cart_open import CartNotAnonymous, CustomerUnknown, open_guest_cart
from counterfoil.checkout.catalogue import ProductChanges, save_product
from counterfoil.checkout.configurable import OptionDraft, add_child, add_option
from counterfoil.checkout.payment import PaymentChoice, PaymentUnavailable
from counterfoil.checkout.place import PlaceRefusal, place
from counterfoil.checkout.sales_rule import COUPONS, SALES_RULES, SPECIFIC_COUPON, Coupon, SalesRule
from counterfoil.checkout.settings import CheckoutSettings
from counterfoil.checkout.stock import StockChanges
from counterfoil.checkout.tax import RATES, RULES, TaxRate, TaxRule
from counterfoil.clock import Clock
from counterfoil.domain.money import SCALE
from counterfoil.domain.order import Order
from counterfoil.ledger.envelope import Actor, Answered
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.ledger.ports import Transaction
from counterfoil.storage.sqlite import IN_MEMORY, SqliteEngine

NOW = "2026-11-20 08:00:00"
ACTOR = Actor("test", "test")
COLOR = 93
HOME = CartAddress(
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
    email="jdoe@example.com",
)
FLATRATE = ShippingWish(HOME, HOME, "flatrate", "flatrate")
CHECK = PaymentChoice("checkmo")

GOODS = {
    "CONF-RED": ("20", 0, "simple"),
    "CONF-BLUE": ("30", 0, "simple"),
    "CONF": (None, 0, "configurable"),
    "S1": ("10", 0, "simple"),
    "S2": ("15.5", 0, "simple"),
    "S3": ("0.1", 0, "simple"),
    "TX1": ("9.99", 2, "simple"),
    "TX2": ("3.33", 2, "simple"),
    "V1": ("5", 0, "virtual"),
    "FREE1": ("0", 0, "virtual"),
}

REFUSALS = (
    *get_args(ItemRefusal | PlaceRefusal | ShippingRefusal),
    *(AddressNotOfCustomer, CartNotAnonymous, CartUnknown, CouponInvalid, CustomerUnknown),
    *(ShippingAddressMissing, PaymentUnavailable),
)


def scaled(number: object) -> int:
    return int(Decimal(str(number)) * SCALE)


class Floor:
    """The shop. Each method is one transaction."""

    def __init__(self, ledger: Ledger, settings: CheckoutSettings) -> None:
        self.ledger = ledger
        self.terms = Terms(settings, NOW)
        self.red = ChosenOption(COLOR, 1)
        self.blue = ChosenOption(COLOR, 2)

    async def do(self, work: Callable[[Transaction], Awaitable[Any]]) -> Any:
        """Run ``work`` and keep what it wrote unless it answers with a refusal."""
        results: list[Any] = []

        async def run(transaction: Transaction) -> Body | Any:
            result = await work(transaction)
            results.append(result)
            return result if isinstance(result, REFUSALS) else Body(b"true")

        answer = await self.ledger.transact(run)
        return results[-1] if isinstance(answer, Answered) else answer

    async def product(self, sku: str, price: str | None = "10", qty: int = 1000, **more: Any) -> Any:
        stock = StockChanges(qty=qty * SCALE, is_in_stock=True, **more.pop("stock", {}))
        changes = ProductChanges(
            sku,
            name=more.pop("name", sku),
            price=None if price is None else scaled(price),
            stock=stock,
            **more,
        )
        return await self.do(lambda transaction: save_product(transaction, changes, now=NOW))

    async def open(self) -> int:
        opened = await self.do(
            lambda transaction: open_guest_cart(transaction, mask=None, store_id=1, now=NOW)
        )
        return int(opened.id)

    async def on_cart(
        self, cart_id: int, verb: Callable[..., Awaitable[Any]], *args: Any, **named: Any
    ) -> Any:
        """Call a verb with the transaction and the locked cart before its arguments."""

        async def work(transaction: Transaction) -> Any:
            found = await cart.of_id(transaction.records, cart_id, lock=True)
            return await verb(transaction, found, *args, **named) if isinstance(found, Cart) else found

        return await self.do(work)

    async def add(self, cart_id: int, sku: str, qty: object = 1, *options: ChosenOption) -> Any:
        choices = Choices(options=options)
        return await self.on_cart(cart_id, add_item, sku=sku, qty=scaled(qty), choices=choices, now=NOW)

    async def cart_of(self, *items: tuple[Any, ...], coupon: str | None = None) -> int:
        """Fill a cart and say that it goes to New York."""
        cart_id = await self.open()
        for item in items:
            added = await self.add(cart_id, *item)
            assert hasattr(added, "item"), added
        if coupon:
            await self.on_cart(cart_id, set_coupon, coupon, self.terms)
        await self.on_cart(cart_id, set_shipping, FLATRATE, self.terms)
        return cart_id

    async def place(self, cart_id: int, choice: PaymentChoice | None = CHECK) -> Any:
        async def work(transaction: Transaction, found: Cart) -> Any:
            return await place(
                self.ledger,
                transaction,
                found,
                choice=choice,
                terms=self.terms,
                actor=ACTOR,
                protect_code="secret",
                remote_ip="127.0.0.1",
            )

        return await self.on_cart(cart_id, work)

    async def order(self, order_id: int) -> Order:
        async with self.ledger.reading() as reader:
            found = await reader.order(order_id)
        assert found is not None
        return found

    async def stock(self, product_id: int) -> Any:
        async with self.ledger.reading() as reader:
            return (await reader.stock([product_id]))[product_id]


@asynccontextmanager
async def open_floor(settings: CheckoutSettings | None = None) -> AsyncIterator[Floor]:
    """Open an empty shop."""
    engine = SqliteEngine(IN_MEMORY)
    await engine.migrate()
    await engine.open()
    floor = Floor(Ledger(engine, Clock()), settings or CheckoutSettings())
    try:
        await floor.do(fresh.prepare)
        yield floor
    finally:
        await engine.close()


async def stock_up(floor: Floor) -> None:
    """Put in the catalogue, the tax and the coupon of the recordings."""

    async def options(transaction: Transaction) -> None:
        for label in ("Red", "Blue"):
            await OPTIONS.insert(transaction.records, AttributeOption(attribute_id=COLOR, label=label))

    await floor.do(options)
    for sku, (price, tax_class_id, type_id) in GOODS.items():
        colour = {"CONF-RED": {"color": "1"}, "CONF-BLUE": {"color": "2"}}.get(sku, {})
        weight = SCALE if type_id == "simple" else None
        await floor.product(
            sku,
            price,
            1_000_000,
            type_id=type_id,
            tax_class_id=tax_class_id,
            weight=weight,
            attributes=colour,
            name="Configurable" if sku == "CONF" else sku,
        )

    async def join(transaction: Transaction) -> None:
        draft = OptionDraft(COLOR, "Color", 0, (1, 2))
        await add_option(transaction, sku="CONF", draft=draft, now=NOW)
        for child in ("CONF-RED", "CONF-BLUE"):
            await add_child(transaction, sku="CONF", child_sku=child, now=NOW)
        rate = TaxRate(code="US-NY-8.375", tax_country_id="US", tax_region_id=43, rate=83_750)
        stored = await RATES.insert(transaction.records, rate)
        rule = TaxRule(
            code="r1", customer_tax_class_ids=(3,), product_tax_class_ids=(2,), tax_rate_ids=(stored.id,)
        )
        await RULES.insert(transaction.records, rule)

    await floor.do(join)
    await coupon(floor, "TEN", discount_amount=10 * SCALE)


async def coupon(floor: Floor, code: str, **rule: Any) -> SalesRule:
    """Make a rule that a coupon opens."""

    async def work(transaction: Transaction) -> SalesRule:
        limits = {name: rule.pop(name) for name in ("usage_limit", "usage_per_customer") if name in rule}
        made = SalesRule(
            name=f"rule of {code}", coupon_type=SPECIFIC_COUPON, stop_rules_processing=False, **rule
        )
        stored = await SALES_RULES.insert(transaction.records, made)
        await COUPONS.insert(transaction.records, Coupon(rule_id=stored.id, code=code, **limits))
        return stored

    made: SalesRule = await floor.do(work)
    return made


def walk_items(walk: dict[str, Any], floor: Floor) -> list[tuple[Any, ...]]:
    """Return the rows of a recorded walk as `Floor.cart_of` takes them."""
    colours = {4: floor.red, 5: floor.blue}
    items: list[tuple[Any, ...]] = []
    for item in walk["cart_items"]:
        text = json.dumps(item)
        chosen = [colours[value] for value in (4, 5) if f'"option_value": {value}' in text]
        items.append((item["sku"], item["qty"], *chosen))
    return items
