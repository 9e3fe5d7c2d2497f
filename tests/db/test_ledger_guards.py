"""Attacks on the ledger by plain SQL: each is refused by the database itself, on both, and nothing has changed."""
# Length: one line an attack; the list is the point.

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import postgres
from tests.db.ledger_scene import FIXED, Scene, Step, Undo, act_as, insert, run, scene_at
from tests.services import office
from ubtui.db.errors import RecordError
from ubtui.db.session import Session


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """The scene once for each database, on a connection without the seat's authorizer: triggers alone must hold."""
    if request.param == "sqlite":
        made = scene_at(str(tmp_path_factory.mktemp("guards") / "district"))
        yield made
        made.session.database.close()
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    name = server.create()
    made = scene_at(server.url(name))
    yield made
    made.session.database.close()
    server.drop(name)


Build = Callable[[Scene], list[Step]]
POSTING = "INSERT INTO posting(id, journal_id, gl_id, fund_id, cents)"
JOURNAL = "INSERT INTO journal(id, idem_key, kind, effective_on, period_ym, posted_at, maker, posted_by, reason)"
NOW = f"'{office.NOW}'"

CONTROLS: dict[str, Build] = {
    "bill": lambda s: [*s.charged(), s.seal()],
    "receipt": lambda s: [
        s.journal("RECEIPT"),
        s.apply(s.id["item"], 1_00),
        s.leg("1010", 1_00),
        s.leg("1100", -1_00, "one", s.id["item"], "USE"),
        s.seal(),
    ],
    "refund-proposal-kept-as-draft": lambda s: [s.proposed(kind="REFUND")],
    "approved-adjustment": lambda s: s.adjusted(),
    "draft-submitted": lambda s: [f"UPDATE proposal SET state = 'submitted' WHERE id = {s.id['draft']}"],
    "policy-lets-lapse": lambda s: [s.approve(by="policy:1", decision="expired")],
    "withdrawn-by-maker": lambda s: [s.approve(by="ana", decision="withdrawn")],
}

BASE: dict[str, tuple[Build, str]] = {
    "unsealed": (lambda s: s.charged(), "point|foreign|journal_sealed"),
    "unbalanced": (
        lambda s: [
            s.journal(),
            s.item(100),
            s.leg("1100", 100, "one", 9000, "USE"),
            s.leg("4020", -99, "one"),
            s.seal(),
        ],
        "unbalanced",
    ),
    "empty": (lambda s: [s.journal(), s.seal(0, 0)], "unbalanced"),
    "one-posting": (lambda s: [s.journal(), s.leg("1010", 0), s.seal(1, 0)], "outside what the record allows"),
    "wrong-count": (lambda s: [*s.charged(), s.seal(3)], "two postings and their count"),
    "wrong-total": (lambda s: [*s.charged(), s.seal(2, 99)], "seal total"),
    "sealed-twice": (lambda s: [s.seal(2, 100_00, s.id["bill"])], "sealed|journal_seal"),
    "posting-after-seal": (lambda s: [*s.charged(), s.seal(), s.leg("1010", 5)], "journal is sealed"),
    "posting-into-old-journal": (lambda s: [s.leg("1010", 5, id=s.id["bill"])], "journal is sealed"),
    "update-posting": (lambda s: ["UPDATE posting SET cents = cents + 1 WHERE id = 1"], "immutable"),
    "move-posting": (lambda s: ["UPDATE posting SET account_id = 2 WHERE id = 1"], "immutable"),
    "renumber-posting": (lambda s: ["UPDATE posting SET id = 99999 WHERE id = 1"], "immutable"),
    "delete-posting": (lambda s: ["DELETE FROM posting WHERE id = 1"], "immutable"),
    "upsert-posting": (
        lambda s: [f"{POSTING} VALUES (1, 1, 1, 1, 5) ON CONFLICT (id) DO UPDATE SET cents = 7"],
        "immutable|duplicate|sealed",
    ),
    "update-journal": (lambda s: ["UPDATE journal SET reason = 'x' WHERE id = 1"], "immutable"),
    "redate-journal": (lambda s: ["UPDATE journal SET effective_on = '2026-01-01' WHERE id = 1"], "immutable"),
    "delete-journal": (lambda s: ["DELETE FROM journal WHERE id = 1"], "immutable"),
    "upsert-journal": (
        lambda s: [
            f"{JOURNAL} SELECT id, idem_key, kind, effective_on, period_ym, posted_at, maker,"
            " posted_by, 'x' FROM journal WHERE id = 1 ON CONFLICT (id) DO UPDATE SET reason = 'x'"
        ],
        "immutable|duplicate",
    ),
    "update-seal": (lambda s: ["UPDATE journal_seal SET total_dr = 1"], "immutable"),
    "delete-seal": (lambda s: ["DELETE FROM journal_seal"], "immutable"),
    "zero-cents": (lambda s: [s.journal(), s.leg("1010", 0)], "outside what the record allows"),
    "too-many-cents": (lambda s: [s.journal(), s.leg("1010", 100_000_000_000)], "outside what the record allows"),
    "fractional-cents": (lambda s: [s.journal(), s.leg("1010", "10.5")], "wrong kind"),
    "no-such-day": (lambda s: [s.journal(effective_on="2026-02-30")], "outside what the record allows"),
    "closed-period": (lambda s: [s.journal(period_ym=202601)], "period closed"),
    "reopen-period": (lambda s: ["UPDATE period SET status = 'open' WHERE ym = 202601"], "closed period"),
    "delete-period": (lambda s: ["DELETE FROM period WHERE ym = 202601"], "kept"),
    "unknown-period": (
        lambda s: [s.journal(period_ym=204011), s.leg("1010", 5), s.leg("4020", -5), s.seal(2, 5)],
        "point|foreign|does not exist",
    ),
    "short-key": (lambda s: [s.journal(key="short")], "outside what the record allows"),
    "same-key": (lambda s: [s.journal(key="bill-000000")], "duplicate|exists already"),
    "unknown-account": (
        lambda s: [*s.charged()[:2], s.leg("1100", 100, "one", 9000, "USE", gl_id=9999)],
        "point|exist|kind",
    ),
    "unknown-kind": (lambda s: [s.journal("GIFT")], "outside what the record allows|needs an approval"),
    "unknown-maker": (
        lambda s: ["mallory", *[s.journal(maker="mallory", posted_by="mallory")], *s.charged()[1:], s.seal()],
        "point|exist",
    ),
}


