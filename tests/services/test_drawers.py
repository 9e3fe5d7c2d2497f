"""Drawers and deposits: counted blind, over and short posted by another's word above a limit, each banked once."""
# Length: one drawer's day from its opening to its deposit.

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.faults.seats import Hand, race
from tests.services import office
from tests.services.office import DAY
from ubtui.act import Done
from ubtui.db.errors import RuleBroken
from ubtui.desk import Desk
from ubtui.domain.drawer import Money, taken
from ubtui.domain.errors import BadValue
from ubtui.domain.numbers import account_number, format_account
from ubtui.services import adjustments, counter, deposits, drawers, figures, payments
from ubtui.services.counter import Take
from ubtui.services.drawers import Close
from ubtui.services.verify import Report

ONE, TWO = (format_account(account_number(n)) for n in (1, 2))
MINE = f"ana/{DAY}"
_keys = iter(range(10_000_000))


def key() -> str:
    return f"test-drawer-{next(_keys):08d}"


@pytest.fixture
def data(backend: str) -> str:
    office.found(backend)
    return backend


@pytest.fixture
def ana(data: str) -> Iterator[Desk]:
    with office.desk(data) as desk:
        yield desk


@pytest.fixture
def ben(data: str) -> Iterator[Desk]:
    with office.desk(data, "ben") as desk:
        yield desk


def take(desk: Desk, cents: int, kind: Any = "cash", account: str = ONE) -> counter.Taken:
    number = "" if kind == "cash" else f"n{next(_keys)}"
    form = Take(account=account, amount_cents=cents, kind=kind, reference=number)
    return office.done(desk.perform(counter.take, form, key()))


def close(desk: Desk, cash: int = 0, checks: int = 0, cards: int = 0, **more: Any) -> drawers.Closed:
    form = Close(cash_cents=cash, checks_cents=checks, cards_cents=cards, **more)
    return office.done(desk.perform(drawers.close, form, key()))


def no(desk: Desk, cash: int = 0, **more: Any) -> str:
    return office.refused(desk.perform(drawers.close, Close(cash_cents=cash, **more), key())).sentence()


def over_short(desk: Desk) -> int:
    sql = "SELECT COALESCE(CAST(SUM(-p.cents) AS bigint), 0) FROM posting p JOIN gl_account g ON g.id = p.gl_id"
    return int(desk.session.value(f"{sql} WHERE g.use = 'over_short'"))


def cash_ledger(desk: Desk) -> int:
    sql = "SELECT COALESCE(CAST(SUM(p.cents) AS bigint), 0) FROM posting p JOIN gl_account g ON g.id = p.gl_id"
    return int(desk.session.value(f"{sql} WHERE g.use = 'cash'"))


def sound(data: str) -> None:
    session = office.admin(data)
    assert list(Report(session, DAY).findings()) == []
    session.database.close()


def test_what_is_expected_is_told_after_the_count_alone(ana: Desk) -> None:
    take(ana, 20_00)
    take(ana, 30_00, "check")
    rehearsed = ana.perform(drawers.close, Close(cash_cents=1, reason="?"), key(), dry_run=True)
    assert isinstance(rehearsed, Done)
    assert (rehearsed.result.expected_cents, rehearsed.result.over_cents) == (None, None)
    got = close(ana, 20_00, 30_00)
    assert (got.state, got.expected_cents, got.over_cents, got.proposal) == ("closed", 50_00, 0, None)
    assert "is closed" in no(ana, 20_00)
    again = office.refused(ana.perform(counter.take, Take(account=ONE, amount_cents=1, kind="cash"), key()))
    assert "is counted" in again.reason


def test_a_small_difference_is_posted_by_the_policy(data: str, ana: Desk) -> None:
    take(ana, 20_00)
    got = close(ana, 15_00)
    assert (got.state, got.over_cents) == ("closed", -5_00)
    assert over_short(ana) == -5_00 and cash_ledger(ana) == 15_00
    journal = ana.session.value("SELECT journal_id FROM drawer")
    undo = ana.perform(adjustments.reverse, adjustments.Reverse(journal=journal, note="found it"), key())
    assert "over or short of drawer" in office.refused(undo).reason
    sound(data)


