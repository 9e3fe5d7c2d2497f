"""Each item of billing, payments and collections is settled from its row, with what its evidence fills in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.detectors.money import DAYS, bill, close, pay, stage
from tests.detectors.scene import DAY, Customer, Scene
from ubtui.act import Done
from ubtui.db.models import record
from ubtui.detectors import heal
from ubtui.domain.subjects import ItemKey
from ubtui.services import collections, fixes, forms, mail, owners, worklist
from ubtui.services.payments import Came

LATE = DAY - 21 * DAYS


@pytest.fixture
def scene(backend: str) -> Iterator[Scene]:
    made = Scene(backend)
    yield made
    made.close()


def suspense(s: Scene) -> str:
    c = s.customer()
    bill(s, c, 80_00, DAY + 9 * DAYS)
    (key,) = stage(s, Came(cents=80_00, payer="Owner 1", reference=f"acct {c.account}"))
    return f"P01:payment:{key}"


def twice(s: Scene) -> str:
    c = s.customer()
    bill(s, c, 75_00, DAY + 20 * DAYS)
    pay(s, c, 75_00, DAY - DAYS, "Web payment")
    pay(s, c, 75_00, DAY, "Bank bill-pay")
    return f"P03:account:{c.account}"


def closing(s: Scene) -> str:
    c, other = s.customer(), s.customer()
    pay(s, c, 20_00, DAY)
    close(s, c, DAY - 9 * DAYS)
    with s.db.writing():  # he has another house, where the money belongs
        s.db.insert(
            record.AccountRole, account_id=other.account_id, party_id=c.party_id, role="payer", from_on=DAY - DAYS
        )
    return f"P06:account:{c.account}"


def large(s: Scene) -> str:
    c = s.customer()
    for n in range(6):
        bill(s, c, 40_00, DAY - timedelta(days=61 * n))
    pay(s, c, 40_00 * 6 + 500_00, DAY - DAYS)
    return f"P08:account:{c.account}"


def ladder(s: Scene) -> str:
    bill(s, s.customer(), 60_00, LATE)
    return "C01:run:ladder/2026-11-18"


def protected(s: Scene, kind: str = "dispute", days: int = 3, began: int = 9) -> str:
    c = s.customer()
    form = collections.Set(
        account=c.account, kind=kind, from_on=DAY - timedelta(days=began), expires_on=DAY + timedelta(days=days)
    )  # type: ignore[arg-type]  # fmt: skip
    s.act(collections.protect, form)
    return f"C04:account:{c.account}"


def ended(s: Scene) -> str:
    key = protected(s)
    with s.db.writing():
        s.db.run("UPDATE meta SET value = ? WHERE key = 'today'", [(DAY + 4 * DAYS).isoformat()])
    return key


def broken(s: Scene) -> str:
    c = s.customer()
    bill(s, c, 90_00, LATE)
    s.act(collections.make, collections.Make(account=c.account, count=3, first_on=DAY))
    with s.db.writing():
        s.db.run("UPDATE meta SET value = ? WHERE key = 'today'", [(DAY + 7 * DAYS).isoformat()])
    return f"C05:account:{c.account}"


def changed(s: Scene) -> str:
    c = s.customer()
    bill(s, c, 60_00, LATE)
    s.act(
        owners.change,
        owners.Change(
            account=c.account, name="Rosa Lund", on=DAY - DAYS, line1="9 Oak Rd", city="Rincon", state="CA",
            zip="95946", source="deed",
        ),
    )  # fmt: skip
    return f"C09:account:{c.account}"


def unbilled(s: Scene) -> str:
    c, other = s.customer(), s.customer()
    bill(s, other, 40_00, DAY + 9 * DAYS, to_on=DAY - 5 * DAYS)
    bill(s, c, 40_00, DAY + 9 * DAYS, to_on=DAY - 99 * DAYS)
    return f"B01:account:{c.account}"


def unrouted(s: Scene) -> str:
    c = s.customer()
    s.customer()
    with s.db.writing():
        s.db.run("UPDATE service_point SET sequence = NULL WHERE id = ?", [c.point_id])
    return f"B02:account:{c.account}"


def back(s: Scene) -> str:
    c = s.customer()
    s.act(mail.mail_returned, mail.Back(account=c.account, what="bill", returned_on=DAY, reason="moved"))
    return f"B15:account:{c.account}"


def doubled(s: Scene) -> str:
    a, b = s.customer(), s.customer()
    with s.db.writing():
        s.db.run("UPDATE service_point SET sequence = 1 WHERE id IN (?, ?)", [a.point_id, b.point_id])
    return "Q02:route:R07"


def rolled(s: Scene) -> str:
    c: Customer = s.customer()
    with s.db.writing():
        parcel = s.db.insert(record.Parcel, apn="012345678000", county="Nevada", situs="x")
        s.db.insert(record.AccountParcel, account_id=c.account_id, parcel_id=parcel)
    for year, name in ((2025, "OWNER 1"), (2026, "LUND ROSA M")):
        s.act(owners.county, owners.County(apn="012345678000", name=name, as_of=date(year, 7, 1)))
    return f"Q03:account:{c.account}"


Plant = Callable[[Scene], str]
# What is planted, who takes the item, by which offer (a field of it with its value), and what he types besides.
SETTLES: list[tuple[Plant, str, str, dict[str, str], dict[str, str]]] = [
    (suspense, "ana", "payment.match", {}, {}),
    (suspense, "ana", "payment.return", {}, {}),
    (twice, "ana", "adjust.propose", {}, {}),
    (twice, "ana", "credit.keep", {}, {"reason": "leave it there"}),
    (twice, "ana", "ledger.reverse", {}, {"note": "never came"}),
    (closing, "ana", "adjust.propose", {}, {}),
    (closing, "ana", "credit.transfer", {}, {}),
    (large, "ana", "credit.keep", {}, {"reason": "pays ahead"}),
    (large, "ana", "adjust.propose", {}, {"documents": "PAPER"}),
    (ladder, "ben", "ladder.remind", {}, {}),
    (protected, "ana", "protection.set", {}, {}),
    (protected, "ana", "protection.end", {}, {"reason": "settled"}),
    (ended, "ana", "protection.end", {}, {"reason": "settled"}),
    (lambda s: protected(s, "medical", 60), "ana", "protection.set", {}, {"documents": "PAPER"}),
    (broken, "ana", "arrangement.end", {}, {}),
    (broken, "ana", "arrangement.make", {}, {}),
    (changed, "ana", "owner.debt", {"decision": "former"}, {"reason": "seller billed"}),
    (changed, "ana", "owner.debt", {"decision": "assumed"}, {"reason": "in escrow"}),
    (unbilled, "ana", "adjust.propose", {}, {"documents": "PAPER"}),
    (unbilled, "ana", "billing.stop", {}, {"reason": "empty lot"}),
    (unrouted, "ana", "route.place", {}, {}),
    (back, "ana", "mail.researched", {}, {"note": "asked the neighbour"}),
    (back, "ana", "party.address", {}, {"reason": "forwarding slip", "line1": "9 Oak Rd"}),
    (doubled, "ana", "route.place", {}, {}),
    (rolled, "ana", "owner.change", {}, {}),
    (rolled, "ana", "owner.confirm", {}, {"reason": "deed of trust"}),
]


@pytest.mark.parametrize("n", range(len(SETTLES)))
def test_an_item_is_settled_from_its_row(scene: Scene, n: int, tmp_path: Path) -> None:
    plant, who, act, chosen, typed = SETTLES[n]
    (tmp_path / "paper.pdf").write_bytes(b"%PDF-1.4")
    key = ItemKey.parse(plant(scene))
    with scene.desk(who) as desk:
        scene.refresh(desk.look().today)
        item = desk.ask(worklist.item, key)
        offers = desk.ask(fixes.offers, item)
        assert act in {each.act for each in offers}, [each.act for each in offers]
        offer = next(e for e in offers if e.act == act and e.values().items() >= chosen.items())
        words = {name: str(tmp_path / "paper.pdf") if text == "PAPER" else text for name, text in typed.items()}
        values = offer.values() | words
        lacking = [e.name for e in offer.fields if e.required and not values[e.name]]
        assert lacking == [], "the evidence fills in all that is not a person's word"
        answer = desk.perform(fixes.guarded(forms.act_named(act), item), forms.form(act, values))
        assert isinstance(answer, Done), answer.sentence()
        if getattr(answer.result, "state", "") == "pending":
            assert key not in answer.closed
            number = answer.result.number
            assert desk.ask(fixes.standing, item).waits or act == "ledger.reverse"
            sql = "SELECT amount_cents, approvers FROM proposal WHERE number = ?"
            amount, roles = scene.db.one(sql, [number]) or (0, "")
            approve: dict[str, Any] = {"proposal": number, "amount": forms.as_text(amount, "money")}
            with scene.desk("cho" if "finance" in roles else "ben") as other:
                answer = other.perform(forms.act_named("adjust.approve"), forms.form("adjust.approve", approve))
            assert isinstance(answer, Done), answer.sentence()
        assert key in answer.closed
        assert scene.refresh(desk.look().today) == heal.Healed()


@pytest.mark.parametrize(
    ("plant", "first"),
    [
        (suspense, "payment.match"), (twice, "adjust.propose"), (closing, "adjust.propose"), (ladder, "ladder.remind"),
        (ended, "protection.end"), (broken, "arrangement.end"), (unrouted, "route.place"), (doubled, "route.place"),
    ],
)  # fmt: skip
def test_what_the_evidence_points_to_comes_first(scene: Scene, plant: Plant, first: str) -> None:
    key = ItemKey.parse(plant(scene))
    with scene.desk("ben") as desk:
        scene.refresh(desk.look().today)
        offers = desk.ask(fixes.offers, desk.ask(worklist.item, key))
    assert (offers[0].act, offers[0].likely) == (first, True)