ITEMS: dict[str, tuple[Build, str]] = {
    "receivable-without-item": (
        lambda s: [s.journal(), s.leg("1100", 100, "one", None, "USE"), s.leg("4020", -100), s.seal()],
        "differ from the receivable|another account",
    ),
    "receivable-without-account": (
        lambda s: [*s.charged()[:2], s.leg("1100", 100, "", 9000, "USE"), s.leg("4020", -100), s.seal()],
        "another account|differ",
    ),
    "credit-without-account": (
        lambda s: [s.journal("RECEIPT"), s.leg("1010", 100), s.leg("2100", -100), s.seal()],
        "another account",
    ),
    "item-without-posting": (
        lambda s: [s.journal("RECEIPT"), s.item(5), s.leg("1010", 100), s.leg("2100", -100, "one"), s.seal()],
        "differ from the receivable",
    ),
    "item-of-other-amount": (
        lambda s: [*s.charged()[:1], s.item(99), *s.charged()[2:], s.seal()],
        "differ from the receivable",
    ),
    "item-in-old-journal": (lambda s: [s.item(5, journal=s.id["bill"])], "journal is sealed"),
    "application-in-old-journal": (lambda s: [s.apply(s.id["item"], 5, id=s.id["bill"])], "journal is sealed"),
    "application-without-posting": (
        lambda s: [*s.charged(), s.apply(s.id["item"], 5), s.seal()],
        "differ from the receivable",
    ),
    "posting-without-application": (
        lambda s: [s.journal("RECEIPT"), s.leg("1010", 100), s.leg("1100", -100, "one", s.id["item"], "USE"), s.seal()],
        "differ from the receivable",
    ),
    "over-application": (
        lambda s: [
            s.journal("RECEIPT"),
            s.apply(s.id["item"], 90_00),
            s.leg("1010", 90_00),
            s.leg("1100", -90_00, "one", s.id["item"], "USE"),
            s.seal(2, 90_00),
        ],
        "beyond its amount",
    ),
    "negative-application": (
        lambda s: [
            s.journal("RECEIPT"),
            s.apply(s.id["item"], -5),
            s.leg("1010", -5),
            s.leg("1100", 5, "one", s.id["item"], "USE"),
            s.seal(2, 5),
        ],
        "own amount|do not belong",
    ),
    "undo-other-amount": (
        lambda s: [
            s.journal("APPLY"),
            s.apply(s.id["item"], -5, reverses=s.id["paid"]),
            s.leg("2100", -5, "one"),
            s.leg("1100", 5, "one", s.id["item"], "USE"),
            s.seal(2, 5),
        ],
        "own amount",
    ),
    "credit-overdrawn": (
        lambda s: [
            s.journal("APPLY"),
            s.apply(s.id["item"], 5),
            s.leg("2100", 5, "one"),
            s.leg("1100", -5, "one", s.id["item"], "USE"),
            s.seal(2, 5),
        ],
        "spent twice",
    ),
    "credit-of-another-account": (
        lambda s: [
            s.journal("APPLY"),
            s.apply(s.id["item"], 11_00),
            s.leg("2100", 11_00, "two"),
            s.leg("1100", -11_00, "one", s.id["item"], "USE"),
            s.seal(2, 11_00),
        ],
        "spent twice",
    ),
    "item-of-another-account": (
        lambda s: [
            s.journal("RECEIPT"),
            s.apply(s.id["item"], 5, "two"),
            s.leg("1010", 5),
            s.leg("1100", -5, "two", s.id["item"], "USE"),
            s.seal(2, 5),
        ],
        "another account",
    ),
    "item-on-another-control": (
        lambda s: [
            s.journal("RECEIPT"),
            s.apply(s.id["item"], 5),
            s.leg("1010", 5),
            s.leg("1110", -5, "one", s.id["item"], "USE"),
            s.seal(2, 5),
        ],
        "another account, charge or control",
    ),
    "item-under-another-charge": (
        lambda s: [
            s.journal("RECEIPT"),
            s.apply(s.id["item"], 5),
            s.leg("1010", 5),
            s.leg("1100", -5, "one", s.id["item"], "SVC"),
            s.seal(2, 5),
        ],
        "another account, charge or control",
    ),
    "item-on-revenue": (
        lambda s: [*s.charged()[:3], s.leg("4020", -100, "one", s.id["item"], "USE"), s.seal()],
        "another account, charge or control",
    ),
    "adjustment-as-receipt": (
        lambda s: [
            s.journal("RECEIPT"),
            s.apply(s.id["item"], 5),
            s.leg("4920", 5),
            s.leg("1100", -5, "one", s.id["item"], "USE"),
            s.seal(2, 5),
        ],
        "do not belong",
    ),
    "payment-as-bill": (
        lambda s: [
            s.journal("BILL"),
            s.apply(s.id["item"], 5),
            s.leg("4020", 5),
            s.leg("1100", -5, "one", s.id["item"], "USE"),
            s.seal(2, 5),
        ],
        "do not belong",
    ),
    "refund-as-apply": (
        lambda s: [s.journal("APPLY"), s.leg("2100", 10_00, "two"), s.leg("2150", -10_00), s.seal(2, 10_00)],
        "do not belong",
    ),
    "cash-out-as-receipt": (
        lambda s: [s.journal("RECEIPT"), s.leg("2100", 10_00, "two"), s.leg("1010", -10_00), s.seal(2, 10_00)],
        "do not belong",
    ),
    "negative-item": (lambda s: [s.journal(), s.item(-5)], "outside what the record allows"),
}