def test_above_the_limit_it_needs_its_reason_and_another_person(data: str, ana: Desk, ben: Desk) -> None:
    take(ana, 20_00)
    told = no(ana, 14_99)
    assert "differs by more than 5.00" in told and "5.01" not in told and "cash" not in told, "it is counted blind"
    assert "20.00" not in no(ana, 0), "nothing counted tells nothing either"
    got = close(ana, 14_99, reason="change given twice")
    assert (got.state, got.approvers) == ("counted", ("lead",)) and got.proposal
    assert over_short(ana) == 0
    assert "waits" in no(ana, 20_00, reason="found it")
    assert office.refused(ana.perform(deposits.make, deposits.Make(), key())).sentence().startswith("nothing is ready")
    mine = adjustments.Approve(proposal=got.proposal, amount_cents=5_01)
    assert isinstance(office.refused(ana.perform(adjustments.approve, mine, key())).sentence(), str)
    office.done(ben.perform(adjustments.approve, mine, key()))
    assert over_short(ana) == -5_01 and ana.ask(drawers.drawer, "ana", DAY).closed_on == DAY
    sound(data)


def test_the_lead_does_not_approve_his_own(data: str, ben: Desk) -> None:
    take(ben, 20_00)
    got = close(ben, 10_00, reason="short")
    assert got.approvers == ("finance", "lead")
    approve = adjustments.Approve(proposal=got.proposal or "", amount_cents=10_00)
    assert "your own proposal" in office.refused(ben.perform(adjustments.approve, approve, key())).reason
    with office.desk(data, "cho") as cho:
        office.done(cho.perform(adjustments.approve, approve, key()))
    assert over_short(ben) == -10_00
    sound(data)


def test_nobody_approves_what_his_own_drawer_is_short_though_a_colleague_counted_it(data: str, ben: Desk) -> None:
    session = office.admin(data)
    office.hire(session, "uma", "lead")
    session.database.close()
    take(ben, 20_00)
    with office.desk(data, "uma") as uma:
        got = close(uma, 10_00, staff="ben", reason="counted for ben")
    approve = adjustments.Approve(proposal=got.proposal or "", amount_cents=10_00)
    assert "your own drawer" in office.refused(ben.perform(adjustments.approve, approve, key())).reason
    reject = adjustments.Reject(proposal=got.proposal or "", reason="count again")
    assert "your own drawer" in office.refused(ben.perform(adjustments.reject, reject, key())).reason
    with office.desk(data, "cho") as cho:
        office.done(cho.perform(adjustments.approve, approve, key()))
    assert over_short(ben) == -10_00
    sound(data)


def test_what_was_refused_is_counted_again(data: str, ana: Desk, ben: Desk) -> None:
    take(ana, 20_00)
    got = close(ana, 10_00, reason="short")
    reject = adjustments.Reject(proposal=got.proposal or "", reason="look under the tray")
    office.done(ben.perform(adjustments.reject, reject, key()))
    again = close(ana, 20_00)
    assert (again.state, again.over_cents) == ("closed", 0)
    sound(data)


def test_a_count_is_not_taken_back_by_who_counted_once_he_was_told_what_is_expected(data: str, ana: Desk) -> None:
    take(ana, 20_00)
    got = close(ana, 30_00, reason="ten over")
    undo = adjustments.Withdraw(proposal=got.proposal or "", reason="counted again")
    assert "count stands" in office.refused(ana.perform(adjustments.withdraw, undo, key())).reason
    assert "waits" in no(ana, 20_00)
    sound(data)


def test_a_check_in_the_place_of_cash_is_counted_by_another(data: str, ana: Desk, ben: Desk) -> None:
    take(ana, 40_00)
    take(ana, 40_00, "check")
    assert "more than 5.00" in no(ana, 0, checks_cents=80_00)
    got = close(ana, 0, 80_00, reason="cashed a check of the crew")
    assert (got.state, got.over_cents, got.proposal) == ("counted", 0, None)
    assert got.differs == "cash 40.00 short, checks 40.00 over"
    told = items(data)
    assert told == [("P12", f"drawer/{MINE}", "One tender for another")], "named at once, and blind: no figures"
    assert office.refused(ana.perform(deposits.make, deposits.Make(), key())).sentence().startswith("nothing is ready")
    assert "a colleague counts it" in no(ana, 40_00, checks_cents=40_00), "not by whose drawer it is"
    session = office.admin(data)
    with pytest.raises(RuleBroken, match="counted again"), session.writing():
        session.run("UPDATE drawer SET cash = 4000, checks = 4000")
    session.database.close()
    assert "more than 5.00" in no(ben, 0, checks_cents=80_00, staff="ana"), "he too says why"
    got = close(ben, 0, 80_00, staff="ana", reason="the crew's check, seen")
    assert (got.state, got.over_cents) == ("closed", 0)
    assert ana.ask(drawers.drawer, "ana", DAY).difference == Money(-40_00, 40_00)
    assert items(data) == []
    sound(data)


