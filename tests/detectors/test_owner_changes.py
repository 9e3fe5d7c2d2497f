"""A change of owner: whose debt and credit is whose, and what the county's roll tells of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.detectors.money import DAYS, bill, close, closed, healed, items, opened, pay, refund
from tests.detectors.scene import DAY, Customer, Scene
from tests.detectors.test_collections import PAPER, change, owing
from tests.services import importing
from ubtui.act import Done, Refused
from ubtui.db.errors import RuleBroken
from ubtui.db.models import record
from ubtui.detectors import heal
from ubtui.services import adjustments, collections, counter, owners, payments
from ubtui.services.imports.release import Release, release

# -- C09 and the owner change ------------------------------------------------------------------------------------------


def test_c09_debt_from_before_the_change(scene: Scene) -> None:
    c, paid, small = owing(scene), owing(scene), owing(scene, 99)
    pay(scene, paid, 60_00, DAY)
    scene.refresh()
    done = scene.act(owners.change, change(c))
    assert done.result.open_before_cents == 60_00
    assert opened(done, "C09") == [f"C09:account:{c.account}"]
    for other in (paid, small):
        assert opened(scene.act(owners.change, change(other)), "C09") == []
    scene.steady()
    assert "owner since Nov 20, 2026: Rosa Lund; 60.00 from before is open" in scene.db.value(
        "SELECT why FROM work_item WHERE code = 'C09'"
    )
    done = scene.act(owners.debt, owners.Debt(account=c.account, decision="former", reason="seller was billed"))
    assert closed(done, "C09") == [f"C09:account:{c.account}"] and done.result.open_before_cents == 60_00
    scene.steady()
    scene.policy("C09", least="0.99")
    scene.refresh()
    assert items(scene, "C09") == [f"C09:account:{small.account}"]
    assert (
        "waits for that"
        in scene.refused(owners.debt, owners.Debt(account=c.account, decision="former", reason="again")).reason
    )


def test_c09_closes_when_it_is_paid(scene: Scene) -> None:
    c = owing(scene)
    scene.act(owners.change, change(c))
    pay(scene, c, 60_00, DAY)
    assert f"C09:account:{c.account}" in map(str, healed(scene, f"account:{c.account}").closed)
    bill(scene, c, 70_00, DAY + 40 * DAYS)
    scene.refresh()
    assert items(scene, "C09") == [], "the new owner's own bill is no old debt"


def test_a_new_owner_s_money_pays_what_he_was_charged_first(scene: Scene) -> None:
    c, taken = owing(scene), owing(scene)
    old = scene.db.value("SELECT MIN(id) FROM receivable_item")
    scene.refresh()
    for each in (c, taken):
        scene.act(owners.change, change(each, on=DAY - 20 * DAYS))
        bill(scene, each, 50_00, DAY + 20 * DAYS)  # of DAY - 10: the new owner's
    scene.act(owners.debt, owners.Debt(account=taken.account, decision="assumed", reason="in escrow"))
    for each in (c, taken):
        scene.act(counter.take, counter.Take(account=each.account, amount_cents=50_00, kind="cash"), who="ben")
    left = "SELECT i.cents, o.cents FROM open_item o JOIN receivable_item i ON i.id = o.item_id WHERE o.account_id = ?"
    assert scene.db.rows(left, [c.account_id]) == [(60_00, 60_00)], "his own bill is paid, due later though it is"
    assert scene.db.rows(f"{left} ORDER BY i.id", [taken.account_id]) == [(60_00, 10_00), (50_00, 50_00)]
    pay(scene, c, 70_00, DAY)
    assert scene.db.value("SELECT cents FROM open_item WHERE item_id = ?", [old]) is None, "then what is left over"


def test_a_new_owner_takes_the_former_ones_place(scene: Scene) -> None:
    c = owing(scene)
    with scene.db.writing():
        tenant = scene.db.insert(record.Party, name="Tenant", search_name="tenant", mail_line1="1", mail_city="x")
        agent = scene.db.insert(record.Party, name="Agent", search_name="agent", mail_line1="1", mail_city="x")
        for party, role in ((tenant, "occupant"), (agent, "agent"), (c.party_id, "payer")):
            scene.db.insert(
                record.AccountRole, account_id=c.account_id, party_id=party, role=role, from_on=date(2021, 1, 1)
            )
    scene.act(owners.change, change(c))
    rows = scene.db.rows(
        "SELECT q.name, r.role FROM account_role r JOIN party q ON q.id = r.party_id WHERE r.to_on IS NULL"
        " ORDER BY r.role"
    )
    assert rows == [("Tenant", "occupant"), ("Rosa Lund", "owner"), ("Rosa Lund", "payer")]
    assert "since 2026-11-20" in scene.refused(owners.change, change(c, on=DAY - 9 * DAYS)).reason
    assert "after today" in scene.refused(owners.change, change(c, on=DAY + DAYS)).reason
    assert "ZIP code" in scene.refused(owners.change, change(c, zip="")).reason


def test_who_else_pays_goes_on_paying_for_a_new_owner(scene: Scene) -> None:
    c = owing(scene)
    with scene.db.writing():
        tenant = scene.db.insert(record.Party, name="Tenant", search_name="tenant", mail_line1="1", mail_city="x")
        scene.db.insert(
            record.AccountRole, account_id=c.account_id, party_id=tenant, role="payer", from_on=date(2021, 1, 1)
        )
    scene.act(owners.change, change(c))
    assert scene.db.rows(
        "SELECT q.name FROM account_role r JOIN party q ON q.id = r.party_id WHERE r.to_on IS NULL AND r.role = 'payer'"
    ) == [("Tenant",)]


def test_more_time_to_pay_ends_within_a_year_and_with_the_owner_it_was_given_to(scene: Scene) -> None:
    c = scene.customer()

    def until(kind: Any, day: date) -> collections.Set:
        return collections.Set(account=c.account, kind=kind, expires_on=day, documents=[PAPER])

    no = scene.refused(collections.protect, until("extension", date(DAY.year + 1, DAY.month, DAY.day) + DAYS))
    assert "within 12 months" in no.rule and no.cure == "2027-11-23 at the latest"
    for kind in ("extension", "hold", "medical", "moratorium"):
        scene.act(collections.protect, until(kind, date(DAY.year + 1, DAY.month, DAY.day)))
    scene.refresh()
    done = scene.act(owners.change, change(c)).result
    assert (done.ended, done.ask_about) == (("extension", "hold"), ("medical",))
    left = [each.kind for each in scene.desk("ana").ask(collections.protections, c.account_id)]
    assert left == ["medical", "moratorium"]
    why = "SELECT DISTINCT ended_why FROM protection WHERE ended_on IS NOT NULL"
    assert scene.db.rows(why) == [("the owner changed on 2026-11-20",)]
    scene.steady()


def test_nothing_of_the_former_owner_goes_on_in_the_new_one_s_name(scene: Scene) -> None:
    c = scene.customer()
    bill(scene, c, 90_00, DAY - 21 * DAYS)
    scene.refresh()
    plan = scene.act(collections.make, collections.Make(account=c.account, count=3, first_on=DAY + 9 * DAYS)).result
    assert plan.number in scene.refused(owners.change, change(c)).reason
    scene.act(collections.end, collections.End(account=c.account, how="cancelled", reason="sold"))
    form = adjustments.Propose(account=c.account, reason="read-correction", amount_cents=30_00, note="misread")
    number = scene.act(adjustments.propose, form).result.number
    assert f"{number} waits" in scene.refused(owners.change, change(c)).reason
    scene.act(adjustments.withdraw, adjustments.Withdraw(proposal=number))
    other = scene.customer()
    pay(scene, other, 40_00, DAY - 30 * DAYS)
    scene.refresh()
    moving = payments.Transfer(account=other.account, to=c.account, amount_cents=40_00, note="his other house")
    number = scene.act(payments.transfer, moving).result.number
    assert f"{number} waits" in scene.refused(owners.change, change(c)).reason, "it would come to the new owner"
    scene.act(adjustments.withdraw, adjustments.Withdraw(proposal=number))
    scene.act(owners.change, change(c))
    scene.steady()


def test_the_former_owner_s_credit_is_not_the_new_one_s(scene: Scene) -> None:
    c = scene.customer()
    pay(scene, c, 80_00, DAY - 30 * DAYS)
    bill(scene, c, 30_00, DAY)  # charged before the change, so his credit pays it
    no = scene.refused(owners.change, change(c))
    assert "50.00 of credit that nobody paid in since 2026-11-20: 80.00 by RECEIPT of 2026-10-24." in no.reason
    assert no.rule == "a credit belongs to who paid it" and "refund" in no.cure
    assert scene.db.value("SELECT COUNT(*) FROM journal WHERE kind = 'APPLY'") == 0, "a refusal leaves nothing behind"
    refund(scene, c, 50_00)
    scene.refresh()
    done = scene.act(owners.change, change(c))
    assert (done.result.open_before_cents, done.result.credit_cents) == (0, 0)
    assert scene.db.rows("SELECT p.cents FROM posting p JOIN journal j ON j.id = p.journal_id WHERE j.kind = 'APPLY'"
                         " ORDER BY p.cents") == [(-30_00,), (30_00,)]  # fmt: skip
    scene.steady()


def test_a_credit_of_an_adjustment_is_told_by_its_own_day(scene: Scene) -> None:
    c = scene.customer()
    bill(scene, c, 30_00, DAY)
    form = adjustments.Propose(account=c.account, reason="read-correction", amount_cents=80_00, note="misread")
    number = scene.act(adjustments.propose, form).result.number
    scene.act(adjustments.approve, adjustments.Approve(proposal=number, amount_cents=80_00), who="ben")
    no = scene.refused(owners.change, change(c))
    assert "50.00 of credit that nobody paid in since 2026-11-20: 50.00 by ADJ of 2026-11-23." in no.reason


def test_what_the_new_owner_paid_since_stays_his(scene: Scene) -> None:
    c, mixed, late = scene.customer(), scene.customer(), scene.customer()
    pay(scene, c, 40_00, DAY - DAYS)
    assert scene.act(owners.change, change(c)).result.credit_cents == 40_00
    pay(scene, mixed, 10_00, DAY - 30 * DAYS)
    pay(scene, mixed, 40_00, DAY - DAYS)
    assert "10.00 of credit" in scene.refused(owners.change, change(mixed)).reason
    pay(scene, late, 40_00, DAY - DAYS)
    bill(scene, late, 25_00, DAY)  # 30 days before the change: the former owner's, and not for this money to pay
    done = scene.act(owners.change, change(late)).result
    assert (done.open_before_cents, done.credit_cents) == (25_00, 40_00)
    taken = scene.db.value("SELECT journal_id FROM receipt WHERE account_id = ?", [mixed.account_id])
    number = scene.act(adjustments.reverse, adjustments.Reverse(journal=taken, note="came back")).result.number
    scene.act(adjustments.approve, adjustments.Approve(proposal=number, amount_cents=10_00), who="ben")
    assert scene.act(owners.change, change(mixed)).result.credit_cents == 40_00


# -- Q03 ---------------------------------------------------------------------------------------------------------------


def rolled(scene: Scene, c: Customer, *names: str) -> None:
    """A parcel of the customer's, and what the county's rolls of following years call its owner."""
    with scene.db.writing():
        apn = f"0{c.account_id:011d}"
        parcel = scene.db.insert(record.Parcel, apn=apn, county="Nevada", situs="x")
        scene.db.insert(record.AccountParcel, account_id=c.account_id, parcel_id=parcel)
    for n, name in enumerate(names):
        form = owners.County(apn=apn, name=name, as_of=date(2026 - len(names) + n, 7, 1))
        scene.act(owners.county, form, who="ben")


def test_q03_the_county_changed_its_owner(scene: Scene) -> None:
    changed, trust, stock, same = (scene.customer() for _ in range(4))
    rolled(scene, changed, "ONE OWNER", "LUND ROSA", "LUND ROSA")
    rolled(scene, trust, "OWNER 2", "TWO OWNER FAMILY TRUST")
    rolled(scene, stock, "LUND ROSA", "LUND ROSA")  # never agreed: that is the old stock, no change
    rolled(scene, same, "LUND ROSA", "OWNER FOUR")
    with scene.db.writing():
        for c, name in ((changed, "Owner One"), (trust, "Owner Two"), (stock, "Owner Three"), (same, "Owner Four")):
            scene.db.run("UPDATE party SET name = ? WHERE id = ?", [name, c.party_id])
    scene.refresh()
    assert items(scene, "Q03") == [f"Q03:account:{changed.account}"]
    assert scene.db.value("SELECT backlog FROM work_item WHERE code = 'Q03'") == 1
    done = scene.act(owners.confirm, owners.Confirm(account=changed.account, reason="deed of trust only"))
    assert done.result.county == ("LUND ROSA",) and closed(done, "Q03") == [f"Q03:account:{changed.account}"]
    scene.steady()
    assert (
        "no other owner"
        in scene.refused(owners.confirm, owners.Confirm(account=changed.account, reason="again")).reason
    )


def test_q03_is_healed_by_the_owner_change(scene: Scene) -> None:
    c = scene.customer()
    rolled(scene, c, "OWNER 1", "LUND ROSA M")
    assert items(scene, "Q03") == [f"Q03:account:{c.account}"]
    done = scene.act(owners.change, change(c, source="county"))
    assert closed(done, "Q03") == [f"Q03:account:{c.account}"]
    close(scene, c, DAY)
    assert scene.refresh() == heal.Healed() or items(scene, "Q03") == []


def test_q03_the_county_s_roll_comes_as_one_file(scene: Scene, tmp_path: Path) -> None:
    changed, same = scene.customer(), scene.customer()
    for c in (changed, same):
        rolled(scene, c, f"OWNER {c.account_id}")
    scene.refresh()
    roll = (
        "APN,Assessee,Roll date\n"
        f"0{changed.account_id:011d},LUND ROSA M,2026-07-01\n"
        f"0{same.account_id:011d},OWNER {same.account_id},07/01/2026\n"
        f"0{same.account_id:011d},ANOTHER NAME,2026-07-01\n"
        f"0{same.account_id:011d},OWNER {same.account_id},2026-07-01\n"
        "099999999999,NOBODY HERE,2026-07-01\n"
        f"0{changed.account_id:011d},TOMORROW'S OWNER,2026-12-01\n"
    )
    path = importing.file(tmp_path, roll, "roll.csv")
    with scene.desk() as ana:
        report = importing.stage(ana, "owners", path)
        assert (report.accepted, report.staged, report.passed) == (2, 3, 1)
        assert report.reasons == {"coming-day": 1, "duplicate-owner": 1, "unknown-parcel": 1}
        assert scene.items("Q03") == [], "nobody sees it before its release"
        done = ana.perform(release, Release(kind="owners", sha256=report.sha256))
        assert isinstance(done, Done) and opened(done, "Q03") == [f"Q03:account:{changed.account}"]
    scene.steady()
    names = "SELECT name, source FROM county_owner WHERE as_of = '2026-07-01' ORDER BY parcel_id"
    source = "Owners as the county's roll has them, comma-separated with a header"
    assert scene.db.rows(names) == [("LUND ROSA M", source), (f"OWNER {same.account_id}", source)]
    done = scene.act(owners.change, change(changed, source="county"))
    assert closed(done, "Q03") == [f"Q03:account:{changed.account}"]
    for sql in ("DELETE FROM county_owner", "UPDATE county_owner SET name = 'x'"):
        with pytest.raises(RuleBroken), scene.db.writing():
            scene.db.run(sql)


def test_a_roll_that_is_given_up_leaves_nothing_and_waiting_payments_keep_no_import_waiting(
    scene: Scene, tmp_path: Path
) -> None:
    c = scene.customer()
    rolled(scene, c, "OWNER 1")
    form = payments.Stage(
        source="Mail", kind="check", received_on=DAY, lines=[payments.Came(cents=5_00)], control_cents=5_00
    )
    scene.act(payments.stage, form)
    bad = importing.file(tmp_path, f"apn,owner,as_of\n0{c.account_id:011d},A,2026-07-01\n0123456789,B,2026-07-01\n")
    with scene.desk() as ana, pytest.raises(Refused, match="cannot go in"):
        importing.stage(ana, "owners", bad, strict=True)
    assert scene.db.value("SELECT COUNT(*) FROM county_owner") == 1


def test_nobody_proposes_for_his_own_plan(scene: Scene) -> None:
    mine = owing(scene)
    with scene.db.writing():
        scene.db.run(
            "INSERT INTO staff_account(staff, account_number, relation) VALUES ('ana', ?, 'own')",
            [mine.account.replace("-", "")],
        )
    acts: list[tuple[Any, Any]] = [
        (collections.make, collections.Make(account=mine.account, count=2, first_on=DAY)),
        (collections.protect, collections.Set(account=mine.account, kind="hold", expires_on=DAY + DAYS)),
        (owners.change, change(mine)),
        (adjustments.propose, adjustments.Propose(account=mine.account, reason="leak", amount_cents=1)),
    ]
    for act, form in acts:
        assert "your own account" in scene.refused(act, form).reason
