"""Links and samples of downloadable products as JSON, and what clients send of them.

Files cannot be sent here, and none are served: a link of type ``file`` keeps the name that it was given.
"""

from typing import Any

from counterfoil.checkout.downloadable import DownloadableLink, DownloadableSample, Place
from counterfoil.checkout.downloadable_links import LinkDraft
from counterfoil.dialects.adobe.call import AdobeError
from counterfoil.dialects.adobe.render import number
from counterfoil.dialects.adobe.wire import FLOAT, INT, MIXED, STRING, DataObject, scaled

LINK = DataObject(
    "Link",
    {
        "id": INT,
        "title": STRING,
        "sort_order": INT,
        "is_shareable": INT,
        "price": FLOAT,
        "number_of_downloads": INT,
        "link_type": STRING,
        "link_file": STRING,
        "link_file_content": MIXED,
        "link_url": STRING,
        "sample_type": STRING,
        "sample_file": STRING,
        "sample_file_content": MIXED,
        "sample_url": STRING,
        "extension_attributes": MIXED,
    },
)
SAMPLE = DataObject(
    "Sample",
    {
        "id": INT,
        "title": STRING,
        "sort_order": INT,
        "sample_type": STRING,
        "sample_file": STRING,
        "sample_file_content": MIXED,
        "sample_url": STRING,
        "extension_attributes": MIXED,
    },
)


def link_draft(sent: dict[str, Any], *, link_id: int | None = None) -> LinkDraft:
    """Return what a decoded link says. Raises `AdobeError` 400 for the contents of a file."""
    _refuse_contents(sent)
    return LinkDraft(
        id=link_id or sent.get("id") or None,
        title=sent.get("title"),
        sort_order=sent.get("sort_order"),
        is_shareable=sent.get("is_shareable"),
        price=None if sent.get("price") is None else scaled(sent["price"]),
        number_of_downloads=sent.get("number_of_downloads"),
        place=_place(sent, "link"),
        sample=_place(sent, "sample"),
    )


def sample_draft(sent: dict[str, Any], *, sample_id: int | None = None) -> LinkDraft:
    """Return what a decoded sample says. Raises `AdobeError` 400 for the contents of a file."""
    _refuse_contents(sent)
    return LinkDraft(
        id=sample_id or sent.get("id") or None,
        title=sent.get("title"),
        sort_order=sent.get("sort_order"),
        place=_place(sent, "sample"),
    )


def _refuse_contents(sent: dict[str, Any]) -> None:
    for key in ("link_file_content", "sample_file_content"):
        if sent.get(key):
            raise AdobeError(400, "Invalid product data: %1", [f"{key} is not supported"])


def _place(sent: dict[str, Any], what: str) -> Place | None:
    kind, url, file = (sent.get(f"{what}_{name}") for name in ("type", "url", "file"))
    return Place(kind or "url", url, file) if kind or url or file else None


def render_link(link: DownloadableLink) -> dict[str, Any]:
    """Return a link."""
    return {
        "id": link.id,
        "title": link.title,
        "sort_order": link.sort_order,
        "is_shareable": link.is_shareable,
        "price": number(link.price),
        "number_of_downloads": link.number_of_downloads,
        **_render_place(link.place, "link"),
        **_render_place(link.sample, "sample"),
    }


def render_sample(sample: DownloadableSample) -> dict[str, Any]:
    """Return a sample."""
    return {
        "id": sample.id,
        "title": sample.title,
        "sort_order": sample.sort_order,
        **_render_place(sample.place, "sample"),
    }


def _render_place(place: Place | None, what: str) -> dict[str, Any]:
    if place is None:
        return {}
    shown = {f"{what}_type": place.type, f"{what}_file": place.file, f"{what}_url": place.url}
    return {key: value for key, value in shown.items() if value is not None}