def test_who_counts_it_again_may_find_it_right(data: str, ana: Desk) -> None:
    session = office.admin(data)
    office.hire(session, "tom", "technician")
    session.database.close()
    take(ana, 40_00)
    take(ana, 40_00, "check")
    close(ana, 80_00, reason="typed in one sum")
    with office.desk(data, "tom") as tom:
        assert "difference" not in no(tom, 1, staff="ana") and "40.00" not in no(tom, 1, staff="ana")
        got = close(tom, 40_00, 40_00, staff="ana")
    assert (got.state, got.differs, got.over_cents) == ("closed", "", 0)
    sound(data)


@pytest.mark.parametrize("short", [1, 1_00, 30_00])
def test_a_swap_beside_a_shortage_is_counted_by_another_and_named_to_who_approves(
    data: str, ana: Desk, ben: Desk, short: int
) -> None:
    take(ana, 40_00)
    take(ana, 40_00, "check")
    got = close(ana, 0, 80_00 - short, reason="lost some")
    assert (got.state, got.over_cents, got.proposal) == ("counted", -short, None), "a cent short is no way around it"
    assert items(data) == [("P12", f"drawer/{MINE}", "One tender for another")]
    assert "a colleague counts it" in no(ana, 0, checks_cents=80_00 - short, reason="again")
    again = close(ben, 0, 80_00 - short, staff="ana", reason="a check of the crew, seen")
    assert again.proposal and again.state == "counted", "what is missing waits for a third"
    note = ben.session.value("SELECT note FROM proposal WHERE number = ?", [again.proposal])
    assert note == f"a check of the crew, seen ({again.differs})"
    with office.desk(data, "cho") as cho:
        approve = adjustments.Approve(proposal=again.proposal, amount_cents=short)
        office.done(cho.perform(adjustments.approve, approve, key()))
    assert over_short(ana) == -short and items(data) == []
    sound(data)


def items(data: str) -> list[tuple[str, str, str]]:
    """The items of takings as they are found now."""
    session = office.admin(data)
    found = session.rows(
        "SELECT code, subject_key, title FROM work_item WHERE code = 'P12' AND state IN ('open', 'claimed', 'waiting')"
    )
    session.database.close()
    return [(row[0], row[1], row[2]) for row in found]


def test_whose_drawer_it_is(data: str, ana: Desk, ben: Desk) -> None:
    take(ben, 7_00)
    assert "this is ben's drawer" in no(ana, 7_00, staff="ben")
    assert "ana took nothing" in no(ana, 7_00)
    take(ana, 9_00)
    assert close(ben, 9_00, staff="ana").drawer == MINE, "the lead counts for one who is away"


def test_a_deposit_is_made_of_drawers_and_batches_each_once(data: str, ana: Desk, ben: Desk) -> None:
    take(ana, 20_00)
    take(ana, 30_00, "check")
    take(ana, 11_00, "card")
    take(ben, 5_00)
    close(ana, 20_00, 30_00, 11_00)
    for kind, cents in (("check", 70_00), ("lockbox", 99_00)):
        lines = [payments.Came(cents=cents, payer="A", reference="77")]
        stage = payments.Stage(source="Mail", kind=kind, received_on=DAY, lines=lines, control_cents=cents)  # type: ignore[arg-type]
        staged = office.done(ana.perform(payments.stage, stage, key()))
        approve = adjustments.Approve(proposal=staged.proposal, amount_cents=cents)
        office.done(ben.perform(adjustments.approve, approve, key()))
    older = ana.perform(deposits.make, deposits.Make(total_cents=50_00), key())
    assert office.refused(older).reason == "it is 120.00 by now, not 50.00"
    made = office.done(ana.perform(deposits.make, deposits.Make(total_cents=120_00), key()))
    assert (made.cash_cents, made.checks_cents, made.cards_cents, made.total_cents) == (20_00, 100_00, 11_00, 120_00)
    assert made.drawers == (MINE,) and len(made.batches) == 1 and made.left_open == (f"ben/{DAY}",)
    told = dict(ana.ask(figures.explain, ONE, "receipt:C00001-1").rows)
    assert told["drawer"] == f"{MINE}, deposit {made.deposit}"
    assert dict(ana.ask(figures.explain, ONE, "receipt:C00002-1").rows)["drawer"].endswith("not deposited yet")
    slip = ana.ask(deposits.slip, made.deposit)
    assert "To the bank" in slip and "120.00" in slip and "77  (1/1)" in slip and "Card slips" in slip
    assert "close ben/" in office.refused(ana.perform(deposits.make, deposits.Make(), key())).cure
    close(ben, 5_00)
    assert office.done(ben.perform(deposits.make, deposits.Make(), key())).deposit == "D-000002"
    sound(data)


