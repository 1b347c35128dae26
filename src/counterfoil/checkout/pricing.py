"""What a cart is worth right now: its rows with today's products, rates, rules and taxes.

Reads only. Rows whose product has been deleted since are left out, as Adobe drops them.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice

from msgspec import Struct

from counterfoil.checkout import rule_conditions, shipping
from counterfoil.checkout.cart import Cart, CartAddress
from counterfoil.checkout.cart_row import CartRow, load_rows
from counterfoil.checkout.coupon_use import WEBSITE, may_use, usable_coupon
from counterfoil.checkout.customer import GROUPS, NOT_LOGGED_IN, Customer, get_customer
from counterfoil.checkout.directory import COUNTRIES
from counterfoil.checkout.discounts import RuleApplied
from counterfoil.checkout.product import Product
from counterfoil.checkout.sales_rule import CouponRule, SalesRule, open_rules
from counterfoil.checkout.settings import CheckoutSettings
from counterfoil.checkout.shipping import ShippingRate
from counterfoil.checkout.tax import AppliedRate, load_tax_table, rate_for
from counterfoil.checkout.totals import Line, LineTotals, ShippingLine, Totals, compute, sum_of_parts
from counterfoil.domain.money import SCALE, multiply
from counterfoil.ledger.ports import Records

UNTAXED = 0
"""The product tax class "None"."""


class PricedRow(CartRow, frozen=True, kw_only=True):
    """A row of a cart and what it comes to.

    ``part_totals`` are those of the parts of a bundle with a dynamic price; ``totals`` then are their sums.
    """

    totals: LineTotals
    part_totals: tuple[LineTotals, ...] = ()


class PricedCart(Struct, frozen=True):
    """A cart and what it comes to.

    ``shipping_rates`` are the ways in which it can be shipped, ``shipping_rate`` the chosen one.
    ``coupon`` is the cart's coupon if it may be used; it has worked if its rule is in ``rules``.
    """

    cart: Cart
    rows: tuple[PricedRow, ...]
    totals: Totals
    is_virtual: bool
    weight: int
    shipping_rates: tuple[ShippingRate, ...]
    shipping_rate: ShippingRate | None
    rules: tuple[SalesRule, ...]
    coupon: CouponRule | None
    customer: Customer | None

    @property
    def quantity(self) -> int:
        """How many units the cart holds (scaled)."""
        return sum(row.item.qty for row in self.rows)

    @property
    def applied_coupon_code(self) -> str | None:
        """The code of the coupon if it took effect."""
        if self.coupon is None or self.coupon.rule.id not in self.totals.rule_ids:
            return None
        return self.cart.coupon_code

    @property
    def discount_description(self) -> str | None:
        """The names of the discounts: a rule's label, else the code of the coupon that opened it."""
        names = [rule.label(self.cart.store_id) or self._code(rule) for rule in self.rules]
        return ", ".join(name for name in names if name) or None

    def _code(self, rule: SalesRule) -> str | None:
        return self.applied_coupon_code if rule.needs_coupon else None


async def price(records: Records, cart: Cart, *, settings: CheckoutSettings, today: str) -> PricedCart:
    """Return what ``cart`` comes to on ``today`` (``YYYY-MM-DD``)."""
    contents = await _contents(records, cart)
    offered = contents.shipping_rates(settings)
    chosen = shipping.rate_of(offered, cart.shipping_method) if contents.country_id else None
    rates = await _tax_rates(records, contents, settings)
    lines = [line for row in contents.rows for line in lines_of(row, rates)]
    shipping_line = ShippingLine(
        chosen.amount if chosen else 0, rates.get(settings.shipping.tax_class_id, ())
    )
    coupon, candidates = await _candidates(records, contents, today)
    totals = compute(lines, shipping_line, _applied(contents, candidates))
    return PricedCart(
        cart=cart,
        rows=tuple(priced_rows(contents.rows, totals.lines)),
        totals=totals,
        is_virtual=contents.is_virtual,
        weight=contents.weight,
        shipping_rates=offered,
        shipping_rate=chosen,
        rules=tuple(rule for rule in candidates if rule.id in totals.rule_ids),
        coupon=coupon,
        customer=contents.customer,
    )


def lines_of(row: CartRow, rates: Mapping[int, tuple[AppliedRate, ...]]) -> list[Line]:
    """Return what is priced and taxed: the row, or the parts of a bundle with a dynamic price."""
    if row.product.is_priced_by_parts:
        return [Line(part.price, part.qty, rates.get(part.product.tax_class_id, ())) for part in row.parts]
    return [Line(row.price, row.item.qty, rates.get(row.sold.tax_class_id, ()))]


def priced_rows(rows: Sequence[CartRow], lines: Sequence[LineTotals]) -> Iterator[PricedRow]:
    """Yield the rows with what their lines (those of `lines_of`, row after row) have come to."""
    left = iter(lines)
    for row in rows:
        if row.product.is_priced_by_parts:
            parts = tuple(islice(left, len(row.parts)))
            sums = sum_of_parts(parts, row.item.qty)
            yield PricedRow(row.item, row.product, None, row.parts, totals=sums, part_totals=parts)
        else:
            yield PricedRow(row.item, row.product, row.child, row.parts, totals=next(left))


