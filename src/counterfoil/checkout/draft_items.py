"""The rows of an order as a priced cart makes them. Pure.

A simple product gives one row. A configurable one gives a priced parent row with the variant's sku, and a
child row without value (recording 209). A bundle gives a parent row and one row for each part: with a
dynamic price the parts are worth something and the parent shows their sums, with a fixed price it is the
other way round (contract adobe §5.3).
"""

from collections.abc import Iterator, Mapping, Sequence

from counterfoil.checkout.cart import CartItem
from counterfoil.checkout.cart_row import RowPart
from counterfoil.checkout.pricing import PricedRow
from counterfoil.checkout.product import Product
from counterfoil.checkout.totals import LineTotals
from counterfoil.domain.money import SCALE
from counterfoil.domain.order import ItemParticulars, OrderItem
from counterfoil.ledger.ports import StockLevel


def order_items(rows: Sequence[PricedRow], levels: Mapping[int, StockLevel]) -> Iterator[OrderItem]:
    """Yield the rows with provisional ids 1, 2, 3 …; ``levels`` say what is sold in parts of units."""
    next_id = 1
    for row in rows:
        family = list(_family(row, next_id, levels))
        yield from family
        next_id += len(family)


def row_count(rows: Sequence[PricedRow]) -> int:
    """Return how many rows are sold: one for each part of a bundle, one for anything else (§4.11)."""
    return sum(len(row.parts) or 1 for row in rows)


def _family(row: PricedRow, item_id: int, levels: Mapping[int, StockLevel]) -> Iterator[OrderItem]:
    yield _parent_item(row, item_id, levels)
    if row.child is not None:
        yield _child_item(row, row.child, item_id, levels)
    priced = row.part_totals or (None,) * len(row.parts)
    for index, (part, totals) in enumerate(zip(row.parts, priced, strict=True), start=1):
        yield _part_item(row, part, totals, item_id + index, parent_item_id=item_id, levels=levels)


def _is_qty_decimal(product: Product, levels: Mapping[int, StockLevel]) -> bool:
    level = levels.get(product.id)
    return level is not None and level.is_qty_decimal


def _parent_item(row: PricedRow, item_id: int, levels: Mapping[int, StockLevel]) -> OrderItem:
    totals = row.totals
    by_parts = row.product.is_shipped_separately and row.product.is_weighed_by_parts
    return OrderItem(
        item_id=item_id,
        parent_item_id=None,
        product_id=row.product.id,
        product_type=row.product.type_id,
        sku=row.sku,
        name=row.product.name,
        is_virtual=row.is_virtual,
        is_qty_decimal=_is_qty_decimal(row.sold, levels),
        children_calculated=row.product.is_priced_by_parts,
        shipped_separately=row.product.is_shipped_separately,
        price=totals.price,
        price_incl_tax=totals.price_incl_tax,
        qty_ordered=row.item.qty,
        row_total=totals.row_total,
        row_total_incl_tax=totals.row_total_incl_tax,
        tax_amount=totals.tax_amount,
        discount_amount=totals.discount_amount,
        discount_tax_compensation_amount=0,
        particulars=ItemParticulars(
            quote_item_id=row.item.item_id,
            original_price=totals.price,
            tax_percent=totals.tax_percent,
            discount_percent=totals.discount_percent,
            weight=_weight(row),
            row_weight=0 if by_parts else row.row_weight,
            applied_rule_ids=ids_text(totals.rule_ids),
            product_option=option_of(row.item),
            taxes=totals.taxes,
        ),
    )


def _weight(row: PricedRow) -> int | None:
    if row.is_virtual:
        return None
    return row.weight if row.parts else row.sold.weight


def _child_item(
    row: PricedRow, child: Product, parent_item_id: int, levels: Mapping[int, StockLevel]
) -> OrderItem:
    return OrderItem(
        item_id=parent_item_id + 1,
        parent_item_id=parent_item_id,
        product_id=child.id,
        product_type=child.type_id,
        sku=child.sku,
        name=child.name,
        is_virtual=child.is_virtual,
        is_qty_decimal=_is_qty_decimal(child, levels),
        price=0,
        price_incl_tax=0,
        qty_ordered=row.item.qty,
        row_total=0,
        row_total_incl_tax=0,
        tax_amount=0,
        discount_amount=0,
        discount_tax_compensation_amount=0,
        particulars=ItemParticulars(quote_item_id=row.item.item_id + 1, weight=child.weight),
    )


def _part_item(
    row: PricedRow,
    part: RowPart,
    totals: LineTotals | None,
    item_id: int,
    *,
    parent_item_id: int,
    levels: Mapping[int, StockLevel],
) -> OrderItem:
    """Return the row of a part; ``totals`` None means that the bundle has the price."""
    product = part.product
    weighed = row.product.is_shipped_separately and row.product.is_weighed_by_parts
    return OrderItem(
        item_id=item_id,
        parent_item_id=parent_item_id,
        product_id=product.id,
        product_type=product.type_id,
        sku=product.sku,
        name=product.name,
        is_virtual=product.is_virtual,
        is_qty_decimal=_is_qty_decimal(product, levels),
        children_calculated=row.product.is_priced_by_parts,
        shipped_separately=row.product.is_shipped_separately,
        price=totals.price if totals else 0,
        price_incl_tax=totals.price_incl_tax if totals else 0,
        qty_ordered=part.qty,
        row_total=totals.row_total if totals else 0,
        row_total_incl_tax=totals.row_total_incl_tax if totals else 0,
        tax_amount=totals.tax_amount if totals else 0,
        discount_amount=totals.discount_amount if totals else 0,
        discount_tax_compensation_amount=0,
        particulars=ItemParticulars(
            quote_item_id=part.chosen.item_id,
            original_price=totals.price if totals else 0,
            tax_percent=totals.tax_percent if totals else 0,
            discount_percent=totals.discount_percent if totals else 0,
            weight=None if product.is_virtual else product.weight,
            row_weight=part.weight * part.qty // SCALE if weighed else 0,
            applied_rule_ids=ids_text(totals.rule_ids) if totals else None,
            taxes=totals.taxes if totals else (),
        ),
    )


def option_of(item: CartItem) -> dict[str, object] | None:
    """Return the choices of a row in the form that orders keep them, or None if there were none."""
    chosen: dict[str, object] = {}
    if item.options:
        chosen["configurable_item_options"] = [
            {"option_id": str(option.attribute_id), "option_value": option.value} for option in item.options
        ]
    if item.parts:
        chosen["bundle_options"] = _bundle_options(item)
    if item.link_ids:
        chosen["downloadable_option"] = {"downloadable_links": list(item.link_ids)}
    return {"extension_attributes": chosen} if chosen else None


def _bundle_options(item: CartItem) -> list[dict[str, object]]:
    """Return what was chosen for each option; Adobe shows whole quantities here."""
    by_option: dict[int, list[int]] = {}
    for part in item.parts:
        by_option.setdefault(part.option_id, []).append(part.selection_id)
    quantities = {part.option_id: part.qty for part in item.parts}
    return [
        {
            "option_id": option_id,
            "option_qty": quantities[option_id] // SCALE,
            "option_selections": selections,
        }
        for option_id, selections in by_option.items()
    ]


def ids_text(rule_ids: tuple[int, ...]) -> str | None:
    """Return ids as orders keep them: ``1,2``; None if there are none."""
    return ",".join(map(str, rule_ids)) or None
