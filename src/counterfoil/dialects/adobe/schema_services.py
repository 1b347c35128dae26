"""The platform's services behind the routes that `service_names` does not list.

They name the tags and definitions of the schema. Source: the platform's public route declarations.
"""

import re
from typing import Final

from counterfoil.dialects.adobe.route import Route
from counterfoil.dialects.adobe.service_names import SERVICES

_CART = ("guest-carts/:cartId", "carts/mine", "carts/:cartId")
_BUNDLE = "bundle-products"
_LINKS = "products/:sku/downloadable-links"

_BY_SERVICE: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("sales", "OrderRepository"): ("orders", "orders/:id"),
    ("sales", "OrderItemRepository"): ("orders/items", "orders/items/:id"),
    ("sales", "OrderManagement"): ("orders/:id/statuses", "orders/:id/comments"),
    ("sales", "InvoiceRepository"): ("invoices", "invoices/:id"),
    ("sales", "InvoiceManagement"): ("invoices/:id/comments",),
    ("sales", "ShipmentRepository"): ("shipments", "shipment/:id"),
    ("sales", "ShipmentManagement"): ("shipment/:id/comments", "shipment/:id/label"),
    ("sales", "CreditmemoRepository"): ("creditmemos", "creditmemo/:id"),
    ("sales", "CreditmemoManagement"): ("creditmemo/:id/comments",),
    ("sales", "TransactionRepository"): ("transactions", "transactions/:id"),
    ("store", "WebsiteRepository"): ("store/websites",),
    ("store", "GroupRepository"): ("store/storeGroups",),
    ("store", "StoreRepository"): ("store/storeViews",),
    ("store", "StoreConfigManager"): ("store/storeConfigs",),
    ("directory", "CountryInformationAcquirer"): ("directory/countries", "directory/countries/:countryId"),
    ("directory", "CurrencyInformationAcquirer"): ("directory/currency",),
    ("backend", "ModuleService"): ("modules",),
    ("catalog", "ProductRepository"): ("products", "products/:sku"),
    ("catalog", "ProductAttributeRepository"): (
        "products/attributes",
        "products/attributes/:attributeCode",
    ),
    ("catalog", "ProductAttributeOptionManagement"): ("products/attributes/:attributeCode/options",),
    ("catalog", "ProductAttributeGroupRepository"): ("products/attribute-sets/groups/list",),
    ("catalogInventory", "StockRegistry"): ("stockItems/:productSku", "stockStatuses/:productSku"),
    ("asynchronousOperations", "OperationRepository"): ("bulk",),
    ("asynchronousOperations", "BulkStatus"): (
        "bulk/:bulkUuid/status",
        "bulk/:bulkUuid/detailed-status",
        "bulk/:bulkUuid/operation-status/:status",
    ),
    ("bundle", "ProductOptionTypeList"): (f"{_BUNDLE}/options/types",),
    ("bundle", "ProductOptionManagement"): (f"{_BUNDLE}/options/add", f"{_BUNDLE}/options/:optionId"),
    ("bundle", "ProductOptionRepository"): (
        f"{_BUNDLE}/:sku/options/all",
        f"{_BUNDLE}/:sku/options/:optionId",
    ),
    ("bundle", "ProductLinkManagement"): (
        f"{_BUNDLE}/:productSku/children",
        f"{_BUNDLE}/:sku/links/:optionId",
        f"{_BUNDLE}/:sku/links/:id",
        f"{_BUNDLE}/:sku/options/:optionId/children/:childSku",
    ),
    ("configurableProduct", "OptionRepository"): (
        "configurable-products/:sku/options/all",
        "configurable-products/:sku/options/:id",
    ),
    ("configurableProduct", "LinkManagement"): ("configurable-products/:sku/children",),
    ("downloadable", "LinkRepository"): (_LINKS, f"{_LINKS}/:id", "products/downloadable-links/:id"),
    ("downloadable", "SampleRepository"): (
        f"{_LINKS}/samples",
        f"{_LINKS}/samples/:id",
        "products/downloadable-links/samples/:id",
    ),
    ("customer", "AccountManagement"): ("customers",),
    ("customer", "CustomerRepository"): ("customers/me", "customers/search", "customers/:customerId"),
    ("customer", "GroupRepository"): ("customerGroups/:id",),
    ("salesRule", "RuleRepository"): ("salesRules/search", "salesRules/:ruleId"),
    ("salesRule", "CouponRepository"): ("coupons/search", "coupons/:couponId"),
    ("tax", "TaxClassRepository"): ("taxClasses/search", "taxClasses/:taxClassId"),
    ("tax", "TaxRateRepository"): ("taxRates/search", "taxRates/:rateId"),
    ("tax", "TaxRuleRepository"): ("taxRules/search", "taxRules/:ruleId"),
    ("integration", "AdminTokenService"): ("integration/admin/token",),
    ("integration", "CustomerTokenService"): (
        "integration/customer/token",
        "integration/customer/revoke-customer-token",
    ),
    ("quote", "CartRepository"): ("carts/search", *_CART[1:]),
    ("quote", "GuestCartRepository"): _CART[:1],
}
_BY_CART_SERVICE: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("quote", "CartTotalRepository"): ("totals",),
    ("quote", "CouponManagement"): ("coupons", "coupons/:couponCode"),
    ("quote", "CartItemRepository"): ("items",),
    ("quote", "ShipmentEstimation"): ("estimate-shipping-methods",),
    ("quote", "ShippingMethodManagement"): (
        "shipping-methods",
        "estimate-shipping-methods-by-address-id",
    ),
    ("quote", "BillingAddressManagement"): ("billing-address",),
    ("quote", "PaymentMethodManagement"): ("payment-methods", "selected-payment-method"),
    ("checkout", "ShippingInformationManagement"): ("shipping-information",),
    ("checkout", "TotalsInformationManagement"): ("totals-information",),
    ("checkout", "PaymentInformationManagement"): ("payment-information",),
}
"""Services that each way to a cart has of its own; those of guests begin with Guest."""

_NOT_WORD = re.compile(r"[^A-Za-z0-9]+")


def _by_path() -> dict[str, tuple[str, str]]:
    found = {path: service for service, paths in _BY_SERVICE.items() for path in paths}
    for (module, name), ends in _BY_CART_SERVICE.items():
        for prefix in _CART:
            service = f"Guest{name}" if prefix.startswith("guest") else name
            found.update({f"{prefix}/{end}": (module, service) for end in ends})
    return found


_PATHS: Final = _by_path()


def module_and_service(route: Route) -> tuple[str, str]:
    """Return the platform's module and service, such as ``sales`` and ``InvoiceOrder``.

    A route that is in neither table is called after the first word of its path.
    """
    known = SERVICES.get((route.method, route.path))
    if known is not None:
        _, module, *_, name = known[0].split("\\")
        return module[:1].lower() + module[1:], name.removesuffix("Interface")
    path = route.path.removeprefix("/V1/")
    if path in _PATHS:
        return _PATHS[path]
    word = _NOT_WORD.sub("", path.split("/")[0])
    return word, ""


def service_of(route: Route) -> str:
    """Return the service as ``services=`` names it, such as ``salesInvoiceOrderV1``."""
    return "{}{}V1".format(*module_and_service(route))
