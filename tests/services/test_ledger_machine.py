"""Random days at the desk on both databases: after every step the books are what a ledger in plain Python says."""

from __future__ import annotations

import base64
import itertools
import random
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule, run_state_machine_as_test

from tests import postgres
from tests.scale import SOAK, scaled
from tests.services import office, oracle
from ubtui.act import Done, Refused
from ubtui.domain.numbers import account_number
from ubtui.services import adjustments as adj
from ubtui.services import documents, ledger

ACCOUNTS = 4
EACH = 1 if SOAK else 5  # steps of a long day between two looks at its books
PEOPLE = ("ana", "ben", "cho", "eve")
PAPER = documents.Paper(name="p.txt", media="text/plain", content=base64.b64encode(b"paper").decode())
CENTS = st.one_of(st.integers(1, 60_00), st.sampled_from([25_00, 25_01, 250_00, 250_01, 2_500_00, 2_500_01, 10_000_01]))
WHO = st.sampled_from([1, 1, 1, 2, 2, 3, 4])
REASONS = st.sampled_from(["read-correction", "courtesy-waiver", "charge-by-hand", "credit-to-refunds-payable"])
FIXED = {
    "journal": "id",
    "posting": "id",
    "journal_seal": "journal_id",
    "receivable_item": "id",
    "application": "id",
    "approval": "id",
    "receipt": "id",
    "bill": "id",
    "audit": "seq",
}


def dollars(cents: int) -> Fraction:
    return Fraction(cents, 100)


