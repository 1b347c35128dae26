"""What a new database contains before anybody has used it, as far as clients count on it.

The same as in a new Adobe Commerce: the attribute ``color`` without options, the groups of attribute set
4, two tax classes, and two tax rates that no rule uses (so that the first rate of one's own has id 3).
"""

from counterfoil.checkout.attribute import ATTRIBUTES, Attribute
from counterfoil.checkout.define_attribute import GROUPS, AttributeGroup, group_name
from counterfoil.checkout.product import DEFAULT_ATTRIBUTE_SET, TAXABLE_GOODS
from counterfoil.checkout.tax import (
    CLASSES,
    CUSTOMER_CLASS,
    PRODUCT_CLASS,
    RATES,
    RETAIL_CUSTOMER,
    TaxClass,
    TaxRate,
)
from counterfoil.ledger.ports import Transaction

COLOR = Attribute(
    attribute_code="color",
    frontend_input="select",
    default_frontend_label="Color",
    scope="global",
    flags={
        "is_filterable": True,
        "is_used_in_grid": True,
        "is_filterable_in_grid": True,
        "is_searchable": True,
        "is_comparable": True,
    },
)

ATTRIBUTE_GROUPS = (
    (7, "Product Details"),
    (13, "Content"),
    (19, "Bundle Items"),
    (10, "Images"),
    (9, "Search Engine Optimization"),
    (8, "Advanced Pricing"),
    (11, "Design"),
    (14, "Schedule Design Update"),
    (12, "Autosettings"),
    (20, "Gift Options"),
)

TAX_RATES = (
    TaxRate(code="US-CA-*-Rate 1", tax_country_id="US", tax_region_id=12, rate=82_500),
    TaxRate(code="US-NY-*-Rate 1", tax_country_id="US", tax_region_id=43, rate=83_750),
)


async def prepare(transaction: Transaction) -> None:
    """Put into the database what a new one contains and is not there. The caller commits."""
    records = transaction.records
    if await ATTRIBUTES.named(records, COLOR.attribute_code) is None:
        await ATTRIBUTES.insert(records, COLOR)
    for group_id, title in ATTRIBUTE_GROUPS:
        if await GROUPS.named(records, group_name(DEFAULT_ATTRIBUTE_SET, group_id)) is None:
            group = AttributeGroup(attribute_group_id=group_id, attribute_group_name=title)
            await GROUPS.insert(records, group)
    await _prepare_taxes(transaction)


async def _prepare_taxes(transaction: Transaction) -> None:
    records = transaction.records
    if await CLASSES.get(records, RETAIL_CUSTOMER) is not None:
        return
    # Clients name the classes by their ids, 2 and 3. Id 1 is one that Adobe makes and takes away again.
    passing = await CLASSES.insert(records, TaxClass(class_name="", class_type=PRODUCT_CLASS))
    await records.delete(CLASSES.name, passing.id)
    goods = TaxClass(class_name="Taxable Goods", class_type=PRODUCT_CLASS)
    retail = TaxClass(class_name="Retail Customer", class_type=CUSTOMER_CLASS)
    goods = await CLASSES.insert(records, goods)
    retail = await CLASSES.insert(records, retail)
    assert (goods.id, retail.id) == (TAXABLE_GOODS, RETAIL_CUSTOMER)
    for rate in TAX_RATES:
        if await RATES.named(records, rate.code) is None:
            await RATES.insert(records, rate)
