"""What is remembered of large totals, and for how long."""

from counterfoil.storage.totals import KEPT_S, Totals, Walk, name_of

SEARCH = name_of("orders", "status = ?", ["complete"])


def test_a_total_is_known_until_it_is_old() -> None:
    totals = Totals()
    totals.remember(SEARCH, 12_345, now_s=100.0)

    assert totals.recall(SEARCH, 100.0 + KEPT_S - 0.01) == 12_345
    assert totals.recall(SEARCH, 100.0 + KEPT_S) is None


def test_searches_do_not_share_totals() -> None:
    totals = Totals()
    totals.remember(SEARCH, 12_345, now_s=0.0)

    assert totals.recall(name_of("orders", "status = ?", ["closed"]), 0.0) is None
    assert totals.recall(name_of("invoice", "status = ?", ["complete"]), 0.0) is None


def test_a_walk_is_as_old_as_its_count_however_far_it_has_come() -> None:
    totals = Totals()
    totals.begin(SEARCH, 10_000, 90_000, counted_s=5.0)

    assert totals.walked(SEARCH, 5.0 + KEPT_S - 0.01) == Walk(10_000, 90_000, 5.0)
    assert totals.walked(SEARCH, 5.0 + KEPT_S) is None


def test_memory_is_bounded_and_the_oldest_goes_first() -> None:
    totals = Totals()
    names = [name_of("orders", "entity_id > ?", [number]) for number in range(1000)]
    for name in names:
        totals.remember(name, 20_000, now_s=0.0)

    known = [totals.recall(name, 0.0) is not None for name in names]
    assert not any(known[:700])
    assert known[-1]
