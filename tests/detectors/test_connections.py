"""Connections and their papers: rights that nothing proves, services asked for, paid and set in the wrong order."""

from __future__ import annotations

import base64
from datetime import date
from typing import Any

import pytest

from tests.detectors.money import healed, pay
from tests.detectors.scene import DAY, Customer, Scene
from tests.detectors.test_meters import APN, DAYS, parcel, right
from tests.services.office import hire
from ubtui.act import Done
from ubtui.db.calendars import office
from ubtui.db.errors import RuleBroken
from ubtui.domain.numbers import account_number, format_account
from ubtui.domain.subjects import ItemKey
from ubtui.services import adjustments, documents, installs, rights, service_requests, worklist
from ubtui.services.documents import Paper
from ubtui.services.fixes.table import offers

SCAN = Paper(name="../card\x1b[2J.pdf", media="application/pdf", content=base64.b64encode(b"%PDF-1.4 card").decode())


def test_m14_a_verified_right_without_its_paper(scene: Scene) -> None:
    here = [scene.customer() for _ in range(2)]
    plot, other = parcel(scene, here[0]), parcel(scene, here[1], apn="012345679000")
    right(scene, plot, 1, document_id=None)
    right(scene, plot, 1, document_id=None, kind="irrigation", size="1", source="[b]permit 9[/b]\x1b[31m")
    right(scene, plot, 1, document_id=None, to_on=DAY - 1 * DAYS)
    right(scene, other, 1, status="presumed")
    scene.refresh()
    key = f"M14:parcel:{APN}"
    assert scene.items("M14") == [key]
    with scene.desk() as desk:
        item = desk.ask(worklist.item, ItemKey.parse(key))
        assert "1 potable at 5/8 in, by permit 12; 1 irrigation at 1 in, by [b]permit 9[/b]" in item.why
        assert item.account == here[0].account and item.backlog
        first = offers(desk.look(), item)[0]
        assert (first.act, first.likely) == ("right.document", True)
    no = scene.refused(rights.document, rights.Document(parcel="012345679000", paper=SCAN))
    assert "no verified right without its paper" in no.reason
    done = scene.act(rights.document, rights.Document(parcel=APN, paper=SCAN))
    assert [str(k) for k in done.closed] == [key]
    scene.steady()
    with scene.desk() as desk:
        kept = desk.ask(documents.documents, f"parcel:{APN}")
        assert [(paper.id, paper.bytes) for paper in kept] == [(done.result.document, 13)]
        assert "/" not in kept[0].name and "\x1b" not in kept[0].name
        assert [r.document for r in desk.ask(rights.rights, APN)][:2] == [kept[0].id] * 2


def test_m14_a_right_is_set_and_proved_with_its_paper(scene: Scene) -> None:
    plot = parcel(scene, scene.customer())
    assert plot
    scene.refresh()
    made = scene.act(rights.set_right, rights.Set(parcel=APN, size="1", source="permit 4", paper=SCAN))
    assert made.result.document and not [k for k in made.opened if k.code == "M14"]
    bare = scene.act(rights.set_right, rights.Set(parcel=APN, size="2", source="permit 5", from_on=date(2024, 1, 1)))
    assert [str(k) for k in bare.opened if k.code == "M14"] == [f"M14:parcel:{APN}"]
    one = scene.act(rights.document, rights.Document(parcel=APN, right=bare.result.right, paper=SCAN))
    assert [k.code for k in one.closed] == ["M14"] and one.result.document == made.result.document, "one copy is kept"
    waiting = scene.act(rights.set_right, rights.Set(parcel=APN, size="2", status="pending"))
    form = rights.Verify(parcel=APN, right=waiting.result.right, source="permit 6", paper=SCAN)
    assert not [k for k in scene.act(rights.verify, form).opened if k.code == "M14"]
    scene.steady()


# -- services asked for ----------------------------------------------------------------------------------------


def asked(scene: Scene, c: Customer, **more: Any) -> Done[Any]:
    form = service_requests.Make(account=c.account, point=c.point, kind="larger", size="1", **more)
    return scene.act(service_requests.make, form)


