"""The nouns of a downloadable product: links to what is sold, and samples of it.

Where the files are is kept and shown, and nothing is served from there: orders need to know which links were
bought and what they cost. Prices are scaled by 10 000.
"""

from msgspec import Struct

from counterfoil.checkout.bundle import PartId
from counterfoil.checkout.kind import Kind

MAX_LINKS = 500
SHAREABLE = (0, 1, 2)
"""A link may not be shared, may be, or as the shop has decided."""

LINK_TYPES = ("url", "file")


class Place(Struct, frozen=True):
    """Where a file is: ``type`` is one of `LINK_TYPES`."""

    type: str = "url"
    url: str | None = None
    file: str | None = None


class DownloadableLink(Struct, frozen=True):
    """Something that can be downloaded once it is paid. ``number_of_downloads`` 0 means no limit.

    ``price`` is added to the product's if its links are sold separately.
    """

    id: int
    title: str
    sort_order: int = 0
    is_shareable: int = 2
    price: int = 0
    number_of_downloads: int = 0
    place: Place = Place()
    sample: Place | None = None


class DownloadableSample(Struct, frozen=True):
    """Something that anybody may download."""

    id: int
    title: str
    sort_order: int = 0
    place: Place = Place()


LINK_IDS = Kind("downloadable_link", PartId)
SAMPLE_IDS = Kind("downloadable_sample", PartId)
