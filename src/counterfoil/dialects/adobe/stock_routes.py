"""Stock items and stock statuses (contract adobe §3.3, §4.5)."""

from counterfoil.checkout import stock
from counterfoil.checkout.stock import InvalidStock, StockItem, StockOfUnknownProduct
from counterfoil.dialects.adobe import stock_document
from counterfoil.dialects.adobe.call import AdobeError, Call, Reply
from counterfoil.dialects.adobe.documents import written
from counterfoil.dialects.adobe.render import number
from counterfoil.dialects.adobe.route import Route
from counterfoil.dialects.adobe.stock_document import STOCK_ID, STOCK_ITEM
from counterfoil.dialects.adobe.wire import INT, Param
from counterfoil.ledger.ledger import Body
from counterfoil.ledger.ports import Transaction

_RESOURCES = ("Magento_CatalogInventory::cataloginventory",)


async def get_stock_item(call: Call) -> Reply:
    """GET /V1/stockItems/:productSku."""
    return Reply(stock_document.render(await _find(call)))


async def get_stock_status(call: Call) -> Reply:
    """GET /V1/stockStatuses/:productSku. The quantity is what is there, as in the stock item."""
    item = await _find(call)
    return Reply(
        {
            "product_id": item.level.product_id,
            "stock_id": STOCK_ID,
            "qty": number(item.level.qty),
            "stock_status": int(item.level.is_in_stock),
            "stock_item": stock_document.render(item),
        }
    )


async def put_stock_item(call: Call) -> Reply:
    """PUT /V1/products/:productSku/stockItems/:itemId. The sku decides; the item id only has to be one."""
    sku, changes = call.args["product_sku"], stock_document.changes(call.args["stock_item"])
    now = call.shop.clock.now()

    async def work(transaction: Transaction) -> Body | StockOfUnknownProduct | InvalidStock:
        item = await stock.change_stock(transaction, sku=sku, changes=changes, now=now)
        return written(str(item.level.product_id)) if isinstance(item, StockItem) else item

    result: Reply | StockOfUnknownProduct | InvalidStock = await call.write(work)
    if isinstance(result, StockOfUnknownProduct):
        raise _unknown(sku)
    if isinstance(result, InvalidStock):
        raise stock_document.of_refusal(result)
    return result


async def _find(call: Call) -> StockItem:
    sku = call.args["product_sku"]
    async with call.shop.ledger.reading() as reader:
        found = await stock.find_stock(reader, sku)
    if isinstance(found, StockOfUnknownProduct):
        raise _unknown(sku)
    return found


def _unknown(sku: str) -> AdobeError:
    return AdobeError(404, 'The Product with the "%1" SKU doesn\'t exist.', [sku])


ROUTES = (
    Route("GET", "/V1/stockItems/:productSku", get_stock_item, _RESOURCES),
    Route("GET", "/V1/stockStatuses/:productSku", get_stock_status, _RESOURCES),
    Route(
        "PUT",
        "/V1/products/:productSku/stockItems/:itemId",
        put_stock_item,
        _RESOURCES,
        (Param("stock_item", STOCK_ITEM), Param("item_id", INT)),
    ),
)
