"""The platform's services behind the routes, which name queues and results of operations (contract adobe §7).

A route that is missing here is named after its path. Source: the platform's public route declarations.
"""

from typing import Final

_SALES = "Magento\\Sales\\Api\\"
_QUOTE = "Magento\\Quote\\Api\\"
_GUEST = "Magento\\Quote\\Api\\Guest"
_CATALOG = "Magento\\Catalog\\Api\\"
_CONFIGURABLE = "Magento\\ConfigurableProduct\\Api\\"
_CUSTOMER = "Magento\\Customer\\Api\\"
_RULE = "Magento\\SalesRule\\Api\\"
_TAX = "Magento\\Tax\\Api\\"
_CHECKOUT = "Magento\\Checkout\\Api\\"

_BY_INTERFACE: Final[dict[str, tuple[tuple[str, str, str], ...]]] = {
    f"{_SALES}InvoiceOrderInterface": (("POST", "/V1/order/:orderId/invoice", "execute"),),
    f"{_SALES}ShipOrderInterface": (("POST", "/V1/order/:orderId/ship", "execute"),),
    f"{_SALES}RefundOrderInterface": (("POST", "/V1/order/:orderId/refund", "execute"),),
    f"{_SALES}RefundInvoiceInterface": (("POST", "/V1/invoice/:invoiceId/refund", "execute"),),
    f"{_SALES}OrderManagementInterface": (
        ("POST", "/V1/orders/:id/cancel", "cancel"),
        ("POST", "/V1/orders/:id/hold", "hold"),
        ("POST", "/V1/orders/:id/unhold", "unHold"),
        ("POST", "/V1/orders/:id/emails", "notify"),
        ("POST", "/V1/orders/:id/comments", "addComment"),
    ),
    f"{_SALES}OrderRepositoryInterface": (
        ("POST", "/V1/orders", "save"),
        ("PUT", "/V1/orders/create", "save"),
    ),
    f"{_SALES}OrderAddressRepositoryInterface": (("PUT", "/V1/orders/:parent_id", "save"),),
    f"{_SALES}InvoiceRepositoryInterface": (("POST", "/V1/invoices", "save"),),
    f"{_SALES}InvoiceManagementInterface": (
        ("POST", "/V1/invoices/:id/emails", "notify"),
        ("POST", "/V1/invoices/:id/void", "setVoid"),
        ("POST", "/V1/invoices/:id/capture", "setCapture"),
    ),
    f"{_SALES}InvoiceCommentRepositoryInterface": (("POST", "/V1/invoices/comments", "save"),),
    f"{_SALES}CreditmemoManagementInterface": (
        ("PUT", "/V1/creditmemo/:id", "cancel"),
        ("POST", "/V1/creditmemo/:id/emails", "notify"),
        ("POST", "/V1/creditmemo/refund", "refund"),
    ),
    f"{_SALES}CreditmemoCommentRepositoryInterface": (("POST", "/V1/creditmemo/:id/comments", "save"),),
    f"{_SALES}CreditmemoRepositoryInterface": (("POST", "/V1/creditmemo", "save"),),
    f"{_SALES}ShipmentRepositoryInterface": (("POST", "/V1/shipment", "save"),),
    f"{_SALES}ShipmentCommentRepositoryInterface": (("POST", "/V1/shipment/:id/comments", "save"),),
    f"{_SALES}ShipmentManagementInterface": (("POST", "/V1/shipment/:id/emails", "notify"),),
    f"{_SALES}ShipmentTrackRepositoryInterface": (
        ("POST", "/V1/shipment/track", "save"),
        ("DELETE", "/V1/shipment/track/:id", "deleteById"),
    ),
    f"{_CATALOG}ProductRepositoryInterface": (
        ("POST", "/V1/products", "save"),
        ("PUT", "/V1/products/:sku", "save"),
        ("DELETE", "/V1/products/:sku", "deleteById"),
    ),
    f"{_CATALOG}ProductAttributeRepositoryInterface": (
        ("POST", "/V1/products/attributes", "save"),
        ("PUT", "/V1/products/attributes/:attributeCode", "save"),
    ),
    f"{_CATALOG}ProductAttributeOptionManagementInterface": (
        ("POST", "/V1/products/attributes/:attributeCode/options", "add"),
    ),
    f"{_CATALOG}ProductAttributeManagementInterface": (
        ("POST", "/V1/products/attribute-sets/attributes", "assign"),
    ),
    "Magento\\CatalogInventory\\Api\\StockRegistryInterface": (
        ("PUT", "/V1/products/:productSku/stockItems/:itemId", "updateStockItemBySku"),
    ),
    f"{_CONFIGURABLE}OptionRepositoryInterface": (
        ("POST", "/V1/configurable-products/:sku/options", "save"),
    ),
    f"{_CONFIGURABLE}LinkManagementInterface": (
        ("POST", "/V1/configurable-products/:sku/child", "addChild"),
        ("DELETE", "/V1/configurable-products/:sku/children/:childSku", "removeChild"),
    ),
    f"{_CUSTOMER}CustomerRepositoryInterface": (
        ("PUT", "/V1/customers/me", "save"),
        ("PUT", "/V1/customers/:id", "save"),
    ),
    f"{_RULE}RuleRepositoryInterface": (
        ("POST", "/V1/salesRules", "save"),
        ("PUT", "/V1/salesRules/:ruleId", "save"),
        ("DELETE", "/V1/salesRules/:ruleId", "deleteById"),
    ),
    f"{_RULE}CouponRepositoryInterface": (
        ("POST", "/V1/coupons", "save"),
        ("PUT", "/V1/coupons/:couponId", "save"),
        ("DELETE", "/V1/coupons/:couponId", "deleteById"),
    ),
    f"{_TAX}TaxClassRepositoryInterface": (
        ("POST", "/V1/taxClasses", "save"),
        ("PUT", "/V1/taxClasses/:classId", "save"),
        ("DELETE", "/V1/taxClasses/:taxClassId", "deleteById"),
    ),
    f"{_TAX}TaxRateRepositoryInterface": (
        ("POST", "/V1/taxRates", "save"),
        ("PUT", "/V1/taxRates", "save"),
        ("DELETE", "/V1/taxRates/:rateId", "deleteById"),
    ),
    f"{_TAX}TaxRuleRepositoryInterface": (
        ("POST", "/V1/taxRules", "save"),
        ("PUT", "/V1/taxRules", "save"),
        ("DELETE", "/V1/taxRules/:ruleId", "deleteById"),
    ),
    f"{_QUOTE}CartManagementInterface": (
        ("POST", "/V1/carts", "createEmptyCart"),
        ("POST", "/V1/carts/mine", "createEmptyCartForCustomer"),
        ("POST", "/V1/customers/:customerId/carts", "createEmptyCartForCustomer"),
        ("PUT", "/V1/carts/:cartId", "assignCustomer"),
        ("PUT", "/V1/carts/:cartId/order", "placeOrder"),
        ("PUT", "/V1/carts/mine/order", "placeOrder"),
    ),
    f"{_GUEST}CartManagementInterface": (
        ("POST", "/V1/guest-carts", "createEmptyCart"),
        ("PUT", "/V1/guest-carts/:cartId", "assignCustomer"),
        ("PUT", "/V1/guest-carts/:cartId/order", "placeOrder"),
    ),
    f"{_QUOTE}CartItemRepositoryInterface": (
        ("POST", "/V1/carts/:cartId/items", "save"),
        ("POST", "/V1/carts/mine/items", "save"),
        ("PUT", "/V1/carts/:cartId/items/:itemId", "save"),
        ("PUT", "/V1/carts/mine/items/:itemId", "save"),
        ("DELETE", "/V1/carts/:cartId/items/:itemId", "deleteById"),
        ("DELETE", "/V1/carts/mine/items/:itemId", "deleteById"),
    ),
    f"{_GUEST}CartItemRepositoryInterface": (
        ("POST", "/V1/guest-carts/:cartId/items", "save"),
        ("PUT", "/V1/guest-carts/:cartId/items/:itemId", "save"),
        ("DELETE", "/V1/guest-carts/:cartId/items/:itemId", "deleteById"),
    ),
    f"{_CHECKOUT}PaymentInformationManagementInterface": (
        ("POST", "/V1/carts/mine/payment-information", "savePaymentInformationAndPlaceOrder"),
        ("POST", "/V1/carts/mine/set-payment-information", "savePaymentInformation"),
    ),
    f"{_CHECKOUT}GuestPaymentInformationManagementInterface": (
        ("POST", "/V1/guest-carts/:cartId/payment-information", "savePaymentInformationAndPlaceOrder"),
        ("POST", "/V1/guest-carts/:cartId/set-payment-information", "savePaymentInformation"),
    ),
}

SERVICES: Final = {
    (method, path): (interface, service_method)
    for interface, routes in _BY_INTERFACE.items()
    for method, path, service_method in routes
}
"""Interface and method by HTTP method and path."""
