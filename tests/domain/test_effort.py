"""Minutes of the work: what counts as worked on, the median, and a day filled with it."""

from __future__ import annotations

from statistics import median as exact

from hypothesis import given
from hypothesis import strategies as st

from ubtui.domain.effort import LEAST_MEASURED, LONGEST_MINUTES, fill, hours, median, spans, usual_minutes
from ubtui.domain.ranking import BASE

MINUTES = st.integers(0, LONGEST_MINUTES)


@given(st.lists(MINUTES, max_size=30))
def test_the_median_is_the_exact_one_rounded_and_needs_enough(found: list[int]) -> None:
    told = median(found)
    if len(found) < LEAST_MEASURED:
        assert told is None
    else:
        assert told is not None and told >= 1 and abs(told - max(1, exact(found))) <= 0.5


def test_a_claim_is_measured_from_its_last_claim_to_its_close() -> None:
    events = [
        (1, "claimed", 0), (2, "claimed", 1), (1, "claimed", 10), (2, "waiting", 5), (1, "resolved", 25),
        (2, "resolved", 9), (3, "resolved", 9), (4, "claimed", 0), (4, "dismissed", 7), (5, "claimed", 0),
        (5, "released", 3), (5, "resolved", 9), (6, "claimed", 0), (6, "resolved", LONGEST_MINUTES + 1),
    ]  # fmt: skip
    assert spans(events) == [(1, 15), (4, 7)]


@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["claimed", "resolved", "waiting", "note"])), max_size=40))
def test_no_span_is_negative_and_each_close_counts_once(steps: list[tuple[int, str]]) -> None:
    found = spans([(item, kind, minute) for minute, (item, kind) in enumerate(steps)])
    assert all(0 <= minutes <= LONGEST_MINUTES for _, minutes in found)
    assert len(found) <= sum(kind == "resolved" for _, kind in steps)


@given(st.integers(0, 600), st.integers(0, 600), st.lists(st.integers(1, 60), max_size=60), st.integers(30, 600))
def test_a_day_takes_the_team_in_order_and_never_more_than_fits(
    done: int, mine: int, team: list[int], day: int
) -> None:
    plan = fill(done, mine, team, day)
    assert plan.team == sum(team[: plan.team_items])
    assert plan.planned <= max(day, done + mine)
    if plan.team_items < len(team):
        assert plan.planned + team[plan.team_items] > day


def test_every_code_has_its_minutes_and_hours_are_said() -> None:
    assert all(1 <= usual_minutes(code) <= 60 for code in (*BASE, "X05", "Z99"))
    assert fill(60, 300, [50, 15, 40], 450).said() == "7h05 of 7h30 planned"
    assert hours(5) == "0h05"
