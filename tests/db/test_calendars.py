"""A calendar's year, once locked, is what deadlines were counted by: nobody edits it afterwards."""

from __future__ import annotations

import pytest

from tests.services import office
from ubtui.db.errors import RuleBroken


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO calendar_day(calendar, day, title) VALUES ('OFFICE', '2026-07-06', 'a day off')",
        "UPDATE calendar_day SET title = 'moved' WHERE calendar = 'OFFICE' AND day = '2026-12-25'",
        "UPDATE calendar_day SET day = '2026-12-28' WHERE calendar = 'OFFICE' AND day = '2027-01-01'",
        "DELETE FROM calendar_day WHERE calendar = 'OFFICE' AND day = '2026-12-25'",
        "UPDATE calendar_year SET locked = 0 WHERE calendar = 'OFFICE' AND year = 2026",
        "DELETE FROM calendar_year WHERE calendar = 'OFFICE' AND year = 2026",
    ],
)
def test_a_locked_year_is_not_edited(backend: str, statement: str) -> None:
    office.found(backend, 0)
    with office.desk(backend) as desk:
        db = desk.session
        days = "SELECT calendar, day, title FROM calendar_day ORDER BY calendar, day"
        with db.writing():
            db.run("UPDATE calendar_year SET locked = 1 WHERE calendar = 'OFFICE' AND year = 2026")
        before = db.rows(days)
        with pytest.raises(RuleBroken), db.writing():
            assert db.run(statement), "the statement must meet a row"
        assert db.rows(days) == before
        with db.writing():  # other years and other calendars stay open
            db.run("INSERT INTO calendar_day(calendar, day, title) VALUES ('OFFICE', '2027-07-06', 'a day off')")
            db.run("INSERT INTO calendar_day(calendar, day, title) VALUES ('BANK', '2026-07-06', 'a day off')")