def staged(ana: Desk, ben: Desk, kind: str, *cents: int) -> tuple[int, int]:
    """A released batch of payments that nobody is known for: its id, and the journal that brought it in."""
    lines = [payments.Came(cents=each, payer="A", reference=f"r{next(_keys)}") for each in cents]
    form = payments.Stage(source="Mail", kind=kind, received_on=DAY, lines=lines, control_cents=sum(cents))  # type: ignore[arg-type]
    made = office.done(ana.perform(payments.stage, form, key()))
    approve = adjustments.Approve(proposal=made.proposal, amount_cents=sum(cents))
    journal = office.done(ben.perform(adjustments.approve, approve, key())).journal_id
    assert journal is not None
    return int(made.payments[0].partition("/")[0]), journal


def posted(ana: Desk, ben: Desk, form: payments.Return | adjustments.Reverse) -> int:
    """Propose what gives money back, and have it approved: its journal."""
    act: Any = payments.give_back if isinstance(form, payments.Return) else adjustments.reverse
    made = office.done(ana.perform(act, form, key()))
    approve = adjustments.Approve(proposal=made.number, amount_cents=made.amount_cents)
    journal = office.done(ben.perform(adjustments.approve, approve, key())).journal_id
    assert journal is not None
    return int(journal)


def test_what_went_to_the_bank_is_taken_back_item_by_item(data: str, ana: Desk, ben: Desk) -> None:
    checks, journal = staged(ana, ben, "check", 70_00, 11_00)
    _, cash = staged(ana, ben, "cash", 20_00)
    waits = office.done(ana.perform(adjustments.reverse, adjustments.Reverse(journal=cash, note="not ours"), key()))
    made = office.done(ana.perform(deposits.make, deposits.Make(), key()))
    undo = office.refused(ana.perform(adjustments.reverse, adjustments.Reverse(journal=journal, note="no"), key()))
    assert undo.reason == f"batch {checks} went to the bank in deposit {made.deposit}"
    late = adjustments.Approve(proposal=waits.number, amount_cents=waits.amount_cents)
    assert "went to the bank" in office.refused(ben.perform(adjustments.approve, late, key())).reason, "nor one begun"
    before, one = cash_ledger(ana), f"{checks}/1"
    bounced = posted(ana, ben, payments.Return(payment=one, note="account closed, notice of the bank", unpaid=True))
    assert before - cash_ledger(ana) == 70_00, "the bank took it back: out of cash, to nobody"
    assert (
        "is returned"
        in office.refused(ana.perform(payments.give_back, payments.Return(payment=one, note="again"), key())).reason
    )
    no_cash = payments.Return(payment=f"{checks + 1}/1", note="unknown", unpaid=True)
    assert "is cash" in office.refused(ana.perform(payments.give_back, no_cash, key())).reason
    posted(ana, ben, adjustments.Reverse(journal=bounced, note="the bank's mistake"))
    assert cash_ledger(ana) == before
    assert ana.session.value("SELECT state FROM suspense_line WHERE batch_id = ? AND line = 1", [checks]) == "suspense"
    sound(data)


def test_what_is_not_at_the_bank_yet_never_came(data: str, ana: Desk, ben: Desk) -> None:
    checks, journal = staged(ana, ben, "check", 70_00)
    posted(ana, ben, adjustments.Reverse(journal=journal, note="keyed twice"))
    assert ana.session.value("SELECT state FROM suspense_line WHERE batch_id = ?", [checks]) == "void"
    assert "nothing is ready" in office.refused(ana.perform(deposits.make, deposits.Make(), key())).reason
    sound(data)