def set_since(scene: Scene, c: Customer, on: date) -> None:
    with scene.db.writing():
        scene.db.run("UPDATE install SET on_date = ? WHERE point_id = ?", [on.isoformat(), c.point_id])


def test_m12_a_meter_set_before_its_fee_is_paid(scene: Scene) -> None:
    c = scene.customer()
    scene.refresh()
    made = asked(scene, c, asked_on=DAY - 9 * DAYS, asked_by="[b]Ana\x1b[31m", fee_cents=150_00)
    first = made.result
    assert (first.request, first.due_cents, first.proposal, first.asked_by) == (
        "SR-000001", 150_00, "P-000001", "[b]Ana[31m",
    )  # fmt: skip
    assert not [k for k in made.opened if k.code in ("M11", "M12")], "no meter was set since"
    key = f"M12:point:{c.point}"
    exchange = installs.Exchange(
        point=c.point, on=DAY - 2 * DAYS, removed_value=10, maker="badger", serial="5005", size="1", reason="larger",
    )  # fmt: skip
    assert key in map(str, scene.act(installs.exchange, exchange).opened)
    scene.steady()
    no = scene.refused(service_requests.close, service_requests.Close(number="SR-000001"))
    assert "150.00 is due" in no.reason
    no = scene.refused(service_requests.paid, service_requests.Paid(number="SR-000001", receipt="77"))
    assert "P-000001 charges 150.00" in no.reason, "a fee is paid where it is charged"
    rejected = scene.act(adjustments.reject, adjustments.Reject(proposal="P-000001", reason="wrong size"), who="ben")
    assert key not in map(str, rejected.closed)
    fee = scene.act(service_requests.fee, service_requests.Fee(number="SR-000001"))
    assert fee.result.proposal == "P-000002"
    revised = scene.act(adjustments.revise, adjustments.Revise(proposal="P-000002", amount_cents=120_00))
    number = revised.result.number
    approve = adjustments.Approve(proposal=number, amount_cents=120_00)
    assert key not in map(str, scene.act(adjustments.approve, approve, who="ben").closed)
    with scene.desk() as desk:
        now = desk.ask(service_requests.request, "sr-000001")
        assert (now.due_cents, now.paid_on, now.proposal) == (120_00, None, number), "the revision is followed"
    pay(scene, c, 120_00, DAY)
    assert [str(k) for k in healed(scene, f"account:{c.account}").closed if k.code == "M12"] == [key]
    scene.steady()
    assert scene.act(service_requests.close, service_requests.Close(number="SR-000001")).result.state == "done"
    assert "is done" in scene.refused(service_requests.close, service_requests.Close(number="SR-000001")).reason
    scene.steady()


def test_m12_a_fee_that_was_taken_back_is_charged_anew(scene: Scene) -> None:
    c = scene.customer()
    scene.refresh()
    set_since(scene, c, DAY - 5 * DAYS)
    key = f"M12:point:{c.point}"
    assert key in map(str, asked(scene, c, asked_on=DAY - 9 * DAYS, fee_cents=80_00).opened)
    approve = adjustments.Approve(proposal="P-000001", amount_cents=80_00)
    journal = scene.act(adjustments.approve, approve, who="ben").result.journal_id
    back = scene.act(adjustments.reverse, adjustments.Reverse(journal=journal, note="wrong account")).result
    approve = adjustments.Approve(proposal=back.number, amount_cents=back.amount_cents)
    assert key not in map(str, scene.act(adjustments.approve, approve, who="ben").closed)
    scene.steady()
    with scene.desk() as desk:
        assert desk.ask(service_requests.request, "SR-000001").due_cents == 80_00
        likely = [o.act for o in offers(desk.look(), desk.ask(worklist.item, ItemKey.parse(key))) if o.likely]
    assert likely == ["request.fee"]
    assert scene.act(service_requests.fee, service_requests.Fee(number="SR-000001")).result.proposal == "P-000003"
    assert "P-000003 charges it" in scene.refused(service_requests.fee, service_requests.Fee(number="SR-000001")).reason
    scene.steady()


