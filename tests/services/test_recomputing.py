"""Billed use derived again from the raw reads: none differs, and one value or one bill that was changed is found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner

from tests.sample import made
from tests.services.office import admin
from ubtui.cli.reads import reads as command
from ubtui.db.session import Session
from ubtui.services.reads.recomputing import differences
from ubtui.services.verify import billed

ACCOUNTS = 60
ONE = (
    "SELECT b.number, b.period, l.id, l.trace FROM bill b JOIN bill_line l ON l.bill_id = b.id"
    " WHERE l.trace LIKE '%\"present\"%' ORDER BY b.id DESC, l.n LIMIT 1"
)


@pytest.fixture
def db(backend: str) -> Iterator[Session]:
    made(backend, ACCOUNTS)
    session = admin(backend)
    yield session
    session.database.close()


def changed(db: Session, trigger: str, sql: str, params: list[Any]) -> None:
    """A change that the record itself refuses, by somebody who takes its guard off and puts it back."""
    with db.writing():
        if db.kind == "sqlite":
            guard = db.value("SELECT sql FROM sqlite_schema WHERE name = ?", [trigger])
            db.run(f"DROP TRIGGER {trigger}")
            db.run(sql, params)
            db.run(guard)
        else:
            table = sql.split()[1]
            db.run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            db.run(sql, params)
            db.run(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def test_no_bill_of_the_sample_differs_and_a_changed_read_does(db: Session, backend: str) -> None:
    assert list(differences(db)) == []
    bills, points = db.rows("SELECT COUNT(*), COUNT(DISTINCT account_id) FROM bill")[0]
    assert bills > 500 and points >= 50, "there is something to derive again"
    number, period, _, trace = db.rows(ONE)[0]
    facts = json.loads(trace)
    sql = (
        "UPDATE read SET value = value + 7000 WHERE read_on = ? AND point_id ="
        " (SELECT id FROM service_point WHERE number = ?) AND value = ?"
    )
    changed(db, "read_nu", sql, [facts["to"], facts["point"], facts["present"]])
    [wrong] = differences(db)
    assert (wrong.bill, wrong.point, wrong.period, wrong.billed) == (number, facts["point"], period, facts["use"])
    assert wrong.reads is not None and wrong.reads > facts["use"]
    [finding] = billed(db)
    assert (finding.table, finding.row) == ("bill_line", f"bill {number}") and facts["point"] in finding.wrong

    got = CliRunner().invoke(command, ["recompute", "--data", backend, "--as", "ana", "--period", period])
    assert got.exit_code == 1 and f"{number}  {facts['point']}  {period}: billed {facts['use']:,}" in got.stdout
    before = CliRunner().invoke(command, ["recompute", "--data", backend, "--as", "ana", "--period", "B9/2020-01"])
    assert before.exit_code == 0 and "0 uses of bills derived again, 0 differ" in before.stderr


def test_a_changed_bill_is_found(db: Session) -> None:
    number, _, line, trace = db.rows(ONE)[0]
    facts = json.loads(trace)
    more = json.dumps({**facts, "use": facts["use"] + 1})
    changed(db, "bill_line_nu", "UPDATE bill_line SET trace = ? WHERE id = ?", [more, line])
    assert {(each.bill, each.billed) for each in differences(db)} == {(number, facts["use"] + 1)}