def _unapproved(kind: str) -> Build:
    return lambda s: [s.journal(kind)]


APPROVAL: dict[str, tuple[Build, str]] = {
    **{
        f"{kind.lower()}-without-approval": (
            _unapproved(kind),
            "needs an approval|outside",
        )
        for kind in ("ADJ", "REFUND", "WRITEOFF", "OPENING", "REVERSAL")
    },
    "self-approval": (lambda s: [s.approve(by="ana")], "maker cannot decide"),
    "self-rejection": (lambda s: [s.approve(by="ana", decision="rejected")], "maker cannot decide"),
    "rejected-posted": (
        lambda s: ["ben", s.journal("ADJ", s.key["rejected"], approval_id=s.id["refusal"], posted_by="ben")],
        "not an approved proposal",
    ),
    "other-kind": (lambda s: s.adjusted(kind="WRITEOFF"), "not an approved proposal"),
    "other-key": (lambda s: s.adjusted(key="some-other-key"), "not an approved proposal"),
    "other-maker": (lambda s: s.adjusted(maker="cho"), "not an approved proposal"),
    "other-poster": (lambda s: s.adjusted(posted_by="cho"), "not an approved proposal|another name"),
    "other-day": (lambda s: s.adjusted(effective_on="2026-11-22"), "not an approved proposal"),
    "approval-used-twice": (
        lambda s: ["ben", s.journal("ADJ", s.key["posted"], approval_id=s.id["used"], posted_by="ben")],
        "duplicate|exists already",
    ),
    "dangling-approval": (
        lambda s: [s.journal("ADJ", approval_id=99999)],
        "not an approved proposal|journal_approval_id_fkey",
    ),
    "larger-amount": (
        lambda s: s.adjusted(
            [
                s.leg("4920", 31_00, "one", None, "USE"),
                s.leg("1100", -30_00, "one", s.id["item"], "USE"),
                s.leg("2100", -1_00, "one"),
            ],
            s.seal(3, 31_00),
        ),
        "total differs",
    ),
    "edit-proposal": (lambda s: [f"UPDATE proposal SET amount_cents = 1 WHERE id = {s.id['pending']}"], "fixed"),
    "unsubmit-proposal": (lambda s: [f"UPDATE proposal SET state = 'draft' WHERE id = {s.id['pending']}"], "fixed"),
    "delete-proposal": (lambda s: [f"DELETE FROM proposal WHERE id = {s.id['draft']}"], "kept"),
    "other-maker-on-draft": (
        lambda s: [f"UPDATE proposal SET maker = 'cho' WHERE id = {s.id['draft']}"],
        "keeps its maker",
    ),
    "born-submitted": (lambda s: [s.proposed(state="submitted")], "begins as a draft"),
    "same-proposal-key": (lambda s: [s.proposed(idem_key=s.key["pending"])], "duplicate|exists already"),
    "flip-decision": (lambda s: ["UPDATE approval SET decision = 'approved'"], "fixed"),
    "delete-decision": (lambda s: ["DELETE FROM approval"], "fixed"),
    "second-decision": (lambda s: ["ben", s.approve("rejected")], "already decided|exists already|duplicate"),
    "decide-a-draft": (lambda s: ["ben", s.approve("draft")], "only submitted"),
    "submit-without-legs": (
        lambda s: [s.proposed(), "UPDATE proposal SET state = 'submitted' WHERE id = 9000"],
        "balances",
    ),
    "submit-unbalanced": (
        lambda s: [
            s.proposed(),
            s.planned(1, 100, 9000),
            s.planned(2, -99, 9000),
            "UPDATE proposal SET state = 'submitted' WHERE id = 9000",
        ],
        "balances",
    ),
    "submit-other-total": (
        lambda s: [
            s.proposed(),
            s.planned(1, 90, 9000),
            s.planned(2, -90, 9000),
            "UPDATE proposal SET state = 'submitted' WHERE id = 9000",
        ],
        "has its total",
    ),
    "submit-without-document": (
        lambda s: [f"UPDATE proposal SET state = 'submitted' WHERE id = {s.id['unproven']}"],
        "needs a document",
    ),
    "policy-decides-tier-1": (lambda s: [s.approve(by="policy:1")], "tier 0 only"),
    "policy-rejects": (lambda s: [s.approve(by="policy:1", decision="rejected")], "tier 0 only"),
    "role-that-may-not": (lambda s: ["dee", s.approve(by="dee")], "this role"),
    "somebody-unknown": (lambda s: ["mallory", s.approve(by="mallory")], "this role"),
    "withdrawn-by-another": (lambda s: ["ben", s.approve(by="ben", decision="withdrawn")], "only the maker"),
    "maker-on-linked-account": (lambda s: [s.proposed(account_id=s.id["anas"])], "own or a linked"),
    "checker-on-own-account": (
        lambda s: [
            s.proposed(account_id=s.id["bens"]),
            s.planned(1, 100, 9000),
            s.planned(2, -100, 9000),
            "UPDATE proposal SET state = 'submitted' WHERE id = 9000",
            "ben",
            s.approve("new"),
        ],
        "own or a linked",
    ),
    "one-signature-of-two": (
        lambda s: [
            s.proposed(signers=2, tier=3, approvers="finance,manager"),
            s.planned(1, 100, 9000),
            s.planned(2, -100, 9000),
            "UPDATE proposal SET state = 'submitted' WHERE id = 9000",
            "cho",
            s.approve("new", "cho"),
        ],
        "two people sign",
    ),
    "both-signatures-by-one": (
        lambda s: [
            s.proposed(signers=2, tier=3, approvers="finance,manager"),
            s.planned(1, 100, 9000),
            s.planned(2, -100, 9000),
            "UPDATE proposal SET state = 'submitted' WHERE id = 9000",
            "cho",
            insert("signature", {"proposal_id": 9000, "signed_by": "cho", "role": "finance", "signed_at": office.NOW}),
            s.approve("new", "cho"),
        ],
        "two people sign",
    ),
    "signature-under-another-role": (
        lambda s: [
            "cho",
            insert(
                "signature",
                {"proposal_id": s.id["pending"], "signed_by": "cho", "role": "manager", "signed_at": office.NOW},
            ),
        ],
        "does not sign",
    ),
    "signed-by-the-maker": (
        lambda s: [
            insert(
                "signature",
                {"proposal_id": s.id["pending"], "signed_by": "ana", "role": "lead", "signed_at": office.NOW},
            )
        ],
        "maker cannot sign",
    ),
}

