"""Payments at the counter: what is due stands there, what was shown is what is posted, by the one allocation rule."""

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
from ubtui.desk import Desk
from ubtui.domain.numbers import account_number, format_account
from ubtui.services import adjustments, counter, ledger
from ubtui.services.counter import Take, Taken

ONE, TWO, BENS, LINKED = (format_account(account_number(n)) for n in (1, 2, 3, 4))


@pytest.fixture
def data(backend: str) -> str:
    office.found(backend)
    return backend


@pytest.fixture
def ana(data: str) -> Iterator[Desk]:
    with office.desk(data) as desk:
        yield desk


def owing(desk: Desk, n: int = 1) -> int:
    id = office.account(desk.session, n)
    office.bill(desk, id, 60_00, date(2026, 9, 1))
    office.bill(desk, id, 45_50, date(2026, 11, 1), charge="SVC", due=date(2026, 12, 1))
    return id


def take(desk: Desk, account: str = ONE, **more: Any) -> Taken:
    more = {"reference": "1044", **more} if more.get("kind", "check") != "cash" else more
    return office.done(desk.perform(counter.take, Take(account=account, **more), _key()))


_keys = iter(range(10_000_000))


def _key() -> str:
    return f"test-counter-{next(_keys):08d}"


def no(desk: Desk, account: str = ONE, **more: Any) -> str:
    more = {"reference": "1044", **more} if more.get("kind", "check") != "cash" else more
    return office.refused(desk.perform(counter.take, Take(account=account, **more), _key())).sentence()


def test_what_is_due_stands_there_already_and_pays_the_oldest_first(ana: Desk) -> None:
    id = owing(ana)
    shown = ana.ask(counter.taking, Take(account=ONE))
    assert (shown.due_cents, shown.cents, shown.after_cents, shown.name) == (105_50, 105_50, 0, "Owner 1")
    assert [(what, cents) for what, _, cents in shown.shares] == [("Water use", 60_00), ("Service charge", 45_50)]
    got = take(ana, amount_cents=70_00, plan=shown.hash)
    assert (got.receipt, got.balance_cents, got.drawer) == ("C00001-1", 35_50, f"ana/{DAY}")
    left = ana.ask(lambda look: [item.open_cents for item in ledger.open_items(look, id)])
    assert left == [35_50]
    again = take(ana, amount_cents=40_00, kind="cash")
    assert (again.receipt, again.balance_cents) == ("C00001-2", -4_50), "what is more is kept as credit"
    account, text = ana.ask(counter.receipt, "c00001-1")
    assert account == ONE and "Paid, check 1044" in text and "70.00" in text and "35.50" in text and "by ana" in text
    assert "credit for the next bills" in ana.ask(counter.receipt, "C00001-2")[1]


def test_what_was_shown_is_what_is_posted(ana: Desk) -> None:
    id = owing(ana)
    shown = ana.ask(counter.taking, Take(account=ONE))
    office.pay(ana, id, 60_00, DAY)
    assert "has moved since it was shown: it owes 45.50" in no(ana, plan=shown.hash)
    assert ana.session.value("SELECT COUNT(*) FROM drawer") == 0, "nothing was opened for it"


def test_a_payment_has_an_amount_and_its_paper_a_number(ana: Desk) -> None:
    assert "owes nothing now" in no(ana)
    assert "above zero" in no(ana, amount_cents=-5) and "above zero" in no(ana, amount_cents=0)
    assert "the money order has no number" in no(ana, amount_cents=5, kind="money_order", reference=" ")
    assert "card number" in no(ana, amount_cents=5, kind="card", reference="4111 1111 1111 1111")
    take(ana, amount_cents=5)
    assert "check 1044 is taken: receipt C00001-1" in no(ana, amount_cents=5)
    assert take(ana, amount_cents=5, reference="1045").receipt == "C00001-2"


def test_who_may_take_it_and_from_whom(data: str, ana: Desk) -> None:
    assert "linked to you" in no(ana, LINKED, amount_cents=5)
    with office.desk(data, "cho") as cho:
        assert "finance may not" in no(cho, amount_cents=5)
    with office.desk(data, "ben") as ben:
        assert "your own account" in no(ben, BENS, amount_cents=5)
        take(ana, amount_cents=5)
        assert take(ben, TWO, amount_cents=5).receipt == "C00002-1", "a drawer is one person's"


