"""The delinquency clock at its limits."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ubtui.domain.delinquency import shutoff_not_before


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)))
def test_sixty_full_days_have_run_when_water_may_first_stop(due: date) -> None:
    first = shutoff_not_before(due)
    assert (first - timedelta(days=1) - due).days == 60


def test_across_a_leap_day() -> None:
    assert shutoff_not_before(date(2028, 1, 1)) == date(2028, 3, 2)
    assert shutoff_not_before(date(2027, 1, 1)) == date(2027, 3, 3)