def test_a_reversal_finds_what_came_into_suspense_by_an_index(tmp_path: Path) -> None:
    """However many payments came without an account: looking at a reversal, and posting it, walks through none."""
    data = str(tmp_path / "district")
    office.found(data)
    with office.desk(data) as ana, office.desk(data, "ben") as ben:
        _, journal = staged(ana, ben, "check", 70_00)
        asked: set[str] = set()
        for desk in (ana, ben):
            desk.session.on_statement = asked.add
        posted(ana, ben, adjustments.Reverse(journal=journal, note="keyed twice"))
        for desk in (ana, ben):
            desk.session.on_statement = None
        about = [sql for sql in asked if "FROM suspense_line" in sql and "journal_id" in sql and "SELECT" in sql]
        steps = {
            sql: [row[3] for row in ana.session.rows(f"EXPLAIN QUERY PLAN {sql}", [1] * sql.count("?"))]
            for sql in about
        }
    for name in ("suspense_journal", "suspense_left"):
        assert any(name in step for each in steps.values() for step in each)
    assert not any("SCAN" in step for each in steps.values() for step in each), steps


def test_no_bank_returns_a_check_that_it_was_not_given(data: str, ana: Desk, ben: Desk) -> None:
    checks, _ = staged(ana, ben, "check", 70_00, 11_00)
    unpaid = payments.Return(payment=f"{checks}/1", note="stop payment", unpaid=True)
    told = office.refused(ana.perform(payments.give_back, unpaid, key()))
    assert told.reason == f"payment {checks}/1 is in no deposit yet" and "reverse its batch" in told.cure
    boxes, _ = staged(ana, ben, "lockbox", 5_00)
    posted(ana, ben, payments.Return(payment=f"{boxes}/1", note="account closed", unpaid=True))
    assert cash_ledger(ana) == 81_00, "what the bank itself takes in, it returns"
    made = office.done(ana.perform(deposits.make, deposits.Make(), key()))
    assert made.total_cents == cash_ledger(ana) == 81_00, "the slip is what cash says"
    posted(ana, ben, unpaid)
    sound(data)
    session = office.admin(data)
    with session.writing():
        on = " ON deposit_batch" if session.kind == "postgres" else ""
        session.run(f"DROP TRIGGER deposit_batch_nd{on}")
        session.run("DELETE FROM deposit_batch")
    found = {each.wrong for each in Report(session, DAY).findings() if each.table == "suspense_line"}
    session.database.close()
    assert found == {f"{checks}/1: 7000 cents left cash as returned by the bank, which had not been given them"}


def test_what_is_tampered_with_is_found(data: str, ana: Desk) -> None:
    take(ana, 20_00)
    close(ana, 20_00)
    office.done(ana.perform(deposits.make, deposits.Make(), key()))
    session = office.admin(data)
    with session.writing():
        for table in ("drawer", "deposit"):
            trigger = f"DROP TRIGGER {table}_nu" + (f" ON {table}" if session.kind == "postgres" else "")
            session.run(trigger)
        session.run("UPDATE drawer SET expected_cash = 1000, cash = 1000")
    found = {(each.table, each.wrong) for each in Report(session, DAY).findings()}
    session.database.close()
    assert ("drawer", f"of ana on {DAY}: 1000 cents were expected, its receipts are 2000") in found
    assert ("deposit", "D-000001: 2000 cents, its drawers and batches 1000") in found


KINDS = st.sampled_from(["cash", "check", "money_order", "card"])
TENDERS = st.lists(st.tuples(KINDS, st.integers(1, 500_00)), max_size=30)


@given(*[st.integers(-500_00, 500_00)] * 3)
def test_what_stands_for_another_tender_is_what_moved(cash: int, checks: int, cards: int) -> None:
    differs = Money(cash, checks, cards)
    parts = (cash, checks, cards)
    assert differs.swapped == (sum(map(abs, parts)) - abs(sum(parts))) // 2
    assert (differs.said() == "") == (parts == (0, 0, 0))


@given(TENDERS)
def test_a_drawer_sums_to_its_tenders(tenders: list[tuple[str, int]]) -> None:
    money = taken(tenders)
    assert money.total == sum(cents for _, cents in tenders)
    assert money.cards == sum(cents for kind, cents in tenders if kind == "card")
    assert money.less(money) == Money() and money.less(Money()).largest == max(money.cash, money.checks, money.cards,
                                                                               money.total)  # fmt: skip


def test_the_counter_takes_no_transfer() -> None:
    with pytest.raises(BadValue, match="not taken at the counter"):
        taken([("ach", 1)])


DAYS = st.lists(st.tuples(st.sampled_from(["ana", "ben"]), KINDS, st.integers(1, 90_00)), min_size=1,
                max_size=7)  # fmt: skip