LEGS: dict[str, tuple[Build, str]] = {
    "another-customer": (
        lambda s: s.adjusted(
            [s.leg("4920", 30_00, "two", None, "USE"), s.leg("1100", -30_00, "one", s.id["item"], "USE")]
        ),
        "legs differ",
    ),
    "another-gl": (
        lambda s: s.adjusted(
            [s.leg("4910", 30_00, "one", None, "USE"), s.leg("1100", -30_00, "one", s.id["item"], "USE")]
        ),
        "legs differ",
    ),
    "another-charge": (
        lambda s: s.adjusted(
            [s.leg("4920", 30_00, "one", None, "SVC"), s.leg("1100", -30_00, "one", s.id["item"], "USE")]
        ),
        "legs differ",
    ),
    "split-legs": (
        lambda s: s.adjusted(
            [
                s.leg("4920", 20_00, "one", None, "USE"),
                s.leg("4920", 10_00, "one", None, "USE"),
                s.leg("1100", -30_00, "one", s.id["item"], "USE"),
            ],
            s.seal(3, 30_00),
        ),
        "legs differ",
    ),
    "extra-legs": (
        lambda s: s.adjusted(
            [
                s.leg("4920", 30_00, "one", None, "USE"),
                s.leg("1100", -30_00, "one", s.id["item"], "USE"),
                s.leg("4010", -5),
                s.leg("4010", 5),
            ],
            s.seal(4, 30_05),
        ),
        "total differs|legs differ",
    ),
    "legs-added-after": (
        lambda s: [
            insert("proposal_leg", {"proposal_id": s.id["pending"], "n": 9, "gl_id": 1, "fund_id": 1, "cents": 5})
        ],
        "fixed",
    ),
    "leg-changed": (lambda s: ["UPDATE proposal_leg SET cents = cents + 1"], "fixed"),
    "leg-deleted": (lambda s: [f"DELETE FROM proposal_leg WHERE proposal_id = {s.id['pending']}"], "fixed"),
    "one-of-two-equal-legs": (
        lambda s: [
            s.proposed(tier=1, total_dr=10, amount_cents=10),
            *[
                insert("proposal_leg", {"proposal_id": 9000, "n": n, "gl_id": s.gl(gl), "fund_id": 1, "cents": cents})
                for n, (gl, cents) in enumerate([("4910", 5), ("4910", 5), ("4920", -5), ("4920", -5)], 1)
            ],
            "UPDATE proposal SET state = 'submitted' WHERE id = 9000",
            "ben",
            s.approve("new"),
            s.journal("ADJ", "attack-proposal", approval_id=9000, posted_by="ben"),
            s.leg("4910", 5),
            s.leg("4920", -5),
            s.seal(2, 5),
        ],
        "total differs",
    ),
    "equal-legs-swapped": (
        lambda s: [
            s.proposed(tier=1, total_dr=15, amount_cents=15),
            *[
                insert("proposal_leg", {"proposal_id": 9000, "n": n, "gl_id": s.gl(gl), "fund_id": 1, "cents": cents})
                for n, (gl, cents) in enumerate([("4910", 5), ("4910", 5), ("4940", 5), ("4920", -15)], 1)
            ],
            "UPDATE proposal SET state = 'submitted' WHERE id = 9000",
            "ben",
            s.approve("new"),
            s.journal("ADJ", "attack-proposal", approval_id=9000, posted_by="ben"),
            s.leg("4910", 5),
            s.leg("4940", 5),
            s.leg("4940", 5),
            s.leg("4920", -15),
            s.seal(4, 15),
        ],
        "legs differ",
    ),
}

