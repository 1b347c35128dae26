"""Countries, and the regions of those countries whose taxes depend on them.

Region ids are those that a fresh Adobe Commerce gives its regions of the United States (1 to 65) and
Canada (66 to 78); clients send them in addresses and tax rates. Other countries have regions by name only.
"""

from msgspec import Struct


class Region(Struct, frozen=True):
    """A state or province."""

    id: int
    country_id: str
    code: str
    name: str


COUNTRIES = frozenset(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW
    BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI
    FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN
    IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME
    MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF
    PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV
    SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK
    YE YT ZA ZM ZW
    """.split()  # noqa: SIM905 -- a list of 250 quoted codes is no easier to read
)
"""Country codes of ISO 3166-1, and XK."""

_UNITED_STATES = """
AL Alabama|AK Alaska|AS American Samoa|AZ Arizona|AR Arkansas|AF Armed Forces Africa|AA Armed Forces Americas
AC Armed Forces Canada|AE Armed Forces Europe|AM Armed Forces Middle East|AP Armed Forces Pacific
CA California|CO Colorado|CT Connecticut|DE Delaware|DC District of Columbia
FM Federated States Of Micronesia|FL Florida|GA Georgia|GU Guam|HI Hawaii|ID Idaho|IL Illinois|IN Indiana
IA Iowa|KS Kansas|KY Kentucky|LA Louisiana|ME Maine|MH Marshall Islands|MD Maryland|MA Massachusetts
MI Michigan|MN Minnesota|MS Mississippi|MO Missouri|MT Montana|NE Nebraska|NV Nevada|NH New Hampshire
NJ New Jersey|NM New Mexico|NY New York|NC North Carolina|ND North Dakota|MP Northern Mariana Islands
OH Ohio|OK Oklahoma|OR Oregon|PW Palau|PA Pennsylvania|PR Puerto Rico|RI Rhode Island|SC South Carolina
SD South Dakota|TN Tennessee|TX Texas|UT Utah|VT Vermont|VI Virgin Islands|VA Virginia|WA Washington
WV West Virginia|WI Wisconsin|WY Wyoming
"""
_CANADA = """
AB Alberta|BC British Columbia|MB Manitoba|NL Newfoundland and Labrador|NB New Brunswick|NS Nova Scotia
NT Northwest Territories|NU Nunavut|ON Ontario|PE Prince Edward Island|QC Quebec|SK Saskatchewan
YT Yukon Territory
"""


def _regions(first_id: int, country_id: str, table: str) -> list[Region]:
    entries = [entry for line in table.strip().splitlines() for entry in line.split("|")]
    return [Region(first_id + index, country_id, *entry.split(" ", 1)) for index, entry in enumerate(entries)]


REGIONS = {region.id: region for region in (*_regions(1, "US", _UNITED_STATES), *_regions(66, "CA", _CANADA))}
_BY_TEXT = {
    (region.country_id, text.casefold()): region
    for region in REGIONS.values()
    for text in (region.name, region.code)
}


def find_region(
    country_id: str, *, region_id: int | None = None, code: str | None = None, name: str | None = None
) -> Region | None:
    """Return the region of a country by its id, else its code, else its name or what stands in its place.

    None if the country has no such region; the caller then keeps what was written.
    """
    known = REGIONS.get(region_id or 0)
    if known is not None and known.country_id == country_id:
        return known
    for text in (code, name):
        if text and (country_id, text.strip().casefold()) in _BY_TEXT:
            return _BY_TEXT[country_id, text.strip().casefold()]
    return None
