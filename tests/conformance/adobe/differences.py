"""The one table of what is not as recorded. The tests read it, and so does the page
`docs/adobe-differences.md`, whose headings are the names here."""

from typing import Any, NamedTuple

from counterfoil.dialects.adobe.store_routes import MODULES

# ---------------------------------------------------------------- deliberately different


class Difference(NamedTuple):
    """Places where ours differs.

    ``exchanges`` are numbers of recordings, names of walks, or ``walks`` for all of them; ``path`` matches
    where in the answer. What `lawful` sets right is a difference too.
    """

    name: str
    exchanges: tuple[int | str, ...]
    path: str


class Instead(NamedTuple):
    """Exchanges to which we answer something else on purpose, and what."""

    name: str
    exchanges: tuple[int, ...]
    status: int
    body: Any


DIFFERENCES: list[Difference] = [
    Difference("Static files", (3,), r"\[0\]\.(secure_)?base_static_url"),
    Difference("Product attributes", (17,), r"\[\d\]\.custom_attributes\.options_container"),
    Difference("Product attributes", (18,), r"custom_attributes\.(image|small_image|thumbnail)"),
    Difference("Descriptions in the schema", (760,), r".*description|info\.title"),
    Difference("Keys in the schema", (760,), r"securityDefinitions\.api_key\.name|.*\.security"),
    Difference("Bodies in the schema", (760,), r".*\.consumes|definitions\.sales.*\.required"),
    Difference("Answers in the schema", (760,), r".*\.responses\..*|definitions\.error-.*"),
    Difference("Saved invoices", (741, 743), ".*"),
]
"""On purpose, each explained under its name in `docs/adobe-differences.md`."""

NOT_ACCEPTABLE = (
    "Server cannot match any of the given Accept HTTP header media type(s) from the request: "
    '"text/html" with media types from the config of response renderer.'
)
UNKNOWN_FIELD = '"%fieldName" is not supported. Correct the field name and try again.'

REQUIRED = '"%fieldName" is required. Enter and try again.'
NO_LIST = (
    'The "abc" value\'s type is invalid. The "InvoiceItemCreation[]" type was expected. Verify and try again.'
)

NO_CART = (
    "An order is placed through a cart, e.g. with PUT /V1/carts/:cartId/order. "
    "To change an order, send its entity_id."
)
OTHER_STATE = 'The status "%1" is not one of the state "%2". The state follows from the documents.'
NO_PRODUCTS = (
    "Invoice Document Validation Error(s):\n"
    "The invoice can't be created without products. Add products and try again."
)

INSTEAD: list[Instead] = [
    Instead("Modules", (2,), 200, list(MODULES)),
    Instead("Orders without a cart", (738,), 400, {"message": NO_CART}),
    Instead("Saved orders", (739,), 400, {"message": OTHER_STATE, "parameters": ["nosuchstatus", "new"]}),
    Instead("Saved invoices", (742,), 400, {"message": NO_PRODUCTS}),
    Instead("Answers in HTML", (110,), 406, {"message": NOT_ACCEPTABLE}),
    Instead(
        "Invoice items without an id",
        (322,),
        400,
        {"message": REQUIRED, "parameters": {"fieldName": "order_item_id"}},
    ),
    Instead("Invoice items that are no list", (325,), 400, {"message": NO_LIST}),
    Instead(
        "Unknown fields in a search",
        (710,),
        400,
        {"message": UNKNOWN_FIELD, "parameters": {"fieldName": "nosuchcolumn"}},
    ),
]
"""Where the whole answer is another, each explained under its name in `docs/adobe-differences.md`."""


# ---------------------------------------------------------------- another history

HISTORY: list[Difference] = [
    Difference("saved before", (13,), r"extension_attributes\.configurable_product_options"),
    Difference("fewer orders", (701, 702, 703, 709, 715, 716, 717, 718, 719, 724), "total_count"),
    Difference("fewer credit memos", (727,), "total_count"),
    Difference("other orders", (702,), r"items\[\d\]\..*"),
]
"""Where the recorded shop had seen other things than ours when the exchange took place."""
