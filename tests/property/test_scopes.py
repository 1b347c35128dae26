"""What is decided on the part of an order that was loaded is what would be decided on all of it.

On orders with everything that makes amounts uneven: taxes and discounts on shipping, taxes in prices.
"""

import copy

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize
from msgspec.structs import replace

from counterfoil.domain import decider, quantity
from counterfoil.domain.decision import Context
from counterfoil.domain.order import Order
from counterfoil.domain.place import OrderPlaced
from tests.drafts import authorized, draft
from tests.property.test_books import Books, lines
from tests.unit.domain.given import NOW, numbers, placed


def loaded(order: Order, command: decider.Command) -> Order:
    """Return what `Scope` says is loaded, as the engines do."""
    scope = decider.scope_of(command)
    families = {order.items[name].parent_item_id or name for name in scope.item_ids if name in order.items}

    def is_open(item) -> bool:
        gone = 0 if item.children_calculated else item.qty_canceled
        return scope.open_to_invoice and item.qty_invoiced < item.qty_ordered - gone

    return replace(
        order,
        items={
            item_id: item
            for item_id, item in order.items.items()
            if scope.all_items or (item.parent_item_id or item_id) in families or is_open(item)
        },
        invoices={
            name: one
            for name, one in order.invoices.items()
            if scope.all_invoices or name in scope.invoice_ids
        },
        shipments={name: one for name, one in order.shipments.items() if name in scope.shipment_ids},
        creditmemos={name: one for name, one in order.creditmemos.items() if name in scope.creditmemo_ids},
        packages={name: one for name, one in order.packages.items() if name in scope.packages},
        changes={name: one for name, one in order.changes.items() if name in scope.changes},
        payments={seq: one for seq, one in order.payments.items() if seq in scope.payments},
        comments=(),
        particulars=order.particulars if scope.particulars else None,
    )


def head(order: Order) -> Order:
    return replace(
        order,
        items={},
        invoices={},
        shipments={},
        creditmemos={},
        packages={},
        changes={},
        payments={},
        comments=(),
        particulars=None,
    )


class Scopes(Books):
    @initialize(
        rows=st.lists(lines(), min_size=1, max_size=4),
        shipping=st.one_of(st.just(0), st.integers(0, 5000)),
        gateway=st.booleans(),
        data=st.data(),
    )
    def place(self, rows, shipping, gateway, data):
        def cents(most):
            return data.draw(st.integers(0, most // 100)) * 100

        self.numbers = numbers()
        drafted = draft(*rows, shipping=shipping)
        items = {
            item_id: item
            if quantity.is_dummy(item)
            else replace(item, discount_tax_compensation_amount=cents(item.discount_amount))
            for item_id, item in drafted.items.items()
        }
        compensation = sum(item.discount_tax_compensation_amount for item in items.values())
        tax, discount = cents(drafted.shipping_amount), cents(drafted.shipping_amount)
        shipping_compensation = cents(discount)
        drafted = replace(
            drafted,
            items=items,
            discount_tax_compensation_amount=compensation,
            shipping_incl_tax=drafted.shipping_amount + tax,
            shipping_tax_amount=tax,
            shipping_discount_amount=discount,
            shipping_discount_tax_compensation_amount=shipping_compensation,
            tax_amount=drafted.tax_amount + tax,
            discount_amount=drafted.discount_amount - discount,
            grand_total=drafted.grand_total + tax - discount + compensation + shipping_compensation,
        )
        self.order = placed(authorized(drafted) if gateway else drafted, self.numbers)
        self.journal = [OrderPlaced(self.order)]

    def carry_out(self, command):
        before, part = self.order, loaded(self.order, command)
        decided = decider.decide(part, command, Context(NOW, copy.deepcopy(self.numbers)))
        journal = len(self.journal)
        super().carry_out(command)
        assert isinstance(decided, decider.Event) == (len(self.journal) > journal)
        if isinstance(decided, decider.Event):
            assert decided == self.journal[-1]
            after = decider.evolve(part, decided)
            assert after.items.items() <= self.order.items.items()
            assert head(after) == head(self.order)
            moved = decider.stock_moves(before, self.order, decided)
            assert decider.stock_moves(part, after, decided) == moved


Scopes.TestCase.settings = settings(
    max_examples=80, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
TestScopes = Scopes.TestCase
