"""Reminders as one run, protections, plans and owners: found at the limit, silent inside, healed by their own acts."""

from __future__ import annotations

import base64
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.detectors.money import DAYS, bill, close, closed, healed, items, opened, pay, refund
from tests.detectors.scene import DAY, Customer, Scene
from tests.services import importing
from ubtui.act import Done, Refused
from ubtui.db.errors import RuleBroken
from ubtui.db.models import record
from ubtui.detectors import heal
from ubtui.services import adjustments, collections, counter, ladder, listing, owners, payments, runs
from ubtui.services.documents import Paper
from ubtui.services.imports.release import Release, release
from ubtui.services.listing import Query
from ubtui.services.verify import Report

RUN = "C01:run:ladder/2026-11-18"
BEFORE = date(2026, 11, 3)  # 15 days before the run's Wednesday
PAPER = Paper(name="certificate.pdf", media="application/pdf", content=base64.b64encode(b"%PDF-1.4").decode())


def owing(scene: Scene, cents: int = 60_00, due: date = BEFORE - DAYS) -> Customer:
    c = scene.customer()
    bill(scene, c, cents, due)
    return c


def clean(scene: Scene) -> None:
    wrong = [f for f in Report(scene.db, DAY, ()).findings() if f.table not in ("file", "meta", "schema")]
    assert wrong == []


# -- C01 ---------------------------------------------------------------------------------------------------------------


def test_c01_is_one_run_with_its_list(scene: Scene) -> None:
    late = [owing(scene), owing(scene, 25_00)]
    owing(scene, 24_99)
    owing(scene, due=BEFORE)
    scene.refresh()
    assert items(scene, "C01") == [RUN]
    evidence = json.loads(scene.db.value("SELECT evidence FROM work_item WHERE code = 'C01'"))
    assert (evidence["accounts"], evidence["cents"], evidence["due_before"]) == (2, 85_00, "2026-11-03")
    with scene.desk("ben") as ben:
        key = ben.ask(lambda look: look.db.value("SELECT id FROM work_item WHERE code = 'C01'"))
        assert key is not None
        of = ben.ask(lambda look: runs.list_of(look, runs.ItemKey.parse(RUN)))
        ids = list(ben.ask(listing.ids, of, Query()))
        assert ids == [c.account_id for c in late]
        rows = ben.ask(listing.rows, of, ids)
        assert rows[late[0].account_id].cells[0] == late[0].account
        assert rows[late[0].account_id].cells[3] == "60.00"
        assert list(ben.ask(listing.ids, of, Query(late[1].account))) == [late[1].account_id]


def test_c01_is_healed_by_mailing(scene: Scene) -> None:
    one, two = owing(scene), owing(scene, 45_00)
    scene.refresh()
    run = RUN.partition("run:")[2]
    done = scene.act(ladder.remind, ladder.Remind(run=run, accounts=(one.account,)), who="ben")
    assert (done.result.letters, done.result.cents, closed(done, "C01")) == (1, 60_00, [])
    scene.steady()
    done = scene.act(ladder.remind, ladder.Remind(run=run), who="ben")
    assert closed(done, "C01") == [RUN]
    assert scene.db.rows("SELECT kind, address, mailed_on FROM letter ORDER BY id") == [
        ("reminder", f"Owner {n}\n{n} Alder Ct\nRincon, CA 95945", DAY.isoformat()) for n in (1, 2)
    ]
    scene.steady()
    assert "is on the run" in scene.refused(ladder.remind, ladder.Remind(run=run), "ben").reason
    assert scene.refused(ladder.remind, ladder.Remind(run=run), "ana").rule == "permission matrix"
    bill(scene, two, 30_00, BEFORE - 2 * DAYS)  # what was not stated is on the next run
    scene.refresh()
    assert items(scene, "C01") == [RUN]


def test_c01_the_letter_states_items_never_the_balance(scene: Scene) -> None:
    c = owing(scene)
    bill(scene, c, 99_00, DAY + 5 * DAYS)
    with scene.desk("ben") as ben:
        (letter,) = ben.ask(lambda look: list(ladder.letters(look)))
    assert "60.00" in letter.text and "99.00" not in letter.text and "159.00" not in letter.text
    assert c.account in letter.text and "Rincon, CA 95945" in letter.text and len(letter.items) == 1


