"""The body: which content types are understood, and JSON into plain values (contract adobe §2.2).

Numbers that are not whole become `Decimal`. Whatever could not be stored or answered is refused here.
"""

import re
from functools import lru_cache
from typing import Any

from counterfoil.dialects import json_body
from counterfoil.dialects.adobe.errors import DECODING, AdobeError

MAX_BYTES = json_body.MAX_BYTES
MAX_DEPTH = json_body.MAX_DEPTH

_CONTENT_TYPE = re.compile(r"([a-z\d/\-+.]+?)(?:; *charset=(.+?))?", re.IGNORECASE)
_JSON = "application/json"


@lru_cache(maxsize=64)
def check_content_type(header: bytes | None) -> None:
    """Raise `AdobeError` 400 unless the header announces JSON in UTF-8."""
    if not header:
        raise AdobeError(400, "Content-Type header is empty.")
    match = _CONTENT_TYPE.fullmatch(header.decode("latin-1").strip())
    if match is None:
        raise AdobeError(400, "Content-Type header is invalid.")
    media_type, charset = match.groups()
    if charset is not None and charset.strip('"').lower() != "utf-8":
        raise AdobeError(400, "UTF-8 is the only supported charset.")
    if media_type.lower() != _JSON:
        raise AdobeError(400, f"Server cannot understand Content-Type HTTP header media type {media_type}")


def parse(body: bytes) -> dict[str, Any]:
    """Return the top-level keys of a JSON body. A body that is no object has none that matter.

    Raises `AdobeError` 400 for what is no JSON, too deep, or holds text that is no text.
    """
    value = _checked(body)
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        if any(isinstance(entry, dict) for entry in value):
            # The wrapper was forgotten. Taken for an empty request it would do more than was asked.
            raise AdobeError(400, "The request body must be an object, not a list of objects.")
        return {str(index): entry for index, entry in enumerate(value)}
    return {}


def entries(body: bytes) -> list[dict[str, Any]]:
    """Return the objects of a body that is a list of them, as bulk requests send. Raises `AdobeError` 400."""
    value = _checked(body) if body else []
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise AdobeError(400, "The request body must be a list of objects.")
    return value


def _checked(body: bytes) -> Any:
    try:
        return json_body.checked(body)
    except json_body.TooDeep:
        raise AdobeError(400, f"{DECODING} The JSON is nested deeper than {MAX_DEPTH} levels.") from None
    except json_body.NotText:
        message = f"{DECODING} A text contains a null character or half a character."
        raise AdobeError(400, message) from None
    except json_body.NotJson:
        raise AdobeError(400, DECODING) from None
