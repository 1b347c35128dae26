from hypothesis import given
from hypothesis import strategies as st

from counterfoil.access.lockout import (
    ABANDONED_S,
    FORGET_S,
    LOCK_S,
    MAX_FAILURES,
    Lockout,
    Verdict,
    begin,
    end,
)

NOW = 1_700_000_000


def fail(lockout: Lockout, now: int = NOW) -> Lockout:
    lockout, verdict = begin(lockout, "one", now)
    assert verdict is Verdict.ADMITTED
    lockout, is_open = end(lockout, "one", now, right=False)
    assert not is_open
    return lockout


def failed(times: int) -> Lockout:
    lockout = Lockout()
    for _ in range(times):
        lockout = fail(lockout)
    return lockout


def test_the_sixth_failure_closes_the_account_for_half_an_hour():
    assert not failed(5).is_locked(NOW)
    closed = failed(6)

    assert closed.is_locked(NOW)
    assert closed.is_locked(NOW + LOCK_S - 1)
    assert not closed.is_locked(NOW + LOCK_S)
    assert begin(closed, "two", NOW + 1)[1] is Verdict.LOCKED


def test_after_the_lock_out_counting_begins_again():
    later = fail(failed(6), NOW + LOCK_S)

    assert later.failures == 1
    assert not later.is_locked(NOW + LOCK_S)


def test_attempts_on_a_closed_account_are_counted_and_do_not_prolong_it():
    closed, _ = begin(failed(6), "two", NOW + 100)

    assert closed.refused == 1
    assert closed.locked_until == NOW + LOCK_S


def test_the_right_password_forgets_earlier_failures():
    lockout, _ = begin(failed(5), "two", NOW)
    lockout, is_open = end(lockout, "two", NOW, right=True)

    assert is_open
    assert lockout == Lockout()


def test_failures_are_forgotten_after_a_while():
    assert fail(failed(5), NOW + FORGET_S + 1).failures == 1


def test_open_attempts_count_until_they_are_decided():
    lockout = failed(4)
    lockout, _ = begin(lockout, "a", NOW)
    lockout, _ = begin(lockout, "b", NOW)

    assert begin(lockout, "c", NOW)[1] is Verdict.WAIT

    lockout, _ = end(lockout, "a", NOW, right=True)
    assert begin(lockout, "c", NOW)[1] is Verdict.ADMITTED


def test_an_abandoned_attempt_is_a_failure_and_comes_too_late():
    lockout, _ = begin(failed(5), "lost", NOW)
    later = NOW + ABANDONED_S + 1

    assert begin(lockout, "two", later)[1] is Verdict.LOCKED
    assert end(lockout, "lost", later, right=True)[1] is False


@given(st.lists(st.tuples(st.sampled_from(["begin", "wrong"]), st.integers(0, 20)), max_size=80))
def test_no_schedule_of_wrong_guesses_gets_a_seventh_try(steps):
    lockout, tried, open_attempts = Lockout(), 0, []
    for number, (step, which) in enumerate(steps):
        if step == "begin":
            lockout, verdict = begin(lockout, str(number), NOW)
            if verdict is Verdict.ADMITTED:
                open_attempts.append(str(number))
                tried += 1
        elif open_attempts:
            attempt = open_attempts.pop(which % len(open_attempts))
            lockout, is_open = end(lockout, attempt, NOW, right=False)
            assert not is_open
    assert tried <= MAX_FAILURES