def test_m12_one_person_alone_pays_no_fee_elsewhere(scene: Scene) -> None:
    c = scene.customer()
    scene.refresh()
    set_since(scene, c, DAY - 5 * DAYS)
    key = f"M12:point:{c.point}"
    paid, form = service_requests.paid, service_requests.Paid
    made = asked(scene, c, asked_on=DAY - 9 * DAYS, fee_cents=80_00, paid_on=DAY - 9 * DAYS, receipt="County 4711")
    assert key in map(str, made.opened) and made.result.paid_on is None, "who makes the request pays nothing by it"
    with scene.desk() as desk:
        item = desk.ask(worklist.item, ItemKey.parse(key))
    assert "ana says was paid elsewhere" in item.why and "nobody else has seen it" in item.why
    assert item.money_cents == 80_00
    scene.steady()
    noted = scene.act(paid, form(number="SR-000001", receipt="County 4712"))
    assert key not in map(str, noted.closed), "nor does noting it again"
    assert "ana alone" in scene.refused(service_requests.close, service_requests.Close(number="SR-000001")).reason
    pay(scene, c, 5_00, DAY)
    (ours,) = scene.db.rows("SELECT number FROM receipt")[0]
    assert "in the books" in scene.refused(paid, form(number="SR-000001", receipt=ours)).reason
    hire(scene.db, "tom", "technician")
    assert "confirms none" in scene.refused(paid, form(number="SR-000001", receipt="County 4712"), who="tom").reason
    confirmed = scene.act(paid, form(number="SR-000001", receipt="county  4712"), who="cho")
    assert [str(k) for k in confirmed.closed] == [key]
    assert (confirmed.result.noted_by, confirmed.result.confirmed_by) == ("ana", "cho")
    assert confirmed.result.paid_on == DAY - 9 * DAYS
    scene.steady()
    assert "is paid since" in scene.refused(paid, form(number="SR-000001", receipt="County 4713")).reason
    with pytest.raises(RuleBroken), scene.db.writing():
        scene.db.run("UPDATE service_request SET confirmed_by = NULL")
    assert scene.act(service_requests.close, service_requests.Close(number="SR-000001")).result.state == "done"


def test_m12_a_receipt_of_somebody_who_left_is_noted_anew_and_still_two_people_see_it(scene: Scene) -> None:
    c = scene.customer()
    scene.refresh()
    set_since(scene, c, DAY - 5 * DAYS)
    paid, form = service_requests.paid, service_requests.Paid
    asked(scene, c, asked_on=DAY - 9 * DAYS, fee_cents=80_00, paid_on=DAY - 9 * DAYS, receipt="County 4711")
    hire(scene.db, "tom", "technician")
    put = scene.act(paid, form(number="SR-000001", receipt="County 4117"), who="tom").result
    assert (put.receipt, put.noted_by, put.confirmed_by, put.paid_on) == ("County 4117", "tom", "", None)
    assert "tom alone" in scene.refused(service_requests.close, service_requests.Close(number="SR-000001")).reason
    day = scene.act(paid, form(number="SR-000001", receipt="County 4117", paid_on=DAY - 8 * DAYS), who="cho").result
    assert (day.noted_by, day.confirmed_by) == ("cho", ""), "another day is another receipt"
    assert "confirms none" in scene.refused(paid, form(number="SR-000001", receipt="County 4117"), who="tom").reason
    seen = scene.act(paid, form(number="SR-000001", receipt="County 4117"), who="ben").result
    assert (seen.noted_by, seen.confirmed_by, seen.paid_on) == ("cho", "ben", DAY - 8 * DAYS)
    scene.steady()