REVERSAL: dict[str, tuple[Build, str]] = {
    "reverses-as-bill": (lambda s: [s.journal("BILL", reverses=s.id["bill"])], "only a reversal reverses"),
    "reversal-of-nothing": (lambda s: [*s.adjusted(kind="REVERSAL")], "not an approved|only a reversal"),
    "reversal-of-a-reversal": (
        lambda s: [s.journal("REVERSAL", reverses=s.id["reversal"])],
        "needs an approval|not reversed",
    ),
    "reversal-of-another-journal": (lambda s: s.adjusted(reverses=s.id["bill"]), "only a reversal|not an approved"),
    "untrue-reversal": (
        lambda s: [
            s.proposed(kind="REVERSAL", reverses=s.id["bill"], tier=1, total_dr=50_00, amount_cents=50_00),
            *[
                insert(
                    "proposal_leg",
                    {
                        "proposal_id": 9000,
                        "n": n,
                        "gl_id": s.gl(gl),
                        "account_id": s.id["one"],
                        "item_id": item,
                        "charge_code_id": s.charge("USE"),
                        "fund_id": 1,
                        "cents": cents,
                    },
                )
                for n, (gl, cents, item) in enumerate([("4020", 50_00, None), ("1100", -50_00, s.id["item"])], 1)
            ],
            "UPDATE proposal SET state = 'submitted' WHERE id = 9000",
            "ben",
            s.approve("new"),
            s.journal("REVERSAL", "attack-proposal", approval_id=9000, posted_by="ben", reverses=s.id["bill"]),
            s.apply(s.id["item"], 50_00),
            s.leg("4020", 50_00, "one", None, "USE"),
            s.leg("1100", -50_00, "one", s.id["item"], "USE"),
            s.seal(2, 50_00),
        ],
        "takes back every leg",
    ),
}