def test_a_closed_month_takes_nothing(data: str, ana: Desk) -> None:
    session = office.admin(data)
    with session.writing():
        session.run("UPDATE period SET status = 'closed' WHERE ym = 202611")
    session.database.close()
    assert "2026-11 is closed" in no(ana, amount_cents=5)


def test_a_key_pays_once(ana: Desk) -> None:
    form = Take(account=ONE, amount_cents=5_00, reference="1044")
    first, again = (ana.perform(counter.take, form, "counter-key-1") for _ in range(2))
    assert office.done(first) == office.done(again)
    assert ana.session.value("SELECT COUNT(*) FROM receipt") == 1


def test_a_wrong_amount_is_taken_back_by_two_people_and_leaves_the_drawer(data: str, ana: Desk) -> None:
    owing(ana)
    got = take(ana, amount_cents=15_00)
    made = ana.perform(adjustments.reverse, adjustments.Reverse(journal=got.journal_id, note="51 was meant"), _key())
    proposal = office.done(made)
    assert proposal.state == "pending"
    with office.desk(data, "ben") as ben:
        approve = adjustments.Approve(proposal=proposal.number, amount_cents=proposal.amount_cents)
        office.done(ben.perform(adjustments.approve, approve, _key()))
    assert ana.session.rows("SELECT n, void FROM counter_receipt") == [(1, 1)]
    assert "TAKEN BACK" in ana.ask(counter.receipt, got.receipt)[1]
    assert take(ana, amount_cents=51_00).receipt == "C00001-2", "the same check counts again"


AMOUNTS = st.lists(st.tuples(st.integers(1, 150_00), st.booleans()), min_size=1, max_size=6)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(AMOUNTS)
def test_a_counter_payment_does_what_a_released_one_does(ana: Desk, amounts: list[tuple[int, bool]]) -> None:
    """The same bills and the same money by the two ways leave the same items open."""
    with ana.session.writing():
        start = ana.session.value("SELECT COALESCE(MAX(id), 0) FROM receivable_item")
    ids = [office.account(ana.session, n) for n in (1, 2)]
    for id in ids:
        office.bill(ana, id, 80_00, DAY - timedelta(days=60))
        office.bill(ana, id, 33_33, DAY - timedelta(days=20), charge="SVC")
    for cents, cash in amounts:
        kind = "cash" if cash else "check"
        take(ana, amount_cents=cents, kind=kind, **({} if cash else {"reference": f"n{next(_keys)}"}))
        office.pay(ana, ids[1], cents, DAY)

    def left(look: Any, id: int) -> list[int]:
        return [item.open_cents for item in ledger.open_items(look, id) if item.id > start]

    one, two = (ana.ask(left, id) for id in ids)
    assert one == two
    balances = [ana.ask(ledger.balance, id) for id in ids]
    assert balances[0] == balances[1]


def paying(desk: Desk, hand: Hand, plan: str) -> None:
    for n in range(4):
        form = Take(account=ONE, amount_cents=10_00, kind="cash", plan=plan if n == 0 else "")
        answer = desk.perform(counter.take, form, f"race-{desk.look().actor.name}-{n:04d}")
        hand.note([isinstance(answer, Done), answer.result.receipt if isinstance(answer, Done) else answer.rule])


def test_two_people_take_money_for_one_account_at_once(data: str, tmp_path: Path) -> None:
    """What was shown to both is posted by one of them; without a look both post, each into his own drawer, no gap."""
    with office.desk(data) as ana:
        id = owing(ana)
        shown = ana.ask(counter.taking, Take(account=ONE, amount_cents=10_00, kind="cash")).hash
    said = race(data, tmp_path, [("ana", paying, (shown,)), ("ben", paying, (shown,))])
    firsts = [each[0] for each in said]
    assert sum(done for done, _ in firsts) == 1, "what moved meanwhile is not posted over"
    assert [done for seat in said for done, _ in seat[1:]] == [True] * 6
    with office.desk(data) as ana:
        rows = ana.session.rows("SELECT w.staff, COUNT(*), MAX(c.n), MAX(w.last_n) FROM counter_receipt c JOIN drawer w"
                                " ON w.id = c.drawer_id GROUP BY w.staff ORDER BY w.staff")  # fmt: skip
        assert all(count == last == kept for _, count, last, kept in rows) and {who for who, *_ in rows} == {
            "ana",
            "ben",
        }
        taken = sum(count for _, count, *_ in rows)
        assert taken == 7
        assert ana.ask(ledger.balance, id).total == 105_50 - taken * 10_00
