"""The rows of a cart: list, add, change, remove (contract adobe §4.7, recordings 140 to 150, 202, 749)."""

from collections.abc import Awaitable, Callable
from typing import Any

from counterfoil.checkout import cart as carts
from counterfoil.checkout.cart import Cart
from counterfoil.checkout.cart_items import ItemRefusal, add_item, remove_item, update_item
from counterfoil.checkout.cart_row import CartRow, load_rows
from counterfoil.dialects.adobe import cart_document, cart_family
from counterfoil.dialects.adobe.call import Call, Reply
from counterfoil.dialects.adobe.cart_document import CART_ITEM
from counterfoil.dialects.adobe.cart_errors import of
from counterfoil.dialects.adobe.cart_family import ADMIN, GUEST, MINE, Family, routes
from counterfoil.dialects.adobe.documents import written
from counterfoil.dialects.adobe.errors import required
from counterfoil.dialects.adobe.route import Route
from counterfoil.dialects.adobe.wire import INT, Param
from counterfoil.ledger.ledger import Body
from counterfoil.ledger.ports import Records, Transaction

_ITEM = Param("cart_item", CART_ITEM)
_ITEM_ID = Param("item_id", INT)


async def list_items(family: Family, call: Call) -> Reply:
    """GET …/items. A guest reads the mask where others read the cart's id."""

    async def look(records: Records, cart: Cart) -> list[dict[str, Any]]:
        quote_id = cart.mask if family is GUEST and cart.mask else str(cart.id)
        return [cart_document.item(row, quote_id) for row in await load_rows(records, cart)]

    return await cart_family.read(family, call, look)


async def add(family: Family, call: Call) -> Reply:
    """POST …/items. An item that names a row of the cart changes that row."""
    sent = call.args["cart_item"]
    if sent.get("item_id"):
        return await _change(family, call, sent, sent["item_id"])

    async def change(transaction: Transaction, cart: Cart) -> CartRow | ItemRefusal:
        return await add_item(
            transaction,
            cart,
            sku=sent.get("sku") or "",
            qty=cart_document.quantity(sent),
            choices=cart_document.choices(sent),
            now=call.shop.clock.now(),
        )

    return await _answered(family, call, sent, change)


async def update(family: Family, call: Call) -> Reply:
    """PUT …/items/:itemId."""
    return await _change(family, call, call.args["cart_item"], call.args["item_id"])


async def _change(family: Family, call: Call, sent: dict[str, Any], item_id: int) -> Reply:
    async def change(transaction: Transaction, cart: Cart) -> CartRow | ItemRefusal:
        return await update_item(
            transaction,
            cart,
            item_id=item_id,
            qty=cart_document.quantity(sent),
            choices=cart_document.choices(sent),
            now=call.shop.clock.now(),
        )

    return await _answered(family, call, sent, change)


async def remove(family: Family, call: Call) -> Reply:
    """DELETE …/items/:itemId."""

    async def change(transaction: Transaction, cart: Cart) -> Body | ItemRefusal:
        left = await remove_item(transaction, cart, item_id=call.args["item_id"], now=call.shop.clock.now())
        return written(value=True) if isinstance(left, Cart) else left

    return await cart_family.write(family, call, change)


async def _answered(
    family: Family,
    call: Call,
    sent: dict[str, Any],
    change: Callable[[Transaction, Cart], Awaitable[CartRow | ItemRefusal]],
) -> Reply:
    """Run ``change`` on the cart that the item names and answer the row."""

    async def work(transaction: Transaction) -> Body | ItemRefusal:
        cart = await _named_cart(family, call, transaction.records, sent)
        row = await change(transaction, cart)
        return written(cart_document.item(row, str(cart.id))) if isinstance(row, CartRow) else row

    return await cart_family.run(call, work)


async def _named_cart(family: Family, call: Call, records: Records, sent: dict[str, Any]) -> Cart:
    """Return the locked cart that ``quote_id`` of the item names: the platform goes by it, not by the path.

    A customer's items go into the customer's own cart, whatever they name. An administrator's may leave
    it to the path.
    """
    quote_id = sent.get("quote_id") or ""
    if family is MINE or (family is ADMIN and not quote_id):
        return await family.cart(call, records, lock=True)
    if family is GUEST:
        found = await carts.any_of_mask(records, quote_id, lock=True)
        if found is None:
            raise required("quoteId")
        cart: Cart | carts.CartUnknown = found if found.is_active else carts.CartUnknown(found.id)
    else:
        cart_id = cart_document.whole_id(quote_id)
        cart = await carts.of_id(records, cart_id, lock=True) if cart_id else carts.CartUnknown(None)
    if isinstance(cart, Cart):
        return cart
    raise of(cart)


ROUTES: tuple[Route, ...] = (
    *routes("GET", "/items", list_items),
    *routes("POST", "/items", add, (_ITEM,)),
    *routes("PUT", "/items/:itemId", update, (_ITEM, _ITEM_ID)),
    *routes("DELETE", "/items/:itemId", remove, (_ITEM_ID,)),
)