NAMES: dict[str, tuple[Build, str]] = {
    "posted-under-another-name": (lambda s: [s.journal(posted_by="ben")], "another name"),
    "proposed-under-another-name": (lambda s: [s.proposed(maker="ben")], "another name"),
    "decided-under-another-name": (lambda s: [s.approve(by="ben")], "another name"),
    "submitted-under-another-name": (
        lambda s: ["ben", f"UPDATE proposal SET state = 'submitted' WHERE id = {s.id['draft']}"],
        "another name",
    ),
    "signed-under-another-name": (
        lambda s: [
            insert(
                "signature",
                {"proposal_id": s.id["pending"], "signed_by": "ben", "role": "lead", "signed_at": office.NOW},
            )
        ],
        "another name",
    ),
    "nobody-acts": (lambda s: ["nobody", s.journal()], "another name"),
}

ATTACKS = {**BASE, **ITEMS, **APPROVAL, **LEGS, **REVERSAL}


def _refused(scene: Scene, steps: list[Step], words: str) -> None:
    before = scene.digest()
    with pytest.raises(RecordError, match=words):
        run(scene, steps)
    assert scene.digest() == before


@pytest.mark.parametrize("attack", CONTROLS)
def test_the_same_statements_without_the_attack_pass(scene: Scene, attack: str) -> None:
    """So that what is refused below is refused for the attack, not for a slip of the test."""
    with pytest.raises(Undo):
        run(scene, CONTROLS[attack](scene), undo=True)


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_record_refuses(scene: Scene, attack: str) -> None:
    scene.id["new"] = 9000
    build, words = ATTACKS[attack]
    _refused(scene, build(scene), words)


