"""What the shop is, as orders tell it: currency, locale, where the marketplace is."""

from typing import Any, Final

from counterfoil.dialects.vtex.call import Settings

_COUNTRIES: Final = {
    "BR": "BRA",
    "US": "USA",
    "GB": "GBR",
    "DE": "DEU",
    "MX": "MEX",
    "AR": "ARG",
    "PT": "PRT",
}
_LOCALES: Final = {
    "pt-BR": 1046,
    "en-US": 1033,
    "en-GB": 2057,
    "de-DE": 1031,
    "es-ES": 3082,
    "es-MX": 2058,
    "es-AR": 11274,
    "fr-FR": 1036,
    "it-IT": 1040,
    "pt-PT": 2070,
}
"""Windows' numbers of locales, which the platform tells."""

_SYMBOLS: Final = {"BRL": "R$", "USD": "$", "EUR": "€", "GBP": "£", "MXN": "$", "ARS": "$"}
_POINT: Final = frozenset({"en-US", "en-GB", "es-MX"})
"""Locales that write a point before the cents."""


def preferences(settings: Settings, currency: str) -> dict[str, Any]:
    """Return ``storePreferencesData``. The shop's time zone is UTC."""
    language, _, region = settings.locale.partition("-")
    point = settings.locale in _POINT
    return {
        "countryCode": _COUNTRIES.get(region, region or language.upper()),
        "currencyCode": currency,
        "currencyFormatInfo": {
            "CurrencyDecimalDigits": 2,
            "CurrencyDecimalSeparator": "." if point else ",",
            "CurrencyGroupSeparator": "," if point else ".",
            "CurrencyGroupSize": 3,
            "StartsWithCurrencySymbol": True,
        },
        "currencyLocale": _LOCALES.get(settings.locale, 127),
        "currencySymbol": _SYMBOLS.get(currency, currency),
        "timeZone": "UTC",
    }


def marketplace(settings: Settings) -> dict[str, Any]:
    """Return ``marketplace``: where this shop answers."""
    return {"baseURL": f"{settings.base_url}api/oms", "isCertified": None, "name": settings.account}
