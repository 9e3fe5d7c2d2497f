"""One text of the schema gives both databases the same tables and the same refusals."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.db.places import connected
from ubtui.db.dialect import Dialect, placeholders
from ubtui.db.errors import RuleBroken
from ubtui.db.session import Session

SCHEMA = """
CREATE TABLE thing(id {id}, name {text} NOT NULL CONSTRAINT thing_name UNIQUE, on_day {day}, cents {int}) {strict};
CREATE TABLE pair(a {int}, b {int}, PRIMARY KEY(a, b)) {clustered};
"""


@pytest.fixture
def session(backend: str) -> Iterator[Session]:
    with connected(backend) as made:
        with made.writing():
            d = made.dialect
            statements = d.ddl(SCHEMA) + d.append_only("thing", ["id", "name"], "things stay")
            statements += d.refuse("pair_ins", "BEFORE INSERT", "pair", [("100% of a's are small", "NEW.a > 9")])
            for statement in statements:
                made.execute(statement)
        yield made


def refused(session: Session, sql: str, *params: object) -> RuleBroken:
    with pytest.raises(RuleBroken) as caught, session.writing():
        session.run(sql, params)
    return caught.value


def test_tokens_become_columns_of_each_database() -> None:
    lite, big = (Dialect(kind).ddl(SCHEMA) for kind in ("sqlite", "postgres"))
    assert len(lite) == len(big) == 2
    assert "STRICT" in lite[0] and "WITHOUT ROWID" in lite[1] and "date(on_day" in lite[0]
    assert "bigint GENERATED" in big[0] and 'COLLATE "C"' in big[0] and "on_day date" in big[0]
    assert not any("{" in statement for statement in lite + big)


def test_rows_written_once_stay(session: Session) -> None:
    with session.writing():
        session.run("INSERT INTO thing(id, name) VALUES (1, 'a')")
    assert refused(session, "UPDATE thing SET name = 'b'").cause == "rule"
    assert str(refused(session, "DELETE FROM thing")) == "things stay"
    assert session.rows("SELECT id, name FROM thing") == [(1, "a")]


def test_replace_and_truncate_are_refused_too(session: Session) -> None:
    with session.writing():
        session.run("INSERT INTO thing(id, name) VALUES (1, 'a')")
    if session.kind == "sqlite":
        for sql in (
            "INSERT OR REPLACE INTO thing(id, name) VALUES (1, 'b')",
            "INSERT OR REPLACE INTO thing(id, name) VALUES (2, 'a')",
        ):
            assert str(refused(session, sql)) == "duplicate in thing"
    else:
        assert str(refused(session, "TRUNCATE thing")) == "things stay"
    assert session.rows("SELECT id, name FROM thing") == [(1, "a")]


def test_a_sentence_with_a_percent_and_a_quote_arrives_as_written(session: Session) -> None:
    assert str(refused(session, "INSERT INTO pair(a, b) VALUES (10, 1)")) == "100% of a's are small"
    with session.writing():
        assert session.run("INSERT INTO pair(a, b) VALUES (9, 1)") == 1


@pytest.mark.parametrize("day", ["2026-02-30", "2026-13-01", "soon", "2026-2-3x"])
def test_a_day_that_is_none_is_refused(session: Session, day: str) -> None:
    assert refused(session, "INSERT INTO thing(name, on_day) VALUES ('x', ?)", day).cause in ("check", "type")


def test_kinds_are_strict(session: Session) -> None:
    assert refused(session, "INSERT INTO thing(name, cents) VALUES ('x', ?)", "ten").cause == "type"


def test_placeholders_keep_percent_signs() -> None:
    assert placeholders("SELECT ? WHERE a LIKE '10%'") == "SELECT %s WHERE a LIKE '10%%'"
