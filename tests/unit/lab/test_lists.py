"""The pages that are measured: asked for as clients do."""

from urllib.parse import parse_qs, urlsplit

from counterfoil.lab.fill import Shop
from counterfoil.lab.findings import PageLine, PageTimes
from counterfoil.lab.lists import Query, queries, steps

SHOP = Shop(1_000, "2026-11-20 12:00:00")


def test_a_query_is_sent_as_search_criteria() -> None:
    query = Query(
        "any", "orders", (("status", "eq", "pending"), ("store_id", "gt", "0")), "-created_at", page=3
    )
    parts = urlsplit(query.url())
    sent = {name.removeprefix("searchCriteria"): value for name, [value] in parse_qs(parts.query).items()}

    assert parts.path == "/rest/V1/orders"
    assert sent == {
        "[filter_groups][0][filters][0][field]": "status",
        "[filter_groups][0][filters][0][condition_type]": "eq",
        "[filter_groups][0][filters][0][value]": "pending",
        "[filter_groups][1][filters][0][field]": "store_id",
        "[filter_groups][1][filters][0][condition_type]": "gt",
        "[filter_groups][1][filters][0][value]": "0",
        "[sortOrders][0][field]": "created_at",
        "[sortOrders][0][direction]": "DESC",
        "[pageSize]": "100",
        "[currentPage]": "3",
    }


def test_shops_of_all_sizes_are_asked_the_same() -> None:
    titles = [
        [query.title for query in queries(Shop(size, "2026-11-20 12:00:00"))] for size in (1_000, 7_000)
    ]

    assert titles[0] == titles[1]
    assert len(set(titles[0])) == len(titles[0])
    assert steps((1_000, 7_000)) == 1 + 2 + len(titles[0])


def test_a_page_is_compared_between_the_first_and_the_last_shop() -> None:
    times = [PageTimes(orders, 1, 9.0, typical) for orders, typical in ((10, 0.02), (20, 9.0), (30, 0.03))]

    assert PageLine("any", True, times).ratio() == 1.5
