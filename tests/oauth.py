"""Signs requests by hand (RFC 5849), so that what verifies them is not what signed them."""

import base64
import hashlib
import hmac
import secrets
import time
from typing import Any
from urllib.parse import parse_qsl, quote

Keys = dict[str, str]


def escape(text: str) -> str:
    return quote(text, safe="-._~")


def header(
    keys: Keys,
    method: str,
    url: str,
    *,
    without: tuple[str, ...] = (),
    tampered: dict[str, str] | None = None,
    **parameters: Any,
) -> str:
    """Return the Authorization header for a request.

    Args:
        keys: what `counterfoil keys create --oauth --json` printed.
        method: the HTTP method.
        url: the address with its query.
        without: parameters to leave out, before it is signed.
        tampered: parameters to change after it was signed.
        parameters: other values than the usual ones, for example ``nonce="1"``.
    """
    base, _, query = url.partition("?")
    given = {
        "oauth_consumer_key": keys["consumer_key"],
        "oauth_token": keys["access_token"],
        "oauth_signature_method": "HMAC-SHA256",
        "oauth_timestamp": str(int(time.time())),
        "oauth_nonce": secrets.token_hex(16),
        "oauth_version": "1.0",
        **{f"oauth_{name}": str(value) for name, value in parameters.items()},
    }
    given = {name: value for name, value in given.items() if name not in without}
    pairs = sorted(
        (escape(name), escape(value))
        for name, value in [*given.items(), *parse_qsl(query, keep_blank_values=True)]
    )
    text = "&".join([method, escape(base), escape("&".join(f"{name}={value}" for name, value in pairs))])
    key = f"{escape(keys['consumer_secret'])}&{escape(keys['access_token_secret'])}"
    signature = base64.b64encode(hmac.digest(key.encode(), text.encode(), hashlib.sha256)).decode()
    if "oauth_signature" not in without:
        given["oauth_signature"] = signature
    given |= tampered or {}
    return "OAuth " + ", ".join(f'{escape(name)}="{escape(value)}"' for name, value in given.items())
