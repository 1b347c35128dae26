"""What the shop is: websites, stores, countries, currency (contract adobe §3.3; recording 003)."""

from typing import Any

from counterfoil.dialects.adobe import countries
from counterfoil.dialects.adobe.call import Call, Reply, Settings
from counterfoil.dialects.adobe.countries import Country
from counterfoil.dialects.adobe.errors import AdobeError
from counterfoil.dialects.adobe.route import ANONYMOUS, Route
from counterfoil.dialects.adobe.wire import STRING, ListOf, Param

_STORE = ("Magento_Backend::store",)
MODULES = (
    "Magento_Store",
    "Magento_Directory",
    "Magento_Backend",
    "Magento_User",
    "Magento_Authorization",
    "Magento_Integration",
    "Magento_Eav",
    "Magento_Customer",
    "Magento_Catalog",
    "Magento_CatalogInventory",
    "Magento_ConfigurableProduct",
    "Magento_Bundle",
    "Magento_Downloadable",
    "Magento_Tax",
    "Magento_SalesRule",
    "Magento_Quote",
    "Magento_Checkout",
    "Magento_Payment",
    "Magento_OfflinePayments",
    "Magento_Shipping",
    "Magento_OfflineShipping",
    "Magento_Sales",
    "Magento_Webapi",
    "Magento_WebapiAsync",
    "Magento_AsynchronousOperations",
)
"""The modules of the platform whose operations this dialect speaks, for clients that look before they ask."""

_CURRENCY_SIGNS = {"USD": "$", "CAD": "CA$", "EUR": "€", "GBP": "£", "JPY": "¥"}

_ADMIN_WEBSITE = {"id": 0, "code": "admin", "name": "Admin", "default_group_id": 0}
_WEBSITE = {"id": 1, "code": "base", "name": "Main Website", "default_group_id": 1}
_GROUPS = [
    {
        "id": 0,
        "website_id": 0,
        "root_category_id": 0,
        "default_store_id": 0,
        "name": "Default",
        "code": "default",
    },
    {
        "id": 1,
        "website_id": 1,
        "root_category_id": 2,
        "default_store_id": 1,
        "name": "Main Website Store",
        "code": "main_website_store",
    },
]


async def list_modules(_: Call) -> Reply:
    """Answer the modules' names."""
    return Reply(list(MODULES))


async def list_websites(_: Call) -> Reply:
    """Answer the websites: that of the administration and the shop's."""
    return Reply([_ADMIN_WEBSITE, _WEBSITE])


async def list_store_groups(_: Call) -> Reply:
    """Answer the groups of store views."""
    return Reply(_GROUPS)


async def list_store_views(call: Call) -> Reply:
    """Answer the store views."""
    views = [
        {
            "id": store_id,
            "code": code,
            "name": "Default Store View" if code == "default" else code,
            "website_id": 1,
            "store_group_id": 1,
            "is_active": 1,
        }
        for code, store_id in call.shop.settings.stores.items()
    ]
    admin = {"id": 0, "code": "admin", "name": "Admin", "website_id": 0, "store_group_id": 0, "is_active": 1}
    return Reply([admin, *views])


async def list_store_configs(call: Call) -> Reply:
    """Answer the settings of the store views, or of those that ``storeCodes`` names."""
    settings = call.shop.settings
    codes = call.args["store_codes"]
    return Reply(
        [
            _config(settings, code, store_id)
            for code, store_id in settings.stores.items()
            if codes is None or code in codes
        ]
    )


async def list_countries(_: Call) -> Reply:
    """Answer all countries."""
    return Reply([_country(country) for country in countries.ALL.values()])


async def get_country(call: Call) -> Reply:
    """Answer one country."""
    country = countries.ALL.get(call.args["country_id"].upper())
    if country is None:
        raise AdobeError(404, "The country isn't available.")
    return Reply(_country(country))


async def get_currency(call: Call) -> Reply:
    """Answer the one currency that there is."""
    currency = call.shop.settings.currency
    sign = _CURRENCY_SIGNS.get(currency, currency)
    return Reply(
        {
            "base_currency_code": currency,
            "base_currency_symbol": sign,
            "default_display_currency_code": currency,
            "default_display_currency_symbol": sign,
            "available_currency_codes": [currency],
            "exchange_rates": [{"currency_to": currency, "rate": 1}],
        }
    )


def _config(settings: Settings, code: str, store_id: int) -> dict[str, Any]:
    url = settings.base_url.rstrip("/") + "/"
    return {
        "id": store_id,
        "code": code,
        "website_id": 1,
        "locale": settings.locale,
        "base_currency_code": settings.currency,
        "default_display_currency_code": settings.currency,
        "timezone": settings.timezone,
        "weight_unit": settings.weight_unit,
        "base_url": url,
        "base_link_url": url,
        "base_static_url": f"{url}static/",
        "base_media_url": f"{url}media/",
        "secure_base_url": url,
        "secure_base_link_url": url,
        "secure_base_static_url": f"{url}static/",
        "secure_base_media_url": f"{url}media/",
    }


def _country(country: Country) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": country.code,
        "two_letter_abbreviation": country.code,
        "three_letter_abbreviation": country.three_letters,
        "full_name_locale": country.name,
        "full_name_english": country.name,
    }
    if country.regions:
        entry["available_regions"] = [
            {"id": str(region.id), "code": region.code, "name": region.name} for region in country.regions
        ]
    return entry


ROUTES: tuple[Route, ...] = (
    Route("GET", "/V1/store/websites", list_websites, _STORE),
    Route("GET", "/V1/store/storeGroups", list_store_groups, _STORE),
    Route("GET", "/V1/store/storeViews", list_store_views, _STORE),
    Route(
        "GET",
        "/V1/store/storeConfigs",
        list_store_configs,
        _STORE,
        (Param("store_codes", ListOf(STRING), required=False),),
    ),
    Route("GET", "/V1/directory/countries", list_countries, ANONYMOUS),
    Route("GET", "/V1/directory/countries/:countryId", get_country, ANONYMOUS),
    Route("GET", "/V1/directory/currency", get_currency, ANONYMOUS),
    Route("GET", "/V1/modules", list_modules, _STORE),
)
