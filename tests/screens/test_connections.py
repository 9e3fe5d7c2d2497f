"""A service asked for at the keys, from the meter in view, and closed where money and meter agree."""

from __future__ import annotations

from tests.screens.office import sitting
from tests.screens.test_field_work import one_point, opened, text
from tests.screens.test_run import rows
from tests.screens.test_states import press


async def test_a_service_is_asked_for_from_the_meter(district: str) -> None:
    _, point = one_point(district)
    before = rows(district, "SELECT COUNT(*) FROM service_request")
    async with sitting(district) as pilot:
        await opened(pilot, "meter", point)
        await press(pilot, "M 'serv' enter")
        assert "Kind" in text(pilot) and "Fee" in text(pilot)
        await press(pilot, "f5")
        [(made, state, fee)] = rows(
            district,
            "SELECT q.number, q.state, q.fee_cents FROM service_request q JOIN service_point p ON p.id = q.point_id"
            f" WHERE p.number = '{point}'",
        )
        assert (state, fee) == ("open", 0) and rows(district, "SELECT COUNT(*) FROM service_request") != before
        await press(pilot, "M 'mon' enter")
        await press(pilot, "f5")
        assert "no meter was set since" in text(pilot), made