class Machine(RuleBasedStateMachine):
    """Four people, four accounts (one is ben's own, one linked to ana), one day."""

    place: Callable[[], tuple[str, Callable[[], None]]]
    proposals = Bundle("proposals")

    def __init__(self) -> None:
        super().__init__()
        self.data, self.leave = type(self).place()
        self.stack = ExitStack()
        self.desks = {who: self.stack.enter_context(office.desk(self.data, who)) for who in PEOPLE}
        self.ana = self.desks["ana"]
        self.ids = {n: office.account(self.ana.session, n) for n in range(1, ACCOUNTS + 1)}
        self.truth = oracle.Ledger(office.DAY, ACCOUNTS)
        self.journal_of: list[int] = []
        self.seen: dict[tuple[str, int], str] = {}
        self.last: tuple[str, Any, Any, str, Any] | None = None
        self.keys = 0
        self.events = self._count("audit")

    def teardown(self) -> None:
        self.stack.close()
        self.leave()

    def _count(self, table: str) -> int:
        return int(self.ana.session.value(f"SELECT COUNT(*) FROM {table}"))

    def _act(self, who: str, act: Any, form: Any) -> Done[Any] | Refused:
        self.keys += 1
        key = f"machine-key-{self.keys}"
        before = self.events
        answer = self.desks[who].perform(act, form, key)
        self.events = self._count("audit")
        assert self.events == before + 1, "one act, one event"
        if isinstance(answer, Done):
            self.last = (who, act, form, key, answer.result)
        return answer

    def _posted(self) -> None:
        """Remember which journals stand for the oracle's newest deeds."""
        ids = [i for (i,) in self.ana.session.rows("SELECT id FROM journal ORDER BY id")]
        self.journal_of = ids
        assert len(ids) == len(self.truth.deeds)

    @rule(
        n=WHO,
        charge=st.sampled_from(["USE", "SVC", "PEN"]),
        cents=CENTS,
        days=st.integers(-60, 30),
        back=st.integers(0, 70),
    )
    def charge(self, n: int, charge: str, cents: int, days: int, back: int) -> None:
        due = office.DAY + timedelta(days=days)
        office.bill(self.ana, self.ids[n], cents, office.DAY - timedelta(days=back), charge=charge, due=due)
        self.truth.bill(n, charge, dollars(cents), due)
        self._posted()

    @rule(n=WHO, cents=CENTS)
    def receive(self, n: int, cents: int) -> None:
        office.pay(self.ana, self.ids[n], cents, office.DAY)
        self.truth.receive(n, dollars(cents))
        self._posted()

    @rule(target=proposals, n=WHO, reason=REASONS, cents=CENTS, maker=st.sampled_from(["ana", "ben"]))
    def propose(self, n: int, reason: str, cents: int, maker: str) -> Any:
        form = adj.Propose(
            account=account_number(n),
            reason=reason,
            amount_cents=cents,
            documents=[PAPER],
        )
        answer = self._act(maker, adj.propose, form)
        wish = self.truth.wish(n, reason, dollars(cents), maker)
        assert isinstance(answer, Done) == (wish is not None), answer
        if wish is None or isinstance(answer, Refused):
            return multiple()
        assert (answer.result.state, frozenset(answer.result.approvers)) == (wish.state, wish.roles)
        self._posted()
        return answer.result.number, wish, cents

    @rule(target=proposals, pick=st.integers(0, 200), maker=st.sampled_from(["ana", "ben"]))
    def propose_reversal(self, pick: int, maker: str) -> Any:
        if not self.journal_of:
            return multiple()
        place = pick % len(self.journal_of)
        deed = self.truth.deeds[place]
        answer = self._act(maker, adj.reverse, adj.Reverse(journal=self.journal_of[place], note="taken back"))
        wish = self.truth.wish_undone(deed, maker)
        assert isinstance(answer, Done) == (wish is not None), answer
        if wish is None or isinstance(answer, Refused):
            return multiple()
        assert frozenset(answer.result.approvers) == wish.roles
        return answer.result.number, wish, answer.result.amount_cents

    @rule(proposal=proposals, by=st.sampled_from(PEOPLE), slip=st.sampled_from([0, 0, 0, 1]))
    def approve(self, proposal: Any, by: str, slip: int) -> None:
        self._approve(proposal, by, slip)

    def _approve(self, proposal: Any, by: str, slip: int) -> None:
        number, wish, cents = proposal
        answer = self._act(by, adj.approve, adj.Approve(proposal=number, amount_cents=cents + slip))
        expected = self.truth.approve(wish, by, dollars(cents + slip))
        got = "refused" if isinstance(answer, Refused) else "posted" if answer.result.journal_id else "signed"
        assert got == expected, answer
        if isinstance(answer, Done) and got == "posted":
            assert dollars(answer.result.balance_cents) == self.truth.holders[wish.holder].owes
        self._posted()

    @rule(proposal=proposals)
    def approve_rightly(self, proposal: Any) -> None:
        """By somebody who may: most random choices are refused, and a day must move on."""
        _, wish, _ = proposal
        for by in ("ben", "cho", "eve"):
            linked = oracle.STAFF_ACCOUNTS.get(wish.holder) == by
            if oracle.ROLES[by] in wish.roles and by != wish.maker and not linked:
                self._approve(proposal, by, 0)
                if not wish.two:
                    return

    @rule(proposal=proposals)
    def approve_ones_own(self, proposal: Any) -> None:
        number, wish, cents = proposal
        assert isinstance(self._act(wish.maker, adj.approve, adj.Approve(proposal=number, amount_cents=cents)), Refused)

    @rule(proposal=proposals, by=st.sampled_from(PEOPLE))
    def reject(self, proposal: Any, by: str) -> None:
        number, wish, _ = proposal
        answer = self._act(by, adj.reject, adj.Reject(proposal=number, reason="no"))
        assert isinstance(answer, Done) == self.truth.reject(wish, by), answer

    @rule(times=st.integers(1, 3))
    def replay(self, times: int) -> None:
        if self.last is None:
            return
        who, act, form, key, result = self.last
        for _ in range(times):
            answer = self.desks[who].perform(act, form, key)
            assert isinstance(answer, Done) and answer.replayed and answer.result == result
        assert self._count("audit") == self.events

    @rule(n=WHO)
    def same_key_other_content(self, n: int) -> None:
        if self.last is None:
            return
        who, _, _, key, _ = self.last
        form = adj.Propose(account=account_number(n), reason="read-correction", amount_cents=7_77)
        act: Any = adj.propose
        if ROLE_MAY_PROPOSE.get(who):
            answer = self.desks[who].perform(act, form, key)
            assert isinstance(answer, Refused) and "another request" in answer.reason
            self.events = self._count("audit")

    @rule(ym=st.sampled_from([202609, 202610]))
    def close_a_month(self, ym: int) -> None:
        with self.ana.session.writing():
            self.ana.session.run("UPDATE period SET status = 'closed' WHERE ym = ? AND status = 'open'", [ym])
        closed = self.ana.session.value("SELECT COALESCE(MAX(id), 0) FROM journal WHERE period_ym = ?", [ym])
        self.seen[(f"closed {ym}", 0)] = str(closed)

    # -- what holds after every step ---------------------------------------------------------------------------

    @invariant()
    def books_balance(self) -> None:
        value = self.ana.session.value
        assert (
            value("SELECT COUNT(*) FROM (SELECT 1 FROM posting GROUP BY journal_id HAVING SUM(cents) <> 0) AS t") == 0
        )
        control = value(
            "SELECT COALESCE(CAST(SUM(p.cents) AS bigint), 0) FROM posting p JOIN gl_account g ON g.id = p.gl_id"
            " WHERE g.use = 'receivable'"
        )
        items = value("SELECT COALESCE(CAST(SUM(cents) AS bigint), 0) FROM receivable_item")
        applied = value("SELECT COALESCE(CAST(SUM(cents) AS bigint), 0) FROM application")
        assert control == items - applied
        assert value(
            "SELECT COUNT(*) FROM (SELECT p.item_id FROM posting p JOIN gl_account g ON g.id = p.gl_id"
            " JOIN receivable_item i ON i.id = p.item_id WHERE g.use = 'receivable' GROUP BY p.item_id, i.cents"
            " HAVING SUM(p.cents) <> i.cents - COALESCE((SELECT SUM(a.cents) FROM application a"
            " WHERE a.item_id = p.item_id), 0)) AS t"
        ) == 0  # fmt: skip

    @invariant()
    def the_database_knows_what_is_open(self) -> None:
        left = (
            "SELECT i.id, i.account_id, i.due_on, i.cents - COALESCE((SELECT CAST(SUM(a.cents) AS bigint)"
            " FROM application a WHERE a.item_id = i.id), 0) AS cents FROM receivable_item i"
        )
        rows = self.ana.session.rows
        assert rows("SELECT item_id, account_id, due_on, cents FROM open_item ORDER BY item_id") == rows(
            f"SELECT * FROM ({left}) AS items WHERE cents <> 0 ORDER BY id"
        )

    @invariant()
    def posted_rows_stay(self) -> None:
        for table, key in FIXED.items():
            now = {(table, row[0]): repr(row) for row in self.ana.session.rows(f"SELECT {key}, t.* FROM {table} t")}
            for place, row in self.seen.items():
                if place[0] == table:
                    assert now.get(place) == row, f"{place} changed or vanished"
            self.seen |= now

    @invariant()
    def closed_months_stay_closed(self) -> None:
        for place, newest in self.seen.items():
            if place[0].startswith("closed "):
                ym = int(place[0].split()[1])
                found = self.ana.session.value("SELECT COALESCE(MAX(id), 0) FROM journal WHERE period_ym = ?", [ym])
                assert str(found) == newest

    @invariant()
    def every_account_is_as_the_oracle_says(self) -> None:
        for n, account_id in self.ids.items():
            truth, found = self.truth.holders[n], self.ana.ask(ledger.balance, account_id)
            assert dollars(found.total) == truth.owes
            assert dollars(found.credit) == truth.ahead
            assert found.receivable == found.past_due + found.current + found.not_due + found.penalty
            items = self.ana.ask(ledger.items, account_id)
            assert sorted((i.charge, i.due_on, dollars(i.cents), dollars(i.open_cents)) for i in items) == sorted(
                (d.charge, d.due, d.whole, d.owing) for d in truth.debts
            )
            lines = self.ana.ask(ledger.statement, account_id)
            assert (lines[-1].balance if lines else 0) == found.total

    @invariant()
    def every_money_act_has_its_one_event(self) -> None:
        posted = self._count("approval WHERE decision = 'approved'")
        assert posted == self._count("journal WHERE approval_id IS NOT NULL")
        events = self.ana.session.rows(
            "SELECT body FROM audit WHERE outcome = 'done' AND act IN ('adjust.approve', 'adjust.propose')"
        )
        assert sum('"journal":' in body for (body,) in events) == posted


