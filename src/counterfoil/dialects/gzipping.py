"""Answers in gzip, for those who take it."""

import asyncio
import gzip
import re
from functools import lru_cache

Headers = tuple[tuple[bytes, bytes], ...]

_ABOVE = 1024
_IN_THREAD_ABOVE = 256 * 1024
_PACKED: Headers = ((b"content-encoding", b"gzip"), (b"vary", b"accept-encoding"))


async def packed(content: bytes, accept_encoding: bytes | None) -> tuple[bytes, Headers]:
    """Return the content as it is sent, with the headers that say so. Large ones are packed in a thread."""
    if len(content) <= _ABOVE or not accepts_gzip(accept_encoding):
        return content, ()
    if len(content) > _IN_THREAD_ABOVE:
        return await asyncio.to_thread(gzip.compress, content, 1), _PACKED
    return gzip.compress(content, 1), _PACKED


@lru_cache(maxsize=64)
def accepts_gzip(accept_encoding: bytes | None) -> bool:
    """Tell whether the client takes gzip."""
    for coding in (accept_encoding or b"").decode("latin-1").lower().split(","):
        name, _, quality = coding.partition(";")
        if name.strip() in {"gzip", "*"}:
            return not re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", quality)
    return False
