"""A session: plain SQL on both databases, one writer at a time, one state for all questions of a look."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tests.db.places import connected
from ubtui.db.errors import RecordError, RuleBroken
from ubtui.db.migrate import migrate
from ubtui.db.models.ledger import Fund
from ubtui.db.models.record import Cycle, Party
from ubtui.db.session import Session


@pytest.fixture
def session(backend: str) -> Iterator[Session]:
    with connected(backend) as made:
        migrate(made, "2026-11-23T16:00:00.000000Z")
        yield made


def test_rows_one_value_and_run(session: Session) -> None:
    with session.writing():
        assert session.run("INSERT INTO counter(name, value) VALUES (?, ?), (?, ?)", ["a", 1, "b", 2]) == 2
        assert session.run("UPDATE counter SET value = value + 1") == 2
    assert session.rows("SELECT name, value FROM counter ORDER BY name") == [("a", 2), ("b", 3)]
    assert session.one("SELECT name FROM counter WHERE value = ?", [3]) == ("b",)
    assert session.one("SELECT 1 FROM counter WHERE value = 9") is None
    assert session.value("SELECT COUNT(*) FROM counter") == 2
    assert session.rows(Fund.select(Fund.id)) == []


def test_days_and_instants_come_back_as_text_on_both(session: Session) -> None:
    with session.writing():
        session.insert(Cycle, code="B1", title="t", months=2, first_month=1, read_day=1, bill_day=1, due_days=1)
        session.run("INSERT INTO calendar_day(calendar, day, title) VALUES ('OFFICE', ?, 'x')", ["2026-12-25"])
    assert session.value("SELECT day FROM calendar_day") == "2026-12-25"
    assert session.value("SELECT MAX(at) FROM migration") == "2026-11-23T16:00:00.000000Z"


def test_update_by_version_lets_the_second_writer_know(session: Session) -> None:
    with session.writing():
        party = session.insert(Party, name="A", search_name="a")
        assert session.update(Party, party, version=1, name="B")
        assert not session.update(Party, party, version=1, name="C")
    assert session.one("SELECT name, version FROM party") == ("B", 2)


def test_load_and_stream(session: Session) -> None:
    with session.writing():
        assert session.load("counter", ["name", "value"], ((f"{n:05d}", n) for n in range(4321))) == 4321
    seen = [row[1] for row in session.stream("SELECT name, value FROM counter WHERE value >= ? ORDER BY name", [21])]
    assert seen == list(range(21, 4321))


def test_a_stream_that_breaks_is_named(session: Session) -> None:
    with pytest.raises(RecordError):
        list(session.stream("SELECT nothing FROM nowhere"))


def test_what_fails_leaves_nothing(session: Session) -> None:
    with pytest.raises(RuleBroken), session.writing():
        session.run("INSERT INTO counter(name, value) VALUES ('a', 1)")
        session.run("INSERT INTO counter(name, value) VALUES ('a', 1)")
    assert session.value("SELECT COUNT(*) FROM counter") == 0


def test_a_look_sees_one_state(backend: str) -> None:
    with connected(backend) as one, connected(backend) as two:
        migrate(one, "2026-11-23T16:00:00.000000Z")
        with one.transaction():
            assert one.value("SELECT COUNT(*) FROM counter") == 0
            with two.writing():
                two.run("INSERT INTO counter(name, value) VALUES ('a', 1)")
            assert one.value("SELECT COUNT(*) FROM counter") == 0
        assert one.value("SELECT COUNT(*) FROM counter") == 1


def test_one_writer_at_a_time(backend: str) -> None:
    with connected(backend) as session:
        migrate(session, "2026-11-23T16:00:00.000000Z")
        session.run("INSERT INTO counter(name, value) VALUES ('n', 0)")

    def add() -> None:
        with connected(backend) as mine:
            for _ in range(20):
                with mine.writing():
                    value = mine.value("SELECT value FROM counter WHERE name = 'n'")
                    mine.run("UPDATE counter SET value = ? WHERE name = 'n'", [value + 1])

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with connected(backend) as session:
        assert session.value("SELECT value FROM counter WHERE name = 'n'") == 80


def test_a_dry_run_is_told_what_the_commit_would_say(session: Session) -> None:
    with session.writing():
        session.run("INSERT INTO staff(name, full_name, role) VALUES ('ana', 'Ana', 'technician')")
        session.run("INSERT INTO period(ym) VALUES (202611)")
    with pytest.raises(RuleBroken) as caught, session.writing():
        if session.kind == "postgres":
            session.execute("SELECT set_config('ubtui.actor', 'ana', true)")
        session.run(
            "INSERT INTO journal(idem_key, kind, effective_on, period_ym, posted_at, maker, posted_by, reason)"
            " VALUES ('key-0001', 'BILL', '2026-11-23', 202611, '2026-11-23T16:00:00.000000Z', 'ana', 'ana', '')"
        )
        session.check_deferred()
    assert caught.value.cause == "foreign"


def test_no_question_to_a_server_is_compiled_first(session: Session) -> None:
    if session.kind == "postgres":  # by this line's own word, whatever the server is set to
        assert session.rows("SELECT setting, source FROM pg_settings WHERE name = 'jit'") == [("off", "session")]
    else:
        pytest.skip("SQLite compiles nothing")
