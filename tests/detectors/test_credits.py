"""Credits and money that stand where they do not belong: found at the limit, silent inside, healed by their acts."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from tests.detectors.money import DAYS, bill, close, closed, items, pay, refund, stage
from tests.detectors.scene import DAY, Customer, Scene
from tests.detectors.test_payments import clean, undo
from ubtui.detectors import heal
from ubtui.services import adjustments, ledger, owners, payments
from ubtui.services.documents import Paper
from ubtui.services.payments import Came

# -- credits that belong elsewhere -------------------------------------------------------------------------------------


def move(c: Customer, to: Customer, cents: int, **more: Any) -> payments.Transfer:
    return payments.Transfer(account=c.account, to=to.account, amount_cents=cents, note="his other house", **more)


def test_a_credit_goes_to_another_account_and_pays_what_is_open_there(scene: Scene) -> None:
    c, other = scene.customer(), scene.customer()
    item = bill(scene, other, 15_00, DAY + 9 * DAYS)
    pay(scene, c, 20_00, DAY)
    close(scene, c, DAY - 9 * DAYS)
    scene.refresh()
    key = f"P06:account:{c.account}"
    done = scene.act(payments.transfer, move(c, other, 20_00, item=key))
    assert done.result.state == "pending" and items(scene, "P06") == [key]
    tomorrow(scene)
    scene.refresh(DAY + DAYS)
    approve = adjustments.Approve(proposal=done.result.number, amount_cents=20_00)
    done = scene.act(adjustments.approve, approve, who="ben")
    assert closed(done, "P06") == [key]
    assert scene.refresh(DAY + DAYS) == heal.Healed()
    assert scene.db.value("SELECT cents FROM open_item WHERE item_id = ?", [item]) is None
    with scene.desk("ben") as ben:
        assert ben.ask(ledger.balance, c.account_id).total == 0
        assert ben.ask(ledger.balance, other.account_id).credit == 5_00
        seen = ben.ask(adjustments.proposal, "P-000001")
    assert (seen.title, seen.plan) == (f"Credit moved to {other.account}, Owner 2: another owner", None)
    clean(scene)


def test_a_credit_moves_at_most_once_and_never_to_ones_own(scene: Scene) -> None:
    c, mine, other = (scene.customer() for _ in range(3))
    pay(scene, c, 20_00, DAY)
    with scene.db.writing():
        for who in ("ana", "ben"):
            scene.db.run(
                "INSERT INTO staff_account(staff, account_number, relation) VALUES (?, ?, 'linked')",
                [who, (mine if who == "ana" else other).account.replace("-", "")],
            )
    assert "linked to you" in scene.refused(payments.transfer, move(c, mine, 1_00)).reason
    assert "linked to you" in scene.refused(payments.transfer, move(mine, c, 1_00)).reason
    assert "same account" in scene.refused(payments.transfer, move(c, c, 1_00)).reason
    for none in (0, -5_00):
        assert scene.refused(payments.transfer, move(c, other, none)).reason == "the amount is not above zero"
    assert "credit of 20.00" in scene.refused(payments.transfer, move(c, other, 20_01)).reason
    paper = Paper(name="letter.pdf", media="application/pdf", content="eA==")
    made = scene.act(payments.transfer, move(c, other, 20_00, documents=[paper])).result
    number, approve = made.number, adjustments.Approve(proposal=made.number, amount_cents=20_00)
    assert made.approvers == ("finance",), "the other end is a colleague's"
    assert "not a lead's" in scene.refused(adjustments.approve, approve, who="ben").reason
    refund(scene, c, 1_00)
    no = scene.refused(adjustments.approve, approve, who="cho")
    assert "credit of 19.00" in no.reason
    assert (
        "moves money as it stands"
        in scene.refused(adjustments.revise, adjustments.Revise(proposal=number, amount_cents=19_00)).reason
    )


def test_what_the_former_owner_wanted_kept_binds_no_new_one(scene: Scene) -> None:
    c = usual(scene, 6, 130_00)
    scene.refresh()
    assert items(scene, "P08") == [f"P08:account:{c.account}"]
    keep = payments.Keep(account=c.account, code="P08", until=DAY + 100 * DAYS, reason="pays ahead")
    assert closed(scene.act(payments.keep, keep), "P08")
    form = owners.Change(
        account=c.account, name="Rosa Lund", on=DAY - 200 * DAYS, line1="9 Oak Rd", city="Rincon", state="CA",
        zip="95946", source="deed",
    )  # fmt: skip
    with scene.db.writing():  # all of it was paid since that day
        scene.db.run("UPDATE meta SET value = ? WHERE key = 'today'", [(DAY + DAYS).isoformat()])
    scene.act(owners.change, form)
    assert items(scene, "P08") == [f"P08:account:{c.account}"]
    assert scene.refresh(DAY + DAYS) == heal.Healed()


def test_p07_a_payment_that_came_back_makes_no_credit_younger(scene: Scene) -> None:
    c = scene.customer()
    pay(scene, c, 10_00, DAY - 90 * DAYS)
    pay(scene, c, 30_00, DAY - DAYS)
    close(scene, c, DAY - 60 * DAYS)
    scene.refresh()
    assert items(scene, "P07") == [f"P07:account:{c.account}"]
    journal = scene.db.value("SELECT MAX(journal_id) FROM receipt")
    undo(scene, journal, 30_00)
    assert items(scene, "P07") == [f"P07:account:{c.account}"]
    evidence = json.loads(scene.db.value("SELECT evidence FROM work_item WHERE code = 'P07'"))
    assert (evidence["credit_cents"], evidence["since"]) == (10_00, (DAY - 90 * DAYS).isoformat())
    scene.steady()


def test_the_checker_reads_where_a_credit_goes(scene: Scene) -> None:
    c, his = scene.customer(), scene.customer()
    pay(scene, c, 20_00, DAY)
    with scene.db.writing():
        scene.db.run(
            "INSERT INTO account_role(account_id, party_id, role, from_on) VALUES (?, ?, 'payer', '2020-01-01')",
            [his.account_id, c.party_id],
        )
    scene.refresh()
    number = scene.act(payments.transfer, move(c, his, 20_00)).result.number
    with scene.desk("ben") as ben:
        seen = ben.ask(adjustments.proposal, number)
    assert seen.title == f"Credit moved to {his.account}, Owner 2"
    assert seen.plan is not None and seen.plan.title == seen.title


def test_a_moved_credit_is_moved_back(scene: Scene) -> None:
    c, other = scene.customer(), scene.customer()
    pay(scene, c, 90_00, DAY - 40 * DAYS)
    item = bill(scene, other, 60_00, DAY + 20 * DAYS)
    scene.refresh()
    number = scene.act(payments.transfer, move(c, other, 90_00)).result.number
    journal = scene.act(adjustments.approve, adjustments.Approve(proposal=number, amount_cents=90_00), who="ben").result
    spent = scene.db.value("SELECT id FROM journal WHERE kind = 'APPLY'")
    no = scene.refused(adjustments.reverse, adjustments.Reverse(journal=journal.journal_id, note="wrong account"))
    assert no.reason == f"the credit it left on {other.account} has been used since"
    assert no.cure == f"reverse journal {spent}, which used it, first"
    undo(scene, spent, 60_00)
    assert scene.db.value("SELECT cents FROM open_item WHERE item_id = ?", [item]) == 60_00
    form = adjustments.Reverse(journal=journal.journal_id, note="wrong account")
    linked = "INSERT INTO staff_account(staff, account_number, relation) VALUES (?, ?, 'linked')"
    with scene.db.writing():  # who has to do with the account at the other end neither proposes nor decides
        scene.db.run(linked, ["ana", other.account.replace("-", "")])
    assert "linked to you" in scene.refused(adjustments.reverse, form).reason
    with scene.db.writing():
        scene.db.run("DELETE FROM staff_account WHERE staff = 'ana'")
    number = scene.act(adjustments.reverse, form).result.number
    approve = adjustments.Approve(proposal=number, amount_cents=90_00)
    with scene.db.writing():
        scene.db.run(linked, ["ben", other.account.replace("-", "")])
    assert "linked to you" in scene.refused(adjustments.approve, approve, "ben").reason
    with scene.db.writing():
        scene.db.run("DELETE FROM staff_account WHERE staff = 'ben'")
    done = scene.act(adjustments.approve, approve, who="ben")
    assert {str(s) for s in done.touched} >= {f"account:{c.account}", f"account:{other.account}"}
    with scene.desk() as desk:
        standing = [ledger.balance(desk.look(), each.account_id) for each in (c, other)]
    assert [(b.credit, b.receivable) for b in standing] == [(90_00, 0), (0, 60_00)]
    scene.steady()
    clean(scene)


def test_a_payment_given_back_is_approved_on_a_later_day(scene: Scene) -> None:
    (key,) = stage(scene, Came(cents=80_00))
    number = scene.act(payments.give_back, payments.Return(payment=key, note="unknown")).result.number
    tomorrow(scene)
    done = scene.act(adjustments.approve, adjustments.Approve(proposal=number, amount_cents=80_00), who="ben")
    assert closed(done, "P01") == [f"P01:payment:{key}"]
    clean(scene)


def tomorrow(scene: Scene) -> None:
    with scene.db.writing():
        scene.db.run("UPDATE meta SET value = ? WHERE key = 'today'", [(DAY + DAYS).isoformat()])


# -- P08 ---------------------------------------------------------------------------------------------------------------


def usual(scene: Scene, bills: int, credit: int) -> Customer:
    c = scene.customer()
    for n in range(bills):
        bill(scene, c, 40_00, DAY - timedelta(days=61 * n))
    pay(scene, c, 40_00 * bills + credit, DAY - DAYS)
    return c


def test_p08_large_credit(scene: Scene) -> None:
    large, inside, few = usual(scene, 6, 120_01), usual(scene, 6, 120_00), usual(scene, 5, 900_00)
    scene.refresh()
    assert items(scene, "P08") == [f"P08:account:{large.account}"]
    scene.policy("P08", times="2.9")
    scene.refresh()
    assert items(scene, "P08") == [f"P08:account:{c.account}" for c in (large, inside)]
    form = payments.Keep(account=large.account, code="P08", until=DAY + 99 * DAYS, reason="pays ahead for a year")
    assert closed(scene.act(payments.keep, form), "P08") == [f"P08:account:{large.account}"]
    done = refund(scene, inside, 120_00)
    assert closed(done, "P08") == [f"P08:account:{inside.account}"]
    scene.steady()
    assert few.account not in " ".join(items(scene, "P08"))


def test_p08_counts_what_is_free_of_open_bills(scene: Scene) -> None:
    c = usual(scene, 6, 121_00)
    bill(scene, c, 40_00, DAY + 9 * DAYS)  # not paid from the credit yet
    scene.refresh()
    assert items(scene, "P08") == []