@pytest.mark.parametrize("table", FIXED)
def test_no_row_of_the_ledger_is_changed_deleted_or_replaced(scene: Scene, table: str) -> None:
    session = scene.session
    row = session.one(f"SELECT * FROM {table} LIMIT 1")
    if row is None:
        if table in ("letter", "document", "proposal_ack", "signature"):
            _plant(scene, table)
            row = session.one(f"SELECT * FROM {table} LIMIT 1")
        assert row is not None, f"the scene needs a row of {table}"
    first = _first_column(scene, table)
    _refused(scene, [f"UPDATE {table} SET {first} = {first}"], ".")
    _refused(scene, [f"DELETE FROM {table}"], ".")
    if session.kind == "sqlite":
        _refused(scene, [(f"INSERT OR REPLACE INTO {table} VALUES ({', '.join('?' * len(row))})", list(row))], ".")
        _refused(scene, [(f"REPLACE INTO {table} VALUES ({', '.join('?' * len(row))})", list(row))], ".")
    else:
        _refused(scene, [f"TRUNCATE {table} CASCADE"], ".")


def _first_column(scene: Scene, table: str) -> str:
    if scene.session.kind == "sqlite":
        return str(scene.session.rows(f"PRAGMA table_info({table})")[0][1])
    return str(
        scene.session.value(
            "SELECT column_name FROM information_schema.columns WHERE table_name = ? ORDER BY ordinal_position", [table]
        )
    )


def _plant(scene: Scene, table: str) -> None:
    with scene.session.writing():
        act_as(scene.session, "ben")
        steps: dict[str, dict[str, Any]] = {
            "letter": {"kind": "x", "template_version": "1", "sha256": "0", "address": "", "mailed_on": "2026-11-23"},
            "document": {
                "sha256": "0",
                "name": "x",
                "media": "text/plain",
                "bytes": 1,
                "content": b"x",
                "added_by": "ana",
                "added_at": office.NOW,
            },
            "proposal_ack": {"proposal_id": scene.id["rejected"], "by_staff": "ana", "at": office.NOW},
            "signature": {
                "proposal_id": scene.id["second"],
                "signed_by": "ben",
                "role": "lead",
                "signed_at": office.NOW,
            },
        }
        sql, values = insert(table, steps[table])
        scene.session.run(sql, values)


@pytest.mark.parametrize("attack", NAMES)
def test_nobody_writes_under_another_name_on_postgresql(scene: Scene, attack: str) -> None:
    if scene.session.kind == "sqlite":
        # One service account opens the file there: the act is what knows who sits at the seat.
        build, _ = NAMES[attack]
        assert build(scene)
        return
    build, words = NAMES[attack]
    _refused(scene, build(scene), words)