def test_one_receipt_pays_one_fee_unless_its_paper_names_both(scene: Scene) -> None:
    first, second, third = (scene.customer() for _ in range(3))
    scene.refresh()
    paid, form, make = service_requests.paid, service_requests.Paid, service_requests.make
    for c in (first, second):  # a fee that nobody charged: it was to be paid elsewhere, and is not yet
        asked(scene, c, asked_on=DAY - 9 * DAYS)
    with scene.db.writing():
        scene.db.run("UPDATE service_request SET fee_cents = 5000")
    scene.act(paid, form(number="SR-000001", receipt="Planning 771"))
    with scene.desk() as desk:
        waits = desk.ask(service_requests.request, "SR-000001")
    assert (waits.noted_on, waits.noted_by, waits.paid_on, waits.due_cents) == (DAY, "ana", None, 50_00)
    no = scene.refused(paid, form(number="SR-000002", receipt="planning  771"))
    assert f"stands on SR-000001 of {first.account}" in no.reason and "say both" in no.cure
    asks = service_requests.Make(
        account=third.account, point=third.point, fee_cents=5, paid_on=DAY, receipt="PLANNING 771"
    )
    assert "stands on SR-000001" in scene.refused(make, asks).reason
    with_the_map = form(number="SR-000002", receipt="planning 771", paid_on=DAY - 2000 * DAYS, both=True)
    assert scene.act(paid, with_the_map).result.noted_by == "ana"
    assert scene.act(paid, form(number="SR-000002", receipt="planning 771"), who="cho").result.confirmed_by == "cho"
    seen = scene.act(paid, form(number="SR-000001", receipt="planning 771"), who="cho").result
    assert (seen.confirmed_by, seen.noted_on, seen.paid_on) == ("cho", None, DAY)
    scene.steady()


def test_m11_paid_and_not_installed_for_twenty_office_days(scene: Scene) -> None:
    late, near, free, done = (scene.customer() for _ in range(4))
    for c in (late, near, free, done):
        set_since(scene, c, date(2020, 1, 1))
    scene.refresh()
    twenty = office(scene.db, DAY, DAY).add(DAY, -20)
    before = office(scene.db, DAY, DAY).add(DAY, -21)
    asked(scene, late, asked_on=before, fee_cents=900_00, paid_on=before, receipt="developer's 4711")
    asked(scene, near, asked_on=twenty, fee_cents=900_00, paid_on=twenty, receipt="developer's 4711", both=True)
    asked(scene, free, asked_on=before)
    opened = asked(scene, done, asked_on=before)
    assert [str(k) for k in opened.opened] == [f"M11:point:{done.point}"]
    assert sorted(scene.items("M11")) == sorted(f"M11:point:{c.point}" for c in (late, free, done))
    scene.steady()
    closed = scene.act(installs.exchange, installs.Exchange(
        point=done.point, on=DAY, removed_value=5, maker="badger", serial="5006", reason="set",
    )).closed  # fmt: skip
    assert f"M11:point:{done.point}" in map(str, closed)
    back = scene.act(service_requests.withdraw, service_requests.Withdraw(number="SR-000003", reason="sold the lot"))
    assert [str(k) for k in back.closed] == [f"M11:point:{free.point}"]
    scene.steady()
    scene.policy("M11", business_days="19")
    scene.refresh()
    assert f"M11:point:{near.point}" in scene.items("M11")


def test_who_gets_nothing_is_charged_nothing(scene: Scene) -> None:
    c = scene.customer()
    scene.refresh()
    assert asked(scene, c, fee_cents=80_00).result.proposal == "P-000001"
    form = service_requests.Withdraw(number="SR-000001", reason="sold the lot")
    assert "P-000001 is ana's" in scene.refused(service_requests.withdraw, form, who="ben").reason
    assert scene.act(service_requests.withdraw, form).result.state == "withdrawn"
    approve = adjustments.Approve(proposal="P-000001", amount_cents=80_00)
    assert "is withdrawn" in scene.refused(adjustments.approve, approve, who="ben").reason
    scene.steady()


def test_what_a_request_may_not_say(scene: Scene) -> None:
    c = scene.customer()
    point, account = c.point, c.account
    make, form = service_requests.make, service_requests.Make
    for said, wrong in (
        ("is no open account", form(account=format_account(account_number(99)), point=point)),
        ("still to come", form(account=account, point=point, asked_on=DAY + 1 * DAYS)),
        ("no meter size", form(account=account, point=point, size="big")),
        ("its day and its receipt", form(account=account, point=point, fee_cents=5, paid_on=DAY)),
        ("no charge for the reason", form(account=account, point=point, fee_cents=5, charge="leak")),
    ):
        assert said in scene.refused(make, wrong).reason
    assert scene.db.value("SELECT COUNT(*) FROM service_request") == 0
    scene.act(make, form(account=account, point=point))
    assert "SR-000001 is open" in scene.refused(make, form(account=account, point=point)).reason