def test_c01_reminds_no_new_owner_of_the_former_one_s_debt(scene: Scene) -> None:
    sold, assumed = owing(scene), owing(scene)
    scene.refresh()
    for c in (sold, assumed):
        scene.act(owners.change, change(c))
    assert items(scene, "C01") == [], "both debts are a former owner's until somebody says otherwise"
    done = scene.act(owners.debt, owners.Debt(account=assumed.account, decision="assumed", reason="in escrow"))
    assert opened(done, "C01") == [RUN]
    scene.steady()
    with scene.desk("ben") as ben:
        assert [each.account for each in ben.ask(lambda look: tuple(ladder.letters(look)))] == [assumed.account]
    bill(scene, sold, 40_00, BEFORE - DAYS)
    assert scene.act(ladder.remind, ladder.Remind(run=RUN.partition("run:")[2]), who="ben").result.letters == 1


def test_c01_waits_for_the_ladder_day(scene: Scene) -> None:
    owing(scene, due=date(2026, 11, 9))
    for day in (DAY, date(2026, 11, 24)):
        scene.refresh(day)
        assert items(scene, "C01") == []
    scene.refresh(date(2026, 11, 25))  # the day before Thanksgiving: 16 days late
    assert items(scene, "C01") == ["C01:run:ladder/2026-11-25"]
    scene.policy("C01", weekday="4")  # a holiday, as is the day after: the run is on Monday
    scene.refresh(date(2026, 11, 29))
    assert items(scene, "C01") == []
    scene.refresh(date(2026, 11, 30))
    assert items(scene, "C01") == ["C01:run:ladder/2026-11-30"]


@pytest.mark.parametrize("limits", [{"days": "16"}, {"least": "60.01"}])
def test_c01_parameters_change_what_is_found(scene: Scene, limits: dict[str, str]) -> None:
    owing(scene)
    scene.refresh()
    assert items(scene, "C01") == [RUN]
    scene.policy("C01", **limits)
    scene.refresh()
    assert items(scene, "C01") == []


def test_c01_ends_and_begins_with_what_is_done_to_accounts(scene: Scene) -> None:
    """The last account that leaves the list closes the run in that commit; the first one opens it."""
    one, two = owing(scene), owing(scene)
    scene.refresh()
    plan = collections.Make(account=one.account, count=3, first_on=DAY + 10 * DAYS)
    assert closed(scene.act(collections.make, plan), "C01") == []
    scene.steady()
    hold = collections.Set(
        account=two.account, kind="dispute", expires_on=DAY + 30 * DAYS, note="billed twice, he says"
    )
    assert closed(scene.act(collections.protect, hold), "C01") == [RUN]
    scene.steady()
    lift = collections.Lift(account=two.account, kind="dispute", reason="settled by the board")
    assert opened(scene.act(collections.lift, lift), "C01") == [RUN]
    scene.steady()
    pay(scene, two, 60_00, DAY)
    assert [str(k) for k in healed(scene, f"account:{two.account}").closed if k.code == "C01"] == [RUN]
    scene.steady()
    end = collections.End(account=one.account, how="cancelled", reason="wants to pay now")
    assert opened(scene.act(collections.end, end), "C01") == [RUN]
    scene.steady()


def test_c01_leaves_out_whom_no_mail_reaches_and_ones_own(scene: Scene) -> None:
    good, nowhere, mine = owing(scene), owing(scene), owing(scene)
    with scene.db.writing():
        scene.db.run("UPDATE party SET mail_zip = NULL WHERE id = ?", [nowhere.party_id])
        scene.db.run(
            "INSERT INTO staff_account(staff, account_number, relation) VALUES ('ben', ?, 'linked')",
            [mine.account.replace("-", "")],
        )
    scene.refresh()
    done = scene.act(ladder.remind, ladder.Remind(run="ladder/2026-11-18"), who="ben")
    assert done.result.letters == 1 and set(done.result.left) == {nowhere.account, mine.account}
    assert items(scene, "C01") == [RUN] and good.account not in done.result.left
    scene.steady()


def test_a_heal_of_one_account_asks_few_questions_of_the_run(scene: Scene) -> None:
    c = owing(scene)
    for _ in range(3):
        owing(scene)
    scene.refresh()
    asked: list[str] = []
    scene.db.on_statement = asked.append
    healed(scene, f"account:{c.account}")
    scene.db.on_statement = None
    assert sum("HAVING SUM(o.cents) >= ?" in sql and "GROUP BY o.account_id, a.number" in sql for sql in asked) == 0


# -- C04 ---------------------------------------------------------------------------------------------------------------


def protected(scene: Scene, kind: str, days: int, began: int = 0, paper: bool = True) -> Customer:
    c = scene.customer()
    form = collections.Set(
        account=c.account, kind=kind, from_on=DAY - timedelta(days=began), expires_on=DAY + timedelta(days=days),
        documents=[PAPER] if paper else [],
    )  # type: ignore[arg-type]  # fmt: skip
    scene.act(collections.protect, form)
    return c


