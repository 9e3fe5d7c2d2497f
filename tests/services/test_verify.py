"""Verify finds what a bare connection did to the record, names its table and row, and finds nothing else."""
# Length: one way of tampering a function; the list is the point.

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import apsw
import pytest

from tests import postgres
from tests.services import office
from ubtui.db.models import reads, record
from ubtui.desk import DATABASE, Desk, is_url
from ubtui.domain.errors import BadValue
from ubtui.services import adjustments, chain, ledger
from ubtui.services.chain import Anchor
from ubtui.services.checks import BOOKS, DECISIONS, PAPERS, TRAIL
from ubtui.services.finding import Finding
from ubtui.services.reads import summarise
from ubtui.services.verify import Report

D = date


@dataclass
class Scene:
    """A district with bills, receipts, an adjustment, an unposted one and reads; `sql` changes it behind its guards."""

    data: str
    anchor: Anchor | None = None
    numbers: dict[str, Any] = field(default_factory=dict)

    def findings(self, *anchors: Anchor) -> list[Finding]:
        session = office.admin(self.data)
        try:
            return list(Report(session, office.DAY, anchors).findings())
        finally:
            session.database.close()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        session = office.admin(self.data)
        try:
            return session.rows(sql)
        finally:
            session.database.close()

    def tamper(self, *statements: str) -> None:
        """Run statements with every trigger and key check out of the way, then put the guards back as they were."""
        if is_url(self.data):
            import psycopg

            with psycopg.connect(as_root(self.data), autocommit=True) as bare:
                bare.execute("SET session_replication_role = replica")  # triggers and keys sleep for this session
                for statement in statements:
                    bare.execute(statement)
            return
        bare = apsw.Connection(str(Path(self.data) / DATABASE))
        bare.execute("PRAGMA foreign_keys = OFF")
        guards = bare.execute("SELECT name, sql, tbl_name FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _, _ in guards:
            bare.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            bare.execute(statement)
        tables = {name for (name,) in bare.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        for _, sql, table in guards:
            if table in tables:
                bare.execute(sql)
        bare.close()


def as_root(url: str) -> str:
    """The same database, as the server's superuser."""
    return url.replace(f"//{postgres.ROLE}@", "//postgres@")


@pytest.fixture
def scene(backend: str) -> Scene:
    office.found(backend)
    made = Scene(backend)
    with office.desk(backend) as ana:
        one, two = office.account(ana.session, 1), office.account(ana.session, 2)
        office.bill(ana, one, 120_00, D(2026, 9, 1))
        office.bill(ana, two, 80_00, D(2026, 9, 1))
        office.pay(ana, one, 50_00, D(2026, 9, 20))
        office.pay(ana, two, 100_00, D(2026, 9, 20))
        for note in ("first", "second"):
            form = adjustments.Propose(
                account=record_number(1), reason="read-correction", amount_cents=30_00, note=note
            )
            made.numbers[note] = office.done(ana.perform(adjustments.propose, form)).number
        office.doing(ana, read_one)
    with office.desk(backend, "ben") as ben:
        form = adjustments.Approve(proposal=made.numbers["first"], amount_cents=30_00)
        made.numbers["journal"] = office.done(ben.perform(adjustments.approve, form)).journal_id
    session = office.admin(backend)
    made.anchor = chain.head(session, office.DAY)
    session.database.close()
    return made


def record_number(n: int) -> str:
    from ubtui.domain.numbers import account_number

    return account_number(n)


def read_one(work: Any) -> None:
    """A point with a meter of one register and three reads."""
    db = work.db
    route = db.insert(record.Route, code="R1", title="Route 1")
    premise = db.insert(record.Premise, address="1 Main St")
    point = db.insert(record.ServicePoint, number="SP-00001", premise_id=premise, route_id=route, sequence=10)
    db.insert(
        record.Service, account_id=office.account(db), point_id=point, kind="potable", rate_code="RES", unit="ccf",
        customer_class="residential", from_on=D(2020, 1, 1),
    )  # fmt: skip
    meter = db.insert(record.Meter, maker="BADGER", serial="1", size="5/8")
    register = db.insert(record.Register, meter_id=meter, dials=6, mult_num=1, mult_den=1, unit="ccf")
    db.insert(record.Install, meter_id=meter, point_id=point, on_date=D(2020, 1, 1))
    before = 100
    for month, value in ((5, 110), (7, 125), (9, 133)):
        db.insert(
            reads.Read, register_id=register, read_on=D(2026, month, 20), seq=1, point_id=point,
            period=f"B2/2026-{month:02d}", value=value, usage=value - before, days=61, kind="regular", source="A",
            status="released", rolled=0, entered_by="ana", entered_at=work.now,
        )  # fmt: skip
        before = value
    summarise(db, [register])


def hashed(prev: str, body: str) -> str:
    return hashlib.sha256(f"{prev}\n{body}".encode()).hexdigest()


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def test_a_true_record_has_no_findings(scene: Scene) -> None:
    assert scene.anchor is not None
    assert scene.findings(scene.anchor) == []


def one(scene: Scene, sql: str) -> Any:
    return scene.rows(sql)[0][0]


Tampering = Callable[[Scene], set[tuple[str, Any]]]
TAMPERINGS: dict[str, Tampering] = {}


def tampering(made: Tampering) -> Tampering:
    TAMPERINGS[made.__name__] = made
    return made


@tampering
def amount_changed(s: Scene) -> set[tuple[str, Any]]:
    s.tamper("UPDATE posting SET cents = cents + 100 WHERE id = 1")
    return {("journal", 1), ("journal_seal", 1), ("account", office_id(s, 1))}


def office_id(s: Scene, n: int) -> int:
    return int(one(s, f"SELECT id FROM account WHERE number = '{record_number(n)}'"))


@tampering
def amounts_moved_in_balance(s: Scene) -> set[tuple[str, Any]]:
    """From one account's receivable to another's: sums and seals still hold."""
    a, b = office_id(s, 1), office_id(s, 2)
    posting = one(s, f"SELECT MIN(id) FROM posting WHERE account_id = {a} AND item_id IS NOT NULL")
    s.tamper(f"UPDATE posting SET account_id = {b} WHERE id = {posting}")
    return {("journal", 1), ("account", a), ("account", b), ("posting", posting)}


@tampering
def posting_deleted(s: Scene) -> set[tuple[str, Any]]:
    s.tamper("DELETE FROM posting WHERE id = 2")
    return {("journal", 1), ("journal_seal", 1)}


@tampering
def posting_pair_added(s: Scene) -> set[tuple[str, Any]]:
    gl = one(s, "SELECT id FROM gl_account WHERE use = 'cash'")
    s.tamper(*(f"INSERT INTO posting(journal_id, gl_id, fund_id, cents) VALUES (1, {gl}, 1, {c})" for c in (500, -500)))
    return {("journal_seal", 1)}


@tampering
def journal_deleted(s: Scene) -> set[tuple[str, Any]]:
    s.tamper(*(f"DELETE FROM {t} WHERE journal_id = 3" for t in ("posting", "application", "journal_seal", "receipt")))
    s.tamper("DELETE FROM journal WHERE id = 3")
    receipt = 1
    return {("tender", f"receipt_id {receipt}" if is_url(s.data) else 1)}


@tampering
def journal_without_its_rows(s: Scene) -> set[tuple[str, Any]]:
    s.tamper("DELETE FROM posting WHERE journal_id = 2")
    return {("journal_seal", 2), ("journal", 2)}


@tampering
def seal_changed(s: Scene) -> set[tuple[str, Any]]:
    s.tamper("UPDATE journal_seal SET total_dr = total_dr + 1 WHERE journal_id = 2")
    return {("journal_seal", 2)}


@tampering
def seal_deleted(s: Scene) -> set[tuple[str, Any]]:
    s.tamper("DELETE FROM journal_seal WHERE journal_id = 2")
    return {("journal", 2)}


@tampering
def item_changed(s: Scene) -> set[tuple[str, Any]]:
    s.tamper("UPDATE receivable_item SET cents = cents - 1000 WHERE id = 1")
    return {("journal", 1), ("account", office_id(s, 1)), ("receivable_item", 1)}


@tampering
def application_added(s: Scene) -> set[tuple[str, Any]]:
    a = office_id(s, 1)
    s.tamper(f"INSERT INTO application(journal_id, item_id, account_id, cents) VALUES (3, 1, {a}, 4000)")
    return {("journal", 3), ("account", a)}


@tampering
def item_applied_beyond_its_amount(s: Scene) -> set[tuple[str, Any]]:
    s.tamper("UPDATE application SET cents = 999999 WHERE item_id = 2")
    return {("receivable_item", 2)}


@tampering
def open_item_changed(s: Scene) -> set[tuple[str, Any]]:
    s.tamper("UPDATE open_item SET cents = cents - 1 WHERE item_id = 1")
    return {("receivable_item", 1)}


@tampering
def open_item_forgotten(s: Scene) -> set[tuple[str, Any]]:
    s.tamper("DELETE FROM open_item WHERE item_id = 1")
    return {("receivable_item", 1)}


@tampering
def paid_item_opened(s: Scene) -> set[tuple[str, Any]]:
    a = office_id(s, 2)
    s.tamper(f"INSERT INTO open_item(item_id, account_id, due_on, cents) VALUES (2, {a}, '2026-09-01', 5)")
    return {("receivable_item", 2)}


@tampering
def money_left_suspense(s: Scene) -> set[tuple[str, Any]]:
    gl = one(s, "SELECT id FROM gl_account WHERE use = 'suspense'")
    s.tamper(*(f"INSERT INTO posting(journal_id, gl_id, fund_id, cents) VALUES (1, {gl}, 1, {c})" for c in (500, -300)))
    return {("suspense_line", "all")}


@tampering
def plan_without_instalments(s: Scene) -> set[tuple[str, Any]]:
    a = office_id(s, 1)
    s.tamper(
        "INSERT INTO arrangement(id, number, account_id, kind, cents, made_on, made_by, made_at) VALUES (7, 'PA-7',"
        f" {a}, 'amortization', 100, '2026-11-23', 'ana', '2026-11-23T16:00:00.000000Z')"
    )
    return {("arrangement", 7)}


@tampering
def approval_forged(s: Scene) -> set[tuple[str, Any]]:
    """The maker decides his own proposal."""
    number = s.numbers["second"]
    proposal = one(s, f"SELECT id FROM proposal WHERE number = '{number}'")
    s.tamper(
        "INSERT INTO approval(id, proposal_id, decided_by, decision, reason, decided_on, decided_at)"
        f" VALUES (77, {proposal}, 'ana', 'approved', '', '2026-11-23', '2026-11-23T16:00:00.000000Z')"
    )
    return {("approval", 77)}


@tampering
def decider_changed(s: Scene) -> set[tuple[str, Any]]:
    s.tamper("UPDATE approval SET decided_by = 'cho'")
    return {("journal", s.numbers["journal"])}


@tampering
def proposal_and_journal_changed_alike(s: Scene) -> set[tuple[str, Any]]:
    """Only the chain still knows which account it was charged to."""
    was, other = (one(s, f"SELECT id FROM gl_account WHERE code = '{code}'") for code in ("4920", "4910"))
    proposal = one(s, f"SELECT id FROM proposal WHERE number = '{s.numbers['first']}'")
    s.tamper(
        f"UPDATE posting SET gl_id = {other} WHERE gl_id = {was} AND journal_id = {s.numbers['journal']}",
        f"UPDATE proposal_leg SET gl_id = {other} WHERE gl_id = {was} AND proposal_id = {proposal}",
    )
    return {("journal", s.numbers["journal"])}


@tampering
def proposal_leg_changed(s: Scene) -> set[tuple[str, Any]]:
    proposal = one(s, f"SELECT id FROM proposal WHERE number = '{s.numbers['first']}'")
    s.tamper(f"UPDATE proposal_leg SET cents = cents * 2 WHERE proposal_id = {proposal}")
    return {("proposal", proposal)}


@tampering
def bill_total_changed(s: Scene) -> set[tuple[str, Any]]:
    s.tamper("UPDATE bill SET total_cents = total_cents - 500 WHERE id = 1")
    return {("bill", 1), ("journal", 1)}


@tampering
def bill_line_changed(s: Scene) -> set[tuple[str, Any]]:
    s.tamper(
        "UPDATE bill_line SET cents = cents - 500 WHERE id = 1", "UPDATE bill SET total_cents = 11500 WHERE id = 1"
    )
    return {("receivable_item", 1), ("journal", 1)}


@tampering
def receipt_changed(s: Scene) -> set[tuple[str, Any]]:
    s.tamper(
        "UPDATE receipt SET cents = cents - 500 WHERE id = 1", "UPDATE tender SET cents = cents - 500 WHERE id = 1"
    )
    return {("journal", 3)}


@tampering
def tender_deleted(s: Scene) -> set[tuple[str, Any]]:
    s.tamper("DELETE FROM tender WHERE receipt_id = 2")
    return {("receipt", 2)}


@tampering
def audit_body_edited(s: Scene) -> set[tuple[str, Any]]:
    s.tamper("UPDATE audit SET body = REPLACE(body, '\"ana\"', '\"cho\"'), actor = 'cho' WHERE seq = 2")
    return {("audit", 2), ("act_result", one(s, "SELECT key FROM act_result WHERE seq = 2"))}


@tampering
def audit_column_edited(s: Scene) -> set[tuple[str, Any]]:
    s.tamper("UPDATE audit SET outcome = 'viewed' WHERE seq = 3")
    return {("audit", 3)}


@tampering
def audit_row_deleted_in_the_middle(s: Scene) -> set[tuple[str, Any]]:
    s.tamper("DELETE FROM audit WHERE seq = 2")
    return {("audit", "2"), ("act_result", one(s, "SELECT key FROM act_result WHERE seq = 2"))}


@tampering
def audit_rows_swapped(s: Scene) -> set[tuple[str, Any]]:
    s.tamper(
        "UPDATE audit SET seq = 900 WHERE seq = 2",
        "UPDATE audit SET seq = 2 WHERE seq = 3",
        "UPDATE audit SET seq = 3 WHERE seq = 900",
    )
    return {("audit", 2), ("audit", 3)}


@tampering
def tail_cut(s: Scene) -> set[tuple[str, Any]]:
    """Events and what hangs on them are gone without a trace inside the record."""
    details = [json.loads(body)["details"] for (body,) in s.rows("SELECT body FROM audit WHERE seq >= 4")]
    s.tamper(
        "DELETE FROM act_result WHERE seq >= 4",
        "DELETE FROM audit WHERE seq >= 4",
        *(f"DELETE FROM audit_personal WHERE digest = '{d}'" for d in details),
    )
    assert not [f for f in s.findings() if f.table == "audit"], "only the anchor can tell"
    assert s.anchor is not None
    return {("audit", s.anchor.seq)}


@tampering
def whole_chain_rewritten(s: Scene) -> set[tuple[str, Any]]:
    """Every link made anew over a changed first event: the chain itself is sound."""
    prev, statements = chain.START, []
    for seq, body in s.rows("SELECT seq, body FROM audit ORDER BY seq"):
        if seq == 1:
            said = json.loads(body)
            said["facts"] = {"name": "Another district"}
            body = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        now = hashed(prev, body)
        statements.append(f"UPDATE audit SET body = {literal(body)}, prev = '{prev}', hash = '{now}' WHERE seq = {seq}")
        prev = now
    s.tamper(*statements)
    assert s.findings() == [], "only the anchor can tell"
    assert s.anchor is not None
    return {("audit", s.anchor.seq)}


@tampering
def personal_row_changed(s: Scene) -> set[tuple[str, Any]]:
    digest = json.loads(one(s, "SELECT body FROM audit WHERE seq = 2"))["details"]
    s.tamper(f"UPDATE audit_personal SET body = REPLACE(body, 'first', 'fist!') WHERE digest = '{digest}'")
    return {("audit_personal", digest)}


@tampering
def personal_row_deleted(s: Scene) -> set[tuple[str, Any]]:
    digest = json.loads(one(s, "SELECT body FROM audit WHERE seq = 2"))["details"]
    s.tamper(f"DELETE FROM audit_personal WHERE digest = '{digest}'")
    return {("audit_personal", digest)}


@tampering
def answer_deleted(s: Scene) -> set[tuple[str, Any]]:
    s.tamper("DELETE FROM act_result WHERE seq = 2")
    return {("audit", 2)}


@tampering
def read_value_changed(s: Scene) -> set[tuple[str, Any]]:
    s.tamper("UPDATE read SET value = value - 3 WHERE read_on = '2026-09-20'")
    register = one(s, "SELECT MIN(register_id) FROM read")
    return {("read_summary", f"register {register}, 2026-09-20 #1")}


@tampering
def older_read_value_changed(s: Scene) -> set[tuple[str, Any]]:
    s.tamper("UPDATE read SET value = value + 2 WHERE read_on = '2026-05-20'")
    return {("read", f"register {one(s, 'SELECT MIN(register_id) FROM read')}, 2026-07-20 #1")}


@tampering
def work_item_moved_to_another_account(s: Scene) -> set[tuple[str, Any]]:
    item = one(s, "SELECT MIN(id) FROM work_item WHERE account_id IS NOT NULL")
    s.tamper(f"UPDATE work_item SET account_id = {office_id(s, 5)} WHERE id = {item}")
    return {("work_item", item)}


@tampering
def batch_total_changed(s: Scene) -> set[tuple[str, Any]]:
    s.tamper(
        "INSERT INTO batch(id, kind, source, profile, sha256, rows_in, accepted, created_by, created_at, released_by,"
        " released_at) VALUES (9, 'reads', 'f.csv', 'generic', 'x', 10, 8, 'ana', '2026-11-23T16:00:00.000000Z', 'ana',"
        " '2026-11-23T16:00:00.000000Z')"
    )
    return {("batch", 9)}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_each_tampering_is_found_and_named(scene: Scene, name: str) -> None:
    assert scene.anchor is not None
    expected = TAMPERINGS[name](scene)
    found = scene.findings(scene.anchor)
    named = {(f.table, f.row) for f in found}
    assert expected <= named, f"missing {expected - named}; found:\n" + "\n".join(map(str, found))
    assert not [f for f in found if f.table in ("schema", "meta", "migration", "file")], found
    assert all(f.wrong and f.cure for f in found)


def test_a_dropped_or_changed_guard_is_named(scene: Scene) -> None:
    if is_url(scene.data):
        import psycopg

        with psycopg.connect(scene.data, autocommit=True) as bare:
            bare.execute("DROP TRIGGER posting_nd ON posting")
            bare.execute("ALTER TABLE audit DISABLE TRIGGER audit_nu")
            bare.execute(
                "CREATE OR REPLACE FUNCTION approval_ins() RETURNS trigger LANGUAGE plpgsql"
                " AS $$ BEGIN RETURN NEW; END $$"
            )
    else:
        bare = apsw.Connection(str(Path(scene.data) / DATABASE))
        bare.execute("DROP TRIGGER posting_nd")
        for name in ("audit_nu", "approval_ins"):
            sql = bare.execute("SELECT sql FROM sqlite_schema WHERE name = ?", [name]).fetchone()[0]
            bare.execute(f"DROP TRIGGER {name}")
            bare.execute(sql.replace("BEGIN ", "BEGIN SELECT 1; ", 1))
        bare.close()
    named = {(f.table, f.row) for f in scene.findings()}
    assert {("schema", n) for n in ("posting_nd", "audit_nu", "approval_ins")} | {("meta", "schema")} == named


def test_a_table_that_is_gone_does_not_stop_the_other_checks(scene: Scene) -> None:
    scene.tamper("DROP TABLE tender", "UPDATE journal_seal SET n = n + 1 WHERE journal_id = 1")
    named = {(f.table, f.row) for f in scene.findings()}
    assert {("schema", "tender"), ("receipt", "all"), ("journal_seal", 1)} <= named


def test_the_postings_counted_at_an_anchor_stay(scene: Scene) -> None:
    assert scene.anchor is not None
    more = Anchor(scene.anchor.seq, scene.anchor.hash, scene.anchor.postings + 2, scene.anchor.total, office.DAY)
    assert [f.table for f in scene.findings(more)] == ["posting"]


@pytest.mark.parametrize("line", ["x", "1 abc 0 0 2026-11-23", f"1 {'a' * 64} 0 0 2026-13-40", f"1 {'a' * 64} 0 0"])
def test_a_line_that_is_no_anchor_is_named(line: str) -> None:
    with pytest.raises(BadValue, match=r"kept\.txt, line 3"):
        chain.read_anchors(["# kept by finance", "", line], "kept.txt")


def test_anchors_read_back_as_written() -> None:
    anchor = Anchor(12, "a" * 64, 34, 5600, D(2026, 11, 23))
    assert chain.read_anchors([str(anchor)], "f") == [anchor]


@pytest.fixture
def at(scene: Scene) -> Iterator[Desk]:
    with office.desk(scene.data) as desk:
        yield desk


def test_reversals_and_credits_stay_clean(scene: Scene, at: Desk) -> None:
    two = office.account(at.session, 2)
    office.bill(at, two, 15_00, D(2026, 10, 1))
    office.doing(at, lambda work: ledger.apply_credit(work, two, "apply-credit-1", D(2026, 10, 2)))
    journal = at.session.value("SELECT MAX(id) FROM journal")
    form = adjustments.Reverse(journal=journal, note="wrong account")
    number = office.done(at.perform(adjustments.reverse, form)).number
    with office.desk(scene.data, "ben") as ben:
        amount = ben.session.value("SELECT amount_cents FROM proposal WHERE number = ?", [number])
        office.done(ben.perform(adjustments.approve, adjustments.Approve(proposal=number, amount_cents=amount)))
    assert scene.findings() == []
    posting = one(scene, f"SELECT MAX(id) FROM posting WHERE journal_id = {journal}")
    scene.tamper(f"UPDATE posting SET item_id = 1 WHERE id = {posting}")
    assert ("journal", at.session.value("SELECT id FROM journal WHERE reverses = ?", [journal])) in {
        (f.table, f.row) for f in scene.findings()
    }


def test_no_sum_of_the_books_is_kept_whole_in_memory(sample_folder: str) -> None:
    """A check that needs a table of its own, or an index made for it, grows with the record."""
    session = office.admin(sample_folder)
    with session.transaction():
        for check in (*BOOKS, *DECISIONS, *PAPERS, *TRAIL):
            steps = [row[3] for row in session.rows(f"EXPLAIN QUERY PLAN {check.sql}")]
            grows = [step for step in steps if "MATERIALIZE" in step or "AUTOMATIC" in step]
            assert not grows, f"{check.table} {check.say}: {grows}"
    session.database.close()