class _Contents(Struct, frozen=True):
    """A cart with what it refers to."""

    cart: Cart
    rows: tuple[CartRow, ...]
    customer: Customer | None

    @property
    def is_virtual(self) -> bool:
        return bool(self.rows) and all(row.is_virtual for row in self.rows)

    @property
    def address(self) -> CartAddress | None:
        """The address by which shipping and taxes go."""
        return self.cart.billing_address if self.is_virtual else self.cart.shipping_address

    @property
    def country_id(self) -> str | None:
        return self.address.country_id if self.address else None

    @property
    def group_id(self) -> int:
        return self.customer.group_id if self.customer else NOT_LOGGED_IN

    @property
    def goods_total(self) -> int:
        return sum(row.row_total for row in self.rows)

    @property
    def weight(self) -> int:
        return sum(row.row_weight for row in self.rows)

    def shipping_rates(self, settings: CheckoutSettings) -> tuple[ShippingRate, ...]:
        if self.is_virtual or not self.rows:
            return ()
        units = sum(row.shipped_units for row in self.rows)
        return shipping.rates(settings.shipping, units=units, goods_total=self.goods_total)


async def _contents(records: Records, cart: Cart) -> _Contents:
    customer = None if cart.customer_id is None else await get_customer(records, cart.customer_id)
    return _Contents(cart, await load_rows(records, cart), customer)


async def _tax_rates(
    records: Records, contents: _Contents, settings: CheckoutSettings
) -> dict[int, tuple[AppliedRate, ...]]:
    """Return the rates of each product tax class that the cart needs."""
    classes = {row.sold.tax_class_id for row in contents.rows} | {settings.shipping.tax_class_id}
    classes |= {part.product.tax_class_id for row in contents.rows for part in row.parts}
    classes.discard(UNTAXED)
    if not classes:
        return {}
    address = contents.address or CartAddress()
    country_id = address.country_id or settings.default_country
    if country_id not in COUNTRIES:
        return {}
    table = await load_tax_table(records, country_id=country_id, region_id=address.region_id)
    return {
        tax_class: rate_for(
            table,
            product_tax_class=tax_class,
            country_id=country_id,
            region_id=address.region_id,
            postcode=address.postcode,
            customer_tax_class=GROUPS[contents.group_id].tax_class_id,
            store_id=contents.cart.store_id,
        )
        for tax_class in classes
    }


async def _candidates(
    records: Records, contents: _Contents, today: str
) -> tuple[CouponRule | None, list[SalesRule]]:
    """Return the cart's coupon if it may be used, and the rules that may be used today in their order."""
    customer_id, group_id = contents.cart.customer_id, contents.group_id
    rules = await open_rules(records, today=today, website_id=WEBSITE, customer_group_id=group_id)
    usable = [rule for rule in rules if await may_use(records, rule, customer_id)]
    coupon = None
    if contents.cart.coupon_code:
        coupon = await usable_coupon(
            records,
            contents.cart.coupon_code,
            today=today,
            customer_id=customer_id,
            customer_group_id=group_id,
        )
    if coupon is not None:
        usable.append(coupon.rule)
    return coupon, sorted(usable, key=lambda rule: (rule.sort_order, rule.id))


def _applied(contents: _Contents, candidates: Sequence[SalesRule]) -> list[RuleApplied]:
    """Return the rules whose conditions hold, with the lines that they may work on."""
    if not candidates:
        return []
    cart = _cart_facts(contents)
    facts, lines = _facts_and_lines(contents.rows)
    return [
        RuleApplied(
            rule,
            frozenset().union(
                *(lines[index] for index in rule_conditions.rows_of(rule.action_condition, facts))
            ),
        )
        for rule in candidates
        if rule_conditions.holds(rule.condition, cart, facts)
    ]


def _facts_and_lines(
    rows: Sequence[CartRow],
) -> tuple[list[rule_conditions.Facts], list[frozenset[int]]]:
    """Return what rules may ask about rows and parts of bundles, and which lines each of them stands for.

    A rule that fits a bundle works on all of it. One that fits a part works on that part, or on the bundle
    where it is the bundle that has the price.
    """
    facts: list[rule_conditions.Facts] = []
    lines: list[frozenset[int]] = []
    count = 0
    for row in rows:
        size = len(row.parts) if row.product.is_priced_by_parts else 1
        whole = frozenset(range(count, count + size))
        facts.append(_row_facts(row.sold, row.price, row.item.qty, row.row_total))
        lines.append(whole)
        for index, part in enumerate(row.parts):
            row_total = multiply(part.price, part.qty)
            facts.append(_row_facts(part.product, part.price, part.qty, row_total))
            lines.append(frozenset({count + index}) if row.product.is_priced_by_parts else whole)
        count += size
    return facts, lines


def _cart_facts(contents: _Contents) -> rule_conditions.Facts:
    address = contents.address or CartAddress()
    payment = contents.cart.payment
    return {
        "base_subtotal": Decimal(contents.goods_total) / SCALE,
        "total_qty": Decimal(sum(row.item.qty for row in contents.rows)) / SCALE,
        "weight": Decimal(contents.weight) / SCALE,
        "payment_method": payment.method if payment else None,
        "shipping_method": contents.cart.shipping_method,
        "country_id": address.country_id,
        "region": address.region,
        "region_id": address.region_id,
        "postcode": address.postcode,
    }


def _row_facts(product: Product, price: int, qty: int, row_total: int) -> rule_conditions.Facts:
    texts = {code: value for code, value in product.attributes.items() if isinstance(value, str)}
    return texts | {
        "sku": product.sku,
        "attribute_set_id": product.attribute_set_id,
        "quote_item_price": Decimal(price) / SCALE,
        "quote_item_qty": Decimal(qty) / SCALE,
        "quote_item_row_total": Decimal(row_total) / SCALE,
    }