def test_c04_ends_soon(scene: Scene) -> None:
    soon, inside = protected(scene, "medical", 5), protected(scene, "medical", 6)
    scene.refresh()
    assert items(scene, "C04") == [f"C04:account:{soon.account}"]
    form = collections.Set(account=soon.account, kind="medical", expires_on=DAY + 90 * DAYS, documents=[PAPER])
    done = scene.act(collections.protect, form)
    assert closed(done, "C04") == [f"C04:account:{soon.account}"] and not done.result.lacks_paper
    scene.steady()
    scene.policy("C04", days="6")
    scene.refresh()
    assert items(scene, "C04") == [f"C04:account:{inside.account}"]
    lift = collections.Lift(account=inside.account, kind="medical", reason="moved away")
    assert closed(scene.act(collections.lift, lift), "C04") == [f"C04:account:{inside.account}"]
    scene.steady()
    assert scene.db.value("SELECT COUNT(*) FROM protection") == 3, "a renewal is a row of its own"


def test_c04_lacks_its_paper(scene: Scene) -> None:
    late, inside = (protected(scene, "appeal", 60, began, paper=False) for began in (6, 5))
    protected(scene, "hold", 60, 30, paper=False)  # the office's own rests on no paper
    scene.refresh()
    assert items(scene, "C04") == [f"C04:account:{late.account}"]
    form = collections.Set(account=late.account, kind="appeal", expires_on=DAY + 60 * DAYS, documents=[PAPER])
    done = scene.act(collections.protect, form)
    assert closed(done, "C04") == [f"C04:account:{late.account}"]
    assert done.result.from_on == DAY - 6 * DAYS, "who only brings the paper changes no day"
    scene.steady()
    scene.policy("C04", paper="4")
    scene.refresh()
    assert items(scene, "C04") == [f"C04:account:{inside.account}"]


def test_c04_by_law_is_a_deadline_that_nobody_dismisses(scene: Scene) -> None:
    law, own = protected(scene, "dispute", 2), protected(scene, "hold", 2)
    scene.refresh()
    rows = dict(scene.db.rows("SELECT subject_key, due_source FROM work_item WHERE code = 'C04'"))
    assert rows == {law.account: "statute", own.account: "protection's end"}
    scores = dict(scene.db.rows("SELECT subject_key, priority FROM work_item WHERE code = 'C04'"))
    assert scores[law.account] == 95 > scores[own.account]


# -- C05 ---------------------------------------------------------------------------------------------------------------


def planned(scene: Scene, cents: int = 90_00, first: int = 0, day: date = DAY) -> Customer:
    c = owing(scene, cents)
    with scene.desk() as desk:
        answer = desk.perform(
            collections.make,
            collections.Make(account=c.account, count=3, first_on=DAY + timedelta(days=first), note="phoned"),
        )
    assert not isinstance(answer, collections.Refused), answer
    return c


def test_c05_a_missed_instalment(scene: Scene) -> None:
    c = planned(scene)
    scene.refresh(DAY + 5 * DAYS)
    assert items(scene, "C05") == []
    scene.refresh(DAY + 6 * DAYS)
    assert items(scene, "C05") == [f"C05:account:{c.account}"]
    pay(scene, c, 29_99, DAY)
    scene.refresh(DAY + 6 * DAYS)
    assert "0.01 short" in scene.db.value("SELECT why FROM work_item WHERE code = 'C05'")
    pay(scene, c, 1, DAY)
    gone = healed(scene, f"account:{c.account}", day=DAY + 6 * DAYS).closed
    assert f"C05:account:{c.account}" in map(str, gone)
    scene.policy("C05", days="36")
    scene.refresh(DAY + 60 * DAYS)
    assert items(scene, "C05") == []
    scene.refresh(date(2026, 12, 23) + 37 * DAYS)
    assert items(scene, "C05") == [f"C05:account:{c.account}"]
    clean(scene)


def test_c05_a_payment_that_came_back_makes_no_instalment_larger(scene: Scene) -> None:
    c = scene.customer()
    bill(scene, c, 100_00, DAY - 20 * DAYS)
    pay(scene, c, 40_00, DAY - 10 * DAYS)
    scene.refresh()
    scene.act(collections.make, collections.Make(account=c.account, count=2, first_on=DAY))
    taken = scene.db.value("SELECT journal_id FROM receipt")
    number = scene.act(adjustments.reverse, adjustments.Reverse(journal=taken, note="came back")).result.number
    scene.act(adjustments.approve, adjustments.Approve(proposal=number, amount_cents=40_00), who="ben")
    scene.refresh(DAY + 7 * DAYS)
    evidence = json.loads(scene.db.value("SELECT evidence FROM work_item WHERE code = 'C05'"))
    assert (evidence["short_cents"], evidence["left_cents"]) == (30_00, 100_00)


