"""``custom_attributes``: a list of ``{attribute_code, value}``, or an object of values by code."""

from typing import Any, Final

from counterfoil.checkout.product import AttributeValue
from counterfoil.dialects.adobe.errors import AdobeError
from counterfoil.dialects.adobe.wire import MAX_LIST, MIXED, STRING, DataObject, ListOf, WrongType, php_text

_EMPTY = "An empty custom attribute is specified. Enter the attribute and try again."
_NO_VALUE = 'The value is missing for the "%1" custom attribute. Set the value and try again.'


class _CustomAttributes:
    """Casts to a dict of values by attribute code. Of a code that comes twice the last value counts."""

    name = "Magento\\Framework\\Api\\AttributeInterface[]"
    shape = ListOf(
        DataObject("Attribute", {"attribute_code": STRING, "value": MIXED}, ("attribute_code", "value"))
    )

    def cast(self, value: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, dict):
            value = [
                entry if isinstance(entry, dict) else {"attribute_code": code, "value": entry}
                for code, entry in value.items()
            ]
        if not isinstance(value, list) or len(value) > MAX_LIST:
            raise WrongType(value, self.name)
        return dict(_pair(entry) for entry in value)


def _pair(entry: Any) -> tuple[str, AttributeValue]:
    if not isinstance(entry, dict):
        raise AdobeError(400, _EMPTY)
    code = entry.get("attribute_code", entry.get("attributeCode"))
    if not isinstance(code, str) or not code:
        raise AdobeError(400, _EMPTY)
    if "value" not in entry:
        raise AdobeError(400, _NO_VALUE, [code])
    return code, _value(entry["value"])


def _value(value: Any) -> AttributeValue:
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        return None if value is None else _text(value)
    return [_text(part) for part in value]


def _text(value: Any) -> str:
    if isinstance(value, dict | list):
        raise WrongType(value, "string")
    return php_text(value)


CUSTOM_ATTRIBUTES: Final = _CustomAttributes()
