"""Random days with payments for nobody: staged, released, matched, given back, moved and taken back; suspense ties."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.detectors.money import DAYS, bill
from tests.detectors.scene import DAY, Scene
from ubtui.act import Done
from ubtui.desk import Desk
from ubtui.services import adjustments, ledger, payments
from ubtui.services.documents import Paper
from ubtui.services.verify import Report

PAPER = Paper(name="a.pdf", media="application/pdf", content="eA==")
ROLES = {"ana": "technician", "ben": "lead", "cho": "finance", "eve": "manager"}
STEPS = 120
DONE = ("payment.stage", "payment.match", "payment.return", "credit.transfer", "ledger.reverse", "adjust.approve")


@pytest.fixture
def scene(backend: str) -> Iterator[Scene]:
    made = Scene(backend)
    with made.db.writing():
        made.db.run("INSERT INTO staff(name, full_name, role) VALUES ('eve', 'Eve Stone', 'manager')")
    yield made
    made.close()


class Office:
    """Four people who do what dice say; how often each thing was done, and what was refused."""

    def __init__(self, scene: Scene, seed: int) -> None:
        self.scene, self.dice = scene, random.Random(seed)
        self.customers = [scene.customer() for _ in range(3)]
        for c in self.customers:
            bill(scene, c, 60_00, DAY + 5 * DAYS)
        self.desks: dict[str, Desk] = {who: scene.desk(who).__enter__() for who in ROLES}
        self.done: Counter[str] = Counter()

    def close(self) -> None:
        for desk in self.desks.values():
            desk.__exit__(None, None, None)

    def do(self, who: str, act: Any, form: Any) -> None:
        answer = self.desks[who].perform(act, form)
        self.done[act.name if isinstance(answer, Done) else f"not {act.name}"] += 1

    def one(self, sql: str) -> Any:
        rows = self.scene.db.rows(sql)
        return self.dice.choice(rows) if rows else None

    def step(self) -> None:
        maker = self.dice.choice(["ana", "ben"])
        cents = self.dice.choice([1, 5_00, 60_00, 240_00, self.dice.randint(1, 90_00)])
        a, b = self.dice.sample(self.customers, 2)
        kind = self.dice.choice(["stage", "match", "return", "reverse", "transfer", "refund", "decide", "decide"])
        line = self.one("SELECT batch_id, line FROM suspense_line ORDER BY id")
        key = f"{line[0]}/{line[1]}" if line else "1/1"
        if kind == "stage":
            on = DAY - self.dice.randint(0, 40) * DAYS
            lines = [payments.Came(cents=cents + n) for n in range(self.dice.randint(1, 3))]
            self.do(maker, payments.stage, payments.Stage(
                source=f"Mail {self.dice.randint(1, 9)}", kind="check", received_on=on,
                lines=lines, control_cents=sum(each.cents for each in lines),
            ))  # fmt: skip
        elif kind == "match":
            self.do(maker, payments.match, payments.Match(payment=key, account=a.account))
        elif kind == "return":
            self.do(maker, payments.give_back, payments.Return(payment=key, note="unknown", documents=[PAPER]))
        elif kind == "reverse":
            journal = self.one("SELECT id FROM journal ORDER BY id")
            self.do(maker, adjustments.reverse, adjustments.Reverse(journal=journal[0] if journal else 1, note="back"))
        elif kind == "transfer":
            form = payments.Transfer(
                account=a.account, to=b.account, amount_cents=cents, note="asked for", documents=[PAPER]
            )
            self.do(maker, payments.transfer, form)
        elif kind == "refund":
            self.do(maker, adjustments.propose, adjustments.Propose(
                account=a.account, reason="credit-to-refunds-payable", amount_cents=cents, documents=[PAPER]
            ))  # fmt: skip
        else:
            self.decide()

    def decide(self) -> None:
        found = self.one(
            "SELECT p.number, p.amount_cents, p.maker, p.approvers FROM proposal p LEFT JOIN approval a"
            " ON a.proposal_id = p.id WHERE p.state = 'submitted' AND a.id IS NULL ORDER BY p.id"
        )
        if found is None:
            return
        number, cents, maker, roles = found
        for who in [n for n, role in ROLES.items() if role in roles.split(",") and n != maker]:
            if self.dice.random() < 0.15:
                self.do(who, adjustments.reject, adjustments.Reject(proposal=number, reason="no"))
            else:
                self.do(who, adjustments.approve, adjustments.Approve(proposal=number, amount_cents=cents))

    def ties(self) -> None:
        """Suspense, cash and refunds payable are what the payments' own states say; no credit is below zero."""
        value = self.scene.db.value

        def book(use: str) -> int:
            return int(value(
                "SELECT COALESCE(CAST(SUM(p.cents) AS bigint), 0) FROM posting p JOIN gl_account g ON g.id = p.gl_id"
                " WHERE g.use = ?", [use]
            ))  # fmt: skip

        def lines(states: str) -> int:
            return int(value(
                f"SELECT COALESCE(CAST(SUM(cents) AS bigint), 0) FROM suspense_line WHERE state IN ({states})"
            ))  # fmt: skip

        standing = "NOT EXISTS(SELECT 1 FROM journal v WHERE v.reverses = j.id)"
        refunded = int(value(
            "SELECT COALESCE(CAST(SUM(q.amount_cents) AS bigint), 0) FROM journal j"
            " JOIN approval a ON a.id = j.approval_id JOIN proposal q ON q.id = a.proposal_id"
            f" WHERE j.kind = 'REFUND' AND {standing}"
        ))  # fmt: skip
        assert -book("suspense") == lines("'suspense'")
        assert book("cash") == lines("'suspense', 'matched', 'returned'")
        assert -book("refunds") == refunded
        received = (
            "SELECT COALESCE(CAST(SUM(r.cents) AS bigint), 0) FROM receipt r JOIN journal j ON j.id = r.journal_id"
        )
        assert int(value(f"{received} WHERE {standing}")) == lines("'matched'")
        for c in self.customers:
            assert self.desks["ben"].ask(ledger.balance, c.account_id).credit >= 0


@pytest.mark.parametrize("seed", [1, 2])
def test_random_days_with_payments_for_nobody_tie_out(scene: Scene, seed: int) -> None:
    office = Office(scene, seed)
    try:
        for _ in range(STEPS):
            office.step()
            office.ties()
    finally:
        office.close()
    assert not [name for name in ("payment.stage", "payment.match", "adjust.approve") if not office.done[name]], (
        office.done
    )
    wrong = [f for f in Report(scene.db, DAY, ()).findings() if f.table not in ("file", "meta", "schema")]
    assert wrong == []
    scene.refresh()
    scene.steady()