def test_c05_a_newer_bill_is_late_though_the_plan_is_kept(scene: Scene) -> None:
    c = planned(scene, first=20)
    bill(scene, c, 44_00, DAY + 4 * DAYS)
    scene.refresh(DAY + 9 * DAYS)
    assert items(scene, "C05") == []
    found = scene.refresh(DAY + 10 * DAYS)
    assert f"C05:account:{c.account}" in map(str, found.opened)
    assert "44.00 of newer bills is late" in scene.db.value("SELECT why FROM work_item WHERE code = 'C05'")


def test_c05_is_healed_by_ending_or_replacing_the_plan(scene: Scene) -> None:
    ended, again = planned(scene), planned(scene)
    later = DAY + 10 * DAYS
    scene.refresh(later)
    assert len(items(scene, "C05")) == 2
    scene.act(collections.end, collections.End(account=ended.account, how="broken", reason="nothing came"))
    done = scene.act(collections.make, collections.Make(account=again.account, count=2, first_on=DAY + 20 * DAYS))
    assert (done.result.number, done.result.replaced) == ("PA-000003", "PA-000002")
    scene.refresh(later)
    assert items(scene, "C05") == []
    rows = scene.db.rows("SELECT number, ended_how FROM arrangement ORDER BY id")
    assert rows == [("PA-000001", "broken"), ("PA-000002", "replaced"), ("PA-000003", None)]


def test_a_plan_covers_named_items_whatever_else_is_owed(scene: Scene) -> None:
    c = owing(scene, 90_00)
    other = bill(scene, c, 10_00, BEFORE - 3 * DAYS)
    made = scene.act(
        collections.make, collections.Make(account=c.account, items=(other,), count=3, first_on=DAY)
    ).result
    assert made.cents == 10_00 and made.items == (other,)
    assert [cents for _, cents in made.instalments] == [3_34, 3_33, 3_33]
    pay(scene, c, 10_00, DAY)  # the oldest first: that is the covered one
    with scene.desk() as desk:
        plan = desk.ask(collections.plan_of, c.account_id)
        assert plan is not None and plan.left_cents == 0 and plan.next is None
    scene.act(collections.end, collections.End(account=c.account, how="kept", reason="paid in full"))
    clean(scene)


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ({"lines": ("2026-12-01 30", "2027-01-01 29.99")}, "the instalments are 59.99"),
        ({"lines": ("2026-12-01 60", "2026-12-01 0")}, "days one after the other"),
        ({"lines": ("tomorrow 60",)}, "tomorrow"),
        ({"lines": ("2026-11-22 60",)}, "is past"),
        ({"count": 13, "first_on": DAY + DAYS}, "2027-11-24"),
        ({"count": 3}, "no instalments"),
        ({"count": 2, "first_on": DAY, "items": (999,)}, "item 999 is not open"),
    ],
)
def test_a_plan_that_is_none_is_refused(scene: Scene, wish: dict[str, Any], says: str) -> None:
    c = owing(scene)
    assert says in scene.refused(collections.make, collections.Make(account=c.account, **wish)).reason
    assert scene.db.value("SELECT COUNT(*) FROM arrangement") == 0


def test_a_plan_may_be_longer_to_spare_hardship(scene: Scene) -> None:
    c = owing(scene)
    form = collections.Make(account=c.account, count=18, first_on=date(2026, 11, 30), longer=True)
    days = [day for day, _ in scene.act(collections.make, form).result.instalments]
    assert days[3] == date(2027, 2, 28) and days[-1] == date(2028, 4, 30)
    none = collections.Make(account=scene.customer().account, count=2, first_on=DAY)
    assert "nothing is past due" in scene.refused(collections.make, none).reason


def test_a_plan_stays_as_it_was_made(scene: Scene) -> None:
    planned(scene)
    for sql in (
        "UPDATE arrangement SET cents = 1",
        "DELETE FROM arrangement",
        "UPDATE instalment SET cents = 1",
        "DELETE FROM arrangement_item",
    ):
        with pytest.raises(RuleBroken), scene.db.writing():
            scene.db.run(sql)


# -- C09 and the owner change ------------------------------------------------------------------------------------------


def change(c: Customer, **more: Any) -> owners.Change:
    facts: dict[str, Any] = {
        "account": c.account, "name": "Rosa Lund", "on": DAY - 3 * DAYS, "line1": "9 Oak Rd", "city": "Rincon",
        "state": "ca", "zip": "95946", "source": "deed", "note": "doc 2026-1182",
    }  # fmt: skip
    return owners.Change(**facts | more)


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
