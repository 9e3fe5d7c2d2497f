"""Reminders as one run, protections, plans and owners: found at the limit, silent inside, healed by their own acts."""

from __future__ import annotations

import base64
import json
from datetime import date, timedelta
from typing import Any

import pytest

from tests.detectors.money import DAYS, bill, closed, healed, items, opened, pay
from tests.detectors.scene import DAY, Customer, Scene
from ubtui.db.errors import RuleBroken
from ubtui.services import adjustments, collections, ladder, listing, owners, runs
from ubtui.services.documents import Paper
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


def change(c: Customer, **more: Any) -> owners.Change:
    facts: dict[str, Any] = {
        "account": c.account, "name": "Rosa Lund", "on": DAY - 3 * DAYS, "line1": "9 Oak Rd", "city": "Rincon",
        "state": "ca", "zip": "95946", "source": "deed", "note": "doc 2026-1182",
    }  # fmt: skip
    return owners.Change(**facts | more)