ROLE_MAY_PROPOSE = {"ana": True, "ben": True}


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], tuple[str, Callable[[], None]]]:
    """Districts alike, each with what takes it away again."""
    count = itertools.count()

    def folder() -> tuple[str, Callable[[], None]]:
        path = tmp_path / f"district{next(count)}"
        office.found(str(path), ACCOUNTS)
        return str(path), lambda: shutil.rmtree(path)

    if request.param == "sqlite":
        return folder
    server: postgres.Server = request.getfixturevalue("postgres_server")

    def database() -> tuple[str, Callable[[], None]]:
        name = server.create()
        office.found(server.url(name), ACCOUNTS)
        return server.url(name), lambda: server.drop(name)

    return database


@pytest.mark.parametrize("seed", range(scaled(200, least=2)))
def test_a_long_day_leaves_the_books_right(place: Callable[[], tuple[str, Callable[[], None]]], seed: int) -> None:
    """The same steps drawn by a seeded generator: longer histories than a minimising search keeps."""
    dice = random.Random(seed)
    Machine.place = staticmethod(place)  # type: ignore[method-assign]
    machine = Machine()
    made: list[Any] = []

    def cents() -> int:
        return dice.choice([dice.randint(1, 60_00), dice.randint(1, 300_00), 25_00, 250_01, 2_500_01, 10_000_01])

    def who() -> int:
        return dice.choice([1, 1, 1, 2, 2, 3, 4])

    def one(step: int) -> None:
        if step < 25:
            machine.charge(
                who(), dice.choice(["USE", "SVC", "PEN"]), cents(), dice.randint(-60, 30), dice.randint(0, 70)
            )
        elif step < 35:
            machine.receive(who(), cents())
        elif step < 60:
            reasons = ["read-correction", "courtesy-waiver", "charge-by-hand", "credit-to-refunds-payable"]
            made.append(machine.propose(who(), dice.choice(reasons), cents(), dice.choice(["ana", "ben"])))
        elif step < 68:
            made.append(machine.propose_reversal(dice.randint(0, 200), dice.choice(["ana", "ben"])))
        elif step < 90:
            if known := [proposal for proposal in made if isinstance(proposal, tuple)]:
                machine.approve_rightly(dice.choice(known[-6:]))
        elif step < 96:
            if known := [proposal for proposal in made if isinstance(proposal, tuple)]:
                machine.approve(dice.choice(known), dice.choice(PEOPLE), dice.randint(0, 1))
                machine.reject(dice.choice(known), dice.choice(PEOPLE))
        elif step < 99:
            machine.replay(2)
            machine.same_key_other_content(who())
        else:
            machine.close_a_month(dice.choice([202609, 202610]))

    try:
        for step in range(1, 151):
            one(dice.randint(0, 99))
            if step % EACH == 0:  # what goes wrong stays in the books: the next look sees it
                machine.books_balance()
                machine.closed_months_stay_closed()
                machine.every_account_is_as_the_oracle_says()
                machine.every_money_act_has_its_one_event()
        machine.posted_rows_stay()
        assert sum(wish.state == "approved" for wish in machine.truth.wishes) > 3  # else the day proved little
    finally:
        machine.teardown()


def test_random_days_leave_the_books_right(place: Callable[[], tuple[str, Callable[[], None]]]) -> None:
    class Day(Machine):
        pass

    Day.place = staticmethod(place)  # type: ignore[method-assign]
    run_state_machine_as_test(
        Day,
        settings=settings(
            max_examples=scaled(1_000),
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
