"""A district at its ledger's mercy: every kind of row posted, and the pieces that attacks by plain SQL are made of."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.services import office
from ubtui.db.session import Session
from ubtui.domain.numbers import account_number, format_account
from ubtui.services import adjustments

TABLES = [
    "journal",
    "posting",
    "journal_seal",
    "receivable_item",
    "application",
    "approval",
    "proposal",
    "proposal_leg",
    "proposal_ack",
    "signature",
    "receipt",
    "tender",
    "bill",
    "bill_line",
    "period",
    "audit",
    "act_result",
    "policy",
    "document",
    "letter",
]
FIXED = [t for t in TABLES if t not in ("proposal", "proposal_leg", "period")]
Step = tuple[str, list[Any]] | str


@dataclass
class Scene:
    """A district with a posted bill, receipt and adjustment, and proposals in every state; ids by name."""

    session: Session
    id: dict[str, int]
    key: dict[str, str]

    def gl(self, code: str) -> int:
        return int(self.session.value("SELECT id FROM gl_account WHERE code = ?", [code]))

    def charge(self, code: str) -> int:
        return int(self.session.value("SELECT id FROM charge_code WHERE code = ?", [code]))

    def digest(self) -> str:
        """SHA-256 of every row of the ledger."""
        out = hashlib.sha256()
        for table in TABLES:
            out.update(repr(sorted(map(repr, self.session.rows(f"SELECT * FROM {table}")))).encode())
        return out.hexdigest()

    # -- pieces of an attack; their rows get ids from 9000 on ------------------------------------------------

    def journal(self, kind: str = "BILL", key: str = "attack-key-1", id: int = 9000, **more: Any) -> Step:
        row = {
            "id": id,
            "idem_key": key,
            "kind": kind,
            "effective_on": "2026-11-23",
            "period_ym": 202611,
            "posted_at": office.NOW,
            "maker": "ana",
            "posted_by": "ana",
            "reason": "attack",
        } | more
        return insert("journal", row)

    def leg(
        self,
        gl: str,
        cents: Any,
        account: str = "",
        item: int | None = None,
        charge: str = "",
        id: int = 9000,
        **more: Any,
    ) -> Step:
        row = {
            "journal_id": id,
            "gl_id": self.gl(gl),
            "account_id": self.id.get(account),
            "item_id": item,
            "charge_code_id": self.charge(charge) if charge else None,
            "fund_id": 1,
            "cents": cents,
        } | more
        return insert("posting", row)

    def item(self, cents: int, account: str = "one", charge: str = "USE", id: int = 9000, journal: int = 9000) -> Step:
        return insert(
            "receivable_item",
            {
                "id": id,
                "journal_id": journal,
                "account_id": self.id[account],
                "charge_code_id": self.charge(charge),
                "effective_on": "2026-11-23",
                "due_on": "2026-12-23",
                "cents": cents,
            },
        )

    def apply(self, item: int, cents: int, account: str = "one", reverses: int | None = None, id: int = 9000) -> Step:
        return insert(
            "application",
            {
                "journal_id": id,
                "item_id": item,
                "account_id": self.id[account],
                "cents": cents,
                "reverses": reverses,
            },
        )

    def seal(self, n: int = 2, total: int = 100, id: int = 9000) -> Step:
        return insert("journal_seal", {"journal_id": id, "n": n, "total_dr": total})

    def charged(self, cents: int = 100) -> list[Step]:
        """A whole small bill, ready for its seal."""
        return [
            self.journal(),
            self.item(cents),
            self.leg("1100", cents, "one", 9000, "USE"),
            self.leg("4020", -cents, "one", None, "USE"),
        ]

    def approve(self, proposal: str = "pending", by: str = "ben", decision: str = "approved", id: int = 9000) -> Step:
        return insert(
            "approval",
            {
                "id": id,
                "proposal_id": self.id[proposal],
                "decided_by": by,
                "decision": decision,
                "reason": "attack",
                "decided_on": "2026-11-23",
                "decided_at": office.NOW,
            },
        )

    def adjusted(self, legs: list[Step] | None = None, seal: Step | None = None, **journal: Any) -> list[Step]:
        """The pending adjustment (30.00 off the open item) approved by ben and posted, with changes."""
        posted: dict[str, Any] = {
            "kind": "ADJ",
            "key": self.key["pending"],
            "approval_id": 9000,
            "posted_by": "ben",
        } | journal
        item = self.id["item"]
        whole = [self.leg("4920", 30_00, "one", None, "USE"), self.leg("1100", -30_00, "one", item, "USE")]
        return [
            "ben",
            self.approve(),
            self.journal(**posted),
            self.apply(item, 30_00),
            *(whole if legs is None else legs),
            seal or self.seal(2, 30_00),
        ]

    def proposed(self, **more: Any) -> Step:
        row = {
            "id": 9000,
            "number": "P-009000",
            "idem_key": "attack-proposal",
            "kind": "ADJ",
            "reason": "leak",
            "account_id": self.id["one"],
            "maker": "ana",
            "state": "draft",
            "amount_cents": 100,
            "total_dr": 100,
            "legs_hash": "0" * 64,
            "plan_hash": "0" * 64,
            "tier": 0,
            "approvers": "lead",
            "needs_document": 0,
            "policy_version": 1,
            "effective_on": "2026-11-23",
            "note": "",
            "created_on": "2026-11-23",
            "created_at": office.NOW,
        } | more
        return insert("proposal", row)

    def planned(self, n: int, cents: int, proposal: int | str = "draft") -> Step:
        return insert(
            "proposal_leg",
            {
                "proposal_id": self.id.get(str(proposal), 9000),
                "n": n,
                "gl_id": 1,
                "fund_id": 1,
                "cents": cents,
            },
        )


def insert(table: str, row: dict[str, Any]) -> Step:
    return f"INSERT INTO {table}({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values())


def scene_at(data: str) -> Scene:
    office.found(data)
    one = format_account(account_number(1))
    with office.desk(data) as ana, office.desk(data, "ben") as ben:
        who = office.account(ana.session)
        office.bill(ana, who, 100_00, date(2026, 8, 1))
        office.bill(ana, office.account(ana.session, 2), 50_00, date(2026, 8, 1))
        office.pay(ana, who, 20_00, date(2026, 9, 1))
        office.pay(ana, office.account(ana.session, 2), 60_00, date(2026, 9, 1))

        def made(cents: int, draft: bool = False, reason: str = "read-correction") -> str:
            form = adjustments.Propose(account=one, reason=reason, amount_cents=cents, draft=draft)
            return office.done(ana.perform(adjustments.propose, form)).number

        numbers = {"posted": made(26_00)}
        office.done(
            ben.perform(adjustments.approve, adjustments.Approve(proposal=numbers["posted"], amount_cents=26_00))
        )
        numbers |= {"rejected": made(27_00)}
        office.done(ben.perform(adjustments.reject, adjustments.Reject(proposal=numbers["rejected"], reason="no")))
        numbers |= {"pending": made(30_00), "draft": made(31_00, draft=True), "second": made(32_00)}
        numbers |= {"unproven": made(33_00, draft=True, reason="leak")}
        undo = adjustments.Reverse(journal=ana.session.value("SELECT MAX(id) FROM journal"), note="wrong")
        numbers |= {"undo": office.done(ana.perform(adjustments.reverse, undo)).number}
        undone = office.done(
            ben.perform(adjustments.approve, adjustments.Approve(proposal=numbers["undo"], amount_cents=26_00))
        )
    session = office.admin(data)
    rows = {
        n: session.one("SELECT id, idem_key FROM proposal WHERE number = ?", [number]) for n, number in numbers.items()
    }
    ids = {name: row[0] for name, row in rows.items() if row}
    for n, name in ((1, "one"), (2, "two"), (3, "bens"), (4, "anas")):
        ids[name] = office.account(session, n)
    ids["bill"], ids["receipt"] = 1, 3
    ids["item"] = session.value("SELECT id FROM receivable_item WHERE account_id = ?", [ids["one"]])
    ids["other"] = session.value("SELECT id FROM receivable_item WHERE account_id = ?", [ids["two"]])
    ids["paid"] = session.value("SELECT MIN(id) FROM application WHERE account_id = ?", [ids["one"]])
    ids["used"] = session.value("SELECT id FROM approval WHERE proposal_id = ?", [ids["posted"]])
    ids["refusal"] = session.value("SELECT id FROM approval WHERE proposal_id = ?", [ids["rejected"]])
    ids["reversal"] = undone.journal_id or 0
    session.run("UPDATE period SET status = 'closed' WHERE ym = 202601")
    return Scene(session, ids, {name: row[1] for name, row in rows.items() if row})


class Undo(Exception):
    """Raised to take an allowed control back."""


def run(scene: Scene, steps: list[Step], undo: bool = False) -> None:
    """Run the steps in one transaction to its COMMIT; a step that is only a name says who acts from there on."""
    with scene.session.writing():
        act_as(scene.session, "ana")
        for step in steps:
            if isinstance(step, str) and " " not in step:
                act_as(scene.session, step)
            elif isinstance(step, str):
                scene.session.run(step)
            else:
                scene.session.run(*step)
        if undo:
            scene.session.check_deferred()
            raise Undo


def act_as(session: Session, who: str) -> None:
    if session.kind == "postgres":
        session.execute("SELECT set_config('ubtui.actor', ?, true)", [who])
