"""Guards set aside while a new record is filled: they come back as they were, and what they would refuse is found."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from ubtui.db import connect
from ubtui.db.errors import RuleBroken
from ubtui.db.migrate import schema_digest
from ubtui.db.session import Session
from ubtui.db.unguarded import astray, unguarded
from ubtui.services.checks import BOOKS
from ubtui.services.demo.make import settings
from ubtui.services.office import install
from ubtui.services.verify import broken

DAY = date(2026, 11, 23)
TABLES = ("journal", "posting", "journal_seal")


def new(tmp_path: Path) -> Session:
    session = Session(connect.sqlite(tmp_path / "ubtui.db", admin=True))
    session.database.connect()
    install(session, settings(), DAY, "2026-11-23T16:00:00.000000Z")
    return session


def lopsided(session: Session) -> None:
    """A journal whose postings do not sum to zero."""
    with session.writing():
        session.run(
            "INSERT INTO journal(id, idem_key, kind, effective_on, period_ym, posted_at, maker, posted_by, reason)"
            " VALUES (1, 'lopsided-1', 'BILL', '2026-11-23', 202611, '2026-11-23T16:00:00Z', 'ana', 'ana', '')"
        )
        session.run("INSERT INTO posting(journal_id, gl_id, fund_id, cents) VALUES (1, 1, 1, 500), (1, 2, 1, -499)")
        session.run("INSERT INTO journal_seal(journal_id, n, total_dr) VALUES (1, 2, 500)")


def test_the_schema_comes_back_to_the_letter_also_after_a_fault(tmp_path: Path) -> None:
    session = new(tmp_path)
    with closing(session.database):
        before = schema_digest(session)
        with unguarded(session, TABLES):
            assert schema_digest(session) != before
        assert schema_digest(session) == before and session.value("PRAGMA foreign_keys") == 1
        with pytest.raises(KeyboardInterrupt), unguarded(session, TABLES):
            raise KeyboardInterrupt
        assert schema_digest(session) == before and session.value("PRAGMA foreign_keys") == 1
        with pytest.raises(RuleBroken):
            lopsided(session)


def test_what_the_guards_would_refuse_is_found_by_the_checks(tmp_path: Path) -> None:
    session = new(tmp_path)
    with closing(session.database):
        with unguarded(session, TABLES):
            lopsided(session)
        said = [found.wrong for check in BOOKS for found in broken(session, check)]
        assert "its postings sum to 1 cents, not to zero" in said


def test_a_key_that_points_nowhere_is_found_at_the_end(tmp_path: Path) -> None:
    session = new(tmp_path)
    with closing(session.database):
        assert astray(session) == ""
        with unguarded(session, TABLES):
            session.run("INSERT INTO posting(journal_id, gl_id, fund_id, cents) VALUES (77, 1, 1, 500)")
        assert astray(session).startswith("a row of posting points")