OFF = st.integers(-4_00, 4_00)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(DAYS, OFF, OFF)
def test_drawers_sum_to_the_deposit_and_every_payment_is_in_one(
    data: str, day: list[Any], off_ana: int, off_ben: int
) -> None:
    """Whoever takes what, each example a day of its own: expected is the tenders, the deposit the counts of them."""
    session = office.admin(data)
    with session.writing():
        today = date.fromisoformat(session.value("SELECT value FROM meta WHERE key = 'today'")) + timedelta(days=1)
        session.run("UPDATE meta SET value = ? WHERE key = 'today'", [today.isoformat()])
    session.database.close()
    off = {"ana": off_ana, "ben": off_ben}
    with office.desk(data) as ana, office.desk(data, "ben") as ben:
        desks, total, counted = {"ana": ana, "ben": ben}, 0, 0
        before, posted = cash_ledger(ana), over_short(ana)
        for who, kind, cents in day:
            take(desks[who], cents, kind)
            total += cents
        for who in sorted({who for who, *_ in day}):
            had = taken([(kind, cents) for name, kind, cents in day if name == who])
            got = close(desks[who], max(0, had.cash + off[who]), had.checks, had.cards)
            assert (got.state, got.expected_cents) == ("closed", had.total)
            counted += got.counted_cents
        made = office.done(ana.perform(deposits.make, deposits.Make(), key()))
        assert made.total_cents + made.cards_cents == counted == cash_ledger(ana) - before
        assert over_short(ana) - posted == counted - total
        inside = (
            "SELECT COUNT(*) FROM counter_receipt c JOIN deposit_drawer x ON x.drawer_id = c.drawer_id"
            " JOIN deposit d ON d.id = x.deposit_id WHERE d.number = ?"
        )
        assert ana.session.value(inside, [made.deposit]) == len(day)
    sound(data)


def closing(desk: Desk, hand: Hand, cents: int) -> None:
    answer = desk.perform(drawers.close, Close(cash_cents=cents, staff="ana"), key() + desk.look().actor.name)
    hand.note([isinstance(answer, Done), "" if isinstance(answer, Done) else answer.sentence()])


def depositing(desk: Desk, hand: Hand) -> None:
    answer = desk.perform(deposits.make, deposits.Make(), key() + desk.look().actor.name)
    hand.note(isinstance(answer, Done))


def test_two_people_close_one_drawer_at_once(data: str, tmp_path: Path) -> None:
    with office.desk(data) as ana:
        take(ana, 20_00)
    said = race(data, tmp_path, [("ana", closing, (20_00,)), ("ben", closing, (19_00,))])
    won = [each[0][0] for each in said]
    assert sorted(won) == [False, True], said
    assert "is closed" in said[won.index(False)][0][1]
    sound(data)
    with office.desk(data) as ana:
        assert over_short(ana) == (0 if won[0] else -1_00)


def test_two_people_make_the_deposit_at_once(data: str, tmp_path: Path) -> None:
    with office.desk(data) as ana:
        take(ana, 20_00)
        close(ana, 20_00)
    said = race(data, tmp_path, [("ana", depositing, ()), ("ben", depositing, ())])
    assert sorted(each[0] for each in said) == [False, True]
    sound(data)


def taking(desk: Desk, hand: Hand, times: int) -> None:
    for _ in range(times):
        answer = desk.perform(counter.take, Take(account=ONE, amount_cents=1_00, kind="cash"), key() + str(id(hand)))
        hand.note(isinstance(answer, Done))


def test_a_payment_goes_in_before_the_count_or_not_at_all(data: str, tmp_path: Path) -> None:
    """The same person at two seats: what was taken is in the count, what came later is refused."""
    with office.desk(data) as ana:
        take(ana, 1_00)
    race(data, tmp_path, [("ana", taking, (5,)), ("ben", closing, (1_00,))])
    with office.desk(data) as ana:
        found = ana.ask(drawers.drawer, "ana", DAY)
        inside = ana.session.value("SELECT COUNT(*) FROM counter_receipt WHERE drawer_id = ?", [found.id])
        assert inside == found.receipts == ana.session.value("SELECT COUNT(*) FROM receipt")
        if found.expected is not None:
            assert found.expected.total == inside * 1_00
    sound(data)


def test_yesterdays_drawer_is_not_todays(ana: Desk) -> None:
    assert "took nothing on 2026-11-20" in no(ana, 0, day=date(2026, 11, 20))