SEAT = {
    "drop-trigger": "DROP TRIGGER posting_nu",
    "drop-table": "DROP TABLE posting",
    "drop-index": "DROP INDEX posting_gl",
    "drop-view": "DROP VIEW live_account",
    "alter-table": "ALTER TABLE posting ADD COLUMN x TEXT",
    "rename-table": "ALTER TABLE posting RENAME TO posting2",
    "create-table": "CREATE TABLE x(y)",
    "create-trigger": "CREATE TRIGGER x BEFORE INSERT ON posting BEGIN SELECT 1; END",
    "create-view": "CREATE VIEW x AS SELECT 1",
    "create-index": "CREATE INDEX x ON posting(cents)",
    "create-temp-table": "CREATE TEMP TABLE posting(id)",
    "create-temp-trigger": "CREATE TEMP TRIGGER x AFTER INSERT ON posting BEGIN DELETE FROM draft; END",
    "create-temp-view": "CREATE TEMP VIEW posting AS SELECT 1 AS id",
    "create-virtual-table": "CREATE VIRTUAL TABLE x USING fts5(y)",
    "attach": "ATTACH DATABASE ':memory:' AS other",
    "detach": "DETACH DATABASE main",
    "reindex": "REINDEX",
    "analyze": "ANALYZE",
    "vacuum-into": "VACUUM INTO '/tmp/never-written.db'",
    "foreign-keys-off": "PRAGMA foreign_keys = OFF",
    "checks-off": "PRAGMA ignore_check_constraints = ON",
    "recursive-triggers-off": "PRAGMA recursive_triggers = OFF",
    "writable-schema": "PRAGMA writable_schema = ON",
    "trusted-schema": "PRAGMA trusted_schema = ON",
    "journal-mode": "PRAGMA journal_mode = DELETE",
    "synchronous-off": "PRAGMA synchronous = OFF",
    "user-version": "PRAGMA user_version = 9",
    "application-id": "PRAGMA application_id = 9",
    "schema-version": "PRAGMA schema_version = 9",
    "defer-foreign-keys": "PRAGMA defer_foreign_keys = ON",
    "schema-row": "UPDATE sqlite_schema SET sql = ''",
    "schema-delete": "DELETE FROM sqlite_schema WHERE type = 'trigger'",
    "load-extension": "SELECT load_extension('x')",
    "update-posting": "UPDATE posting SET cents = cents",
    "update-journal": "UPDATE journal SET reason = 'x'",
    "update-audit": "UPDATE audit SET body = body",
    "update-instalment": "UPDATE instalment SET cents = 1",
    "insert-open-item": "INSERT INTO open_item(item_id, account_id, due_on, cents) VALUES (1, 1, '2026-01-01', 1)",
    "update-open-item": "UPDATE open_item SET cents = cents",
    "delete-open-item": "DELETE FROM open_item",
    **{f"delete-{t}": f"DELETE FROM {t}" for t in FIXED},
    "upsert-posting": f"{POSTING} VALUES (1, 1, 1, 1, 5) ON CONFLICT (id) DO UPDATE SET cents = 7",
    "replace-posting": "REPLACE INTO posting(id, journal_id, gl_id, fund_id, cents) VALUES (1, 1, 1, 1, 5)",
    "replace-journal-by-key": f"REPLACE INTO journal(id, idem_key, kind, effective_on, period_ym, posted_at, maker,"
    f" posted_by, reason) VALUES (99, 'bill-000000', 'BILL', '2026-11-23', 202611, {NOW}, 'ana', 'ana', 'x')",
}


@pytest.fixture(scope="module")
def seat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Scene, Session]]:
    """A seat's own connection, with its authorizer, beside a bare one to look with."""
    data = str(tmp_path_factory.mktemp("seat") / "district")
    bare = scene_at(data)
    with office.desk(data) as desk:
        yield bare, desk.session
    bare.session.database.close()
    assert not Path("/tmp/never-written.db").exists()


@pytest.mark.parametrize("attack", SEAT)
def test_a_seat_may_not(seat: tuple[Scene, Session], attack: str) -> None:
    """SQLite only: what PostgreSQL leaves to its roles, the seat's connection denies by itself."""
    scene, session = seat
    before = scene.digest(), scene.session.rows("SELECT type, name, sql FROM sqlite_schema ORDER BY name")
    settings = {
        name: session.value(f"PRAGMA {name}") for name in ("foreign_keys", "recursive_triggers", "trusted_schema")
    }
    with pytest.raises(RecordError):
        session.rows(SEAT[attack])
    assert (scene.digest(), scene.session.rows("SELECT type, name, sql FROM sqlite_schema ORDER BY name")) == before
    assert {name: session.value(f"PRAGMA {name}") for name in settings} == settings


def test_closing_a_month_and_posting_into_it_cannot_cross_on_postgresql(scene: Scene) -> None:
    """The posting takes the month's row; the close waits for it, and a posting after the close is refused."""
    if scene.session.kind == "sqlite":
        with scene.session.writing(), pytest.raises(RecordError, match="closed"):
            scene.session.run("UPDATE period SET status = 'closed' WHERE ym = 202612")
            scene.session.run(*scene.journal(period_ym=202612))  # type: ignore[misc]
        return
    import psycopg

    info = scene.session.database.connection().info
    with psycopg.connect(host=info.host, dbname=info.dbname, user=info.user) as other:
        other.execute("SET lock_timeout = '200ms'")
        with pytest.raises(Undo), scene.session.writing():
            act_as(scene.session, "ana")
            for step in [*scene.charged(), scene.seal()]:
                assert not isinstance(step, str)
                scene.session.run(*step)
            with pytest.raises(psycopg.errors.LockNotAvailable):
                other.execute("UPDATE period SET status = 'closed' WHERE ym = 202611")
            other.rollback()
            raise Undo
