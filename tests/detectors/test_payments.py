"""Payments: found at the limit, silent just inside, healed by their own acts; suspense always ties out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.detectors.money import DAYS, bill, close, closed, items, opened, pay, refund, stage, staged
from tests.detectors.scene import DAY, Customer, Scene
from ubtui.services import adjustments, escrow, payers, payments, worklist
from ubtui.services.payments import Came
from ubtui.services.verify import Report


def clean(scene: Scene) -> None:
    wrong = [f for f in Report(scene.db, DAY, ()).findings() if f.table not in ("file", "meta", "schema")]
    assert wrong == []


# -- P01 ---------------------------------------------------------------------------------------------------------------


def test_p01_is_matched_to_its_account(scene: Scene) -> None:
    c = scene.customer()
    item = bill(scene, c, 120_00, DAY + 5 * DAYS)
    scene.refresh()
    form = payments.Stage(
        source="Lockbox", kind="lockbox", received_on=DAY - DAYS, control_cents=180_00,
        lines=[Came(cents=150_00, payer="O. One", reference="check 1044"), Came(cents=30_00)],
    )  # fmt: skip
    (first, second), done = staged(scene, form)
    assert opened(done, "P01") == [f"P01:payment:{first}", f"P01:payment:{second}"]
    assert scene.db.rows("SELECT who FROM work_item WHERE code = 'P01' ORDER BY id") == [("O. One",), ("",)]
    scene.steady()
    done = scene.act(payments.match, payments.Match(payment=first, account=c.account, note="he called"))
    assert closed(done, "P01") == [f"P01:payment:{first}"]
    assert (done.result.cents, done.result.balance_cents) == (150_00, -30_00)
    assert scene.db.value("SELECT cents FROM open_item WHERE item_id = ?", [item]) is None
    assert scene.db.rows("SELECT number, received_on, cents, source FROM receipt") == [
        (done.result.receipt, (DAY - DAYS).isoformat(), 150_00, "Lockbox")
    ]
    suspense = "SELECT CAST(SUM(p.cents) AS bigint) FROM posting p JOIN gl_account g ON g.id = p.gl_id"
    assert scene.db.value(f"{suspense} WHERE g.use = 'suspense'") == -30_00
    scene.steady()
    clean(scene)
    no = scene.refused(payments.match, payments.Match(payment=first, account=c.account))
    assert no.reason == f"payment {first} is matched"


def test_p01_comes_back_when_its_match_is_reversed(scene: Scene) -> None:
    wrong, right = scene.customer(), scene.customer()
    bill(scene, wrong, 91_40, DAY + 5 * DAYS)
    bill(scene, right, 91_40, DAY + 5 * DAYS)
    scene.refresh()
    (key,) = stage(scene, Came(cents=91_40, payer="R. Right"))
    made = scene.act(payments.match, payments.Match(payment=key, account=wrong.account)).result
    form = adjustments.Reverse(journal=made.journal_id, note="wrong account")
    number = scene.act(adjustments.reverse, form).result.number
    done = scene.act(adjustments.approve, adjustments.Approve(proposal=number, amount_cents=91_40), who="ben")
    assert opened(done, "P01") == [f"P01:payment:{key}"]
    scene.steady()
    clean(scene)
    again = scene.act(payments.match, payments.Match(payment=key, account=right.account))
    assert closed(again, "P01") == [f"P01:payment:{key}"] and again.result.balance_cents == 0
    assert again.result.receipt == f"{made.receipt}-2"
    scene.steady()
    clean(scene)


def test_p01_is_given_back_by_two_people(scene: Scene) -> None:
    (key,) = stage(scene, Came(cents=80_00, payer="Nobody"))
    back = scene.act(payments.give_back, payments.Return(payment=key, note="not a customer of ours"), "ben")
    number = back.result.number
    assert back.result.state == "pending" and items(scene, "P01") == [f"P01:payment:{key}"]
    c = scene.customer()
    scene.refresh()
    no = scene.refused(payments.match, payments.Match(payment=key, account=c.account))
    assert no.reason == f"{number} proposes to give it back"
    scene.steady()
    approve = adjustments.Approve(proposal=number, amount_cents=80_00)
    assert "own proposal" in scene.refused(adjustments.approve, approve, "ben").reason
    done = scene.act(adjustments.approve, approve, who="cho")
    assert closed(done, "P01") == [f"P01:payment:{key}"]
    assert scene.db.rows("SELECT state, settled_by FROM suspense_line") == [("returned", "cho")]
    scene.steady()
    clean(scene)
    with scene.desk("ben") as ben:
        seen = ben.ask(adjustments.proposal, number)
    assert (seen.account, seen.title, seen.standing) == ("", "Payment returned to its payer", "approved")


def test_p01_a_return_withdrawn_leaves_it_in_suspense(scene: Scene) -> None:
    (key,) = stage(scene, Came(cents=80_00))
    number = scene.act(payments.give_back, payments.Return(payment=key, note="unknown")).result.number
    no = scene.refused(adjustments.revise, adjustments.Revise(proposal=number, amount_cents=10_00))
    assert "withdraw it" in no.cure
    with scene.desk("ben") as ben:
        assert [(p.number, p.account) for p in ben.ask(adjustments.pending)] == [(number, "")]
    scene.act(adjustments.withdraw, adjustments.Withdraw(proposal=number, reason="he called"))
    c = scene.customer()
    scene.refresh()
    scene.act(payments.match, payments.Match(payment=key, account=c.account))
    assert items(scene, "P01") == []
    scene.steady()


def undo(scene: Scene, journal: int, cents: int, who: str = "ben") -> Any:
    """A journal taken back: proposed by ana, approved by another."""
    number = scene.act(adjustments.reverse, adjustments.Reverse(journal=journal, note="in error")).result.number
    return scene.act(adjustments.approve, adjustments.Approve(proposal=number, amount_cents=cents), who=who)


def give_back(scene: Scene, key: str, cents: int) -> int:
    number = scene.act(payments.give_back, payments.Return(payment=key, note="unknown")).result.number
    done = scene.act(adjustments.approve, adjustments.Approve(proposal=number, amount_cents=cents), who="ben")
    return int(done.result.journal_id)


def test_p01_comes_back_when_its_return_is_reversed(scene: Scene) -> None:
    c = scene.customer()
    scene.refresh()
    (key,) = stage(scene, Came(cents=80_00))
    journal = give_back(scene, key, 80_00)
    form = adjustments.Reverse(journal=journal, note="the check came back to us")
    number = scene.act(adjustments.reverse, form).result.number
    done = scene.act(adjustments.approve, adjustments.Approve(proposal=number, amount_cents=80_00), who="ben")
    assert opened(done, "P01") == [f"P01:payment:{key}"] and done.result.balance_cents == 0
    assert scene.db.rows("SELECT state, settled_journal_id FROM suspense_line") == [("suspense", None)]
    scene.steady()
    clean(scene)
    assert "is reversed by" in scene.refused(adjustments.reverse, form).reason
    assert closed(scene.act(payments.match, payments.Match(payment=key, account=c.account)), "P01")
    clean(scene)


def test_p01_a_batch_entered_in_error_is_reversed_while_it_is_whole(scene: Scene) -> None:
    lines = [Came(cents=80_00), Came(cents=20_00, reference="check 7")]
    first, second = stage(scene, *lines)
    journal = scene.db.value("SELECT journal_id FROM suspense_line")
    given = give_back(scene, second, 20_00)
    no = scene.refused(adjustments.reverse, adjustments.Reverse(journal=journal, note="entered twice"))
    assert (no.reason, no.cure) == (f"payment {second} of it is returned", f"reverse journal {given} first")
    undo(scene, given, 20_00)
    done = undo(scene, journal, 100_00)
    assert closed(done, "P01") == [f"P01:payment:{first}", f"P01:payment:{second}"]
    assert "is void" in scene.refused(payments.give_back, payments.Return(payment=first, note="gone")).reason
    scene.steady()
    clean(scene)
    again = stage(scene, *lines)  # the same file may come in now that it is out again
    assert len(again) == 2 and first not in again
    clean(scene)


def test_p01_days_are_a_parameter(scene: Scene) -> None:
    old, new = stage(scene, Came(cents=1), on=DAY - 2 * DAYS) + stage(scene, Came(cents=2), on=DAY - DAYS)
    scene.policy("P01", days="2")
    scene.refresh()
    assert items(scene, "P01") == [f"P01:payment:{old}"]
    scene.refresh(DAY + DAYS)
    assert items(scene, "P01") == [f"P01:payment:{old}", f"P01:payment:{new}"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"control_cents": 99}, "their total 0.99"),
        ({"lines": []}, "above zero"),
        ({"lines": [Came(cents=-5)]}, "above zero"),
        ({"lines": [Came(cents=10**12)], "control_cents": 10**12}, "more than a journal holds"),
        ({"received_on": DAY + DAYS}, "after today"),
        ({"received_on": DAY - 9999 * DAYS}, "the ledger begins"),
    ],
)
def test_p01_a_batch_that_does_not_tie_posts_nothing(scene: Scene, change: dict[str, object], says: str) -> None:
    good = {"source": "Mail", "kind": "check", "received_on": DAY, "lines": [Came(cents=1_00)], "control_cents": 1_00}
    assert says in scene.refused(payments.stage, payments.Stage(**{**good, **change}), who="ben").reason
    assert scene.db.value("SELECT COUNT(*) FROM journal") == 0
    scene.act(payments.stage, payments.Stage(**good), who="ben")
    assert "came in as batch" in scene.refused(payments.stage, payments.Stage(**good), who="ben").reason


def test_p01_nobody_releases_the_payments_that_he_staged(scene: Scene) -> None:
    lines = [Came(cents=40_00, payer="R. Bauer"), Came(cents=7_50)]
    form = payments.Stage(source="Mail", kind="check", received_on=DAY, lines=lines, control_cents=47_50)
    made = scene.act(payments.stage, form, who="ben").result
    assert made.approvers == ("finance", "lead") and items(scene, "P01") == []
    assert scene.db.value("SELECT COUNT(*) FROM journal") == 0, "it waits for another person"
    approve = adjustments.Approve(proposal=made.proposal, amount_cents=47_50)
    assert "own proposal" in scene.refused(adjustments.approve, approve, "ben").reason
    assert "may not do adjust.approve" in scene.refused(adjustments.approve, approve).reason
    assert (
        "is staged" in scene.refused(payments.give_back, payments.Return(payment=made.payments[0], note="x y")).reason
    )
    assert "came in as batch" in scene.refused(payments.stage, form).reason
    with scene.desk("cho") as cho:
        seen = cho.ask(adjustments.proposal, made.proposal)
        assert (seen.title, seen.account, seen.may_decide) == ("Payments taken into suspense", "", "")
        assert [(each.number, each.mine) for each in cho.ask(adjustments.pending)] == [(made.proposal, True)]
    again = adjustments.Revise(proposal=made.proposal, amount_cents=40_00)
    assert "moves money as it stands" in scene.refused(adjustments.revise, again, "ben").reason
    scene.act(adjustments.reject, adjustments.Reject(proposal=made.proposal, reason="one check is missing"), "cho")
    assert scene.db.rows("SELECT DISTINCT state FROM suspense_line") == [("void",)]
    keys, done = staged(scene, form, by="cho")
    assert opened(done, "P01") == [f"P01:payment:{key}" for key in keys]
    assert scene.db.rows("SELECT released_by FROM batch ORDER BY id") == [(None,), ("cho",)]
    scene.act(adjustments.acknowledge, adjustments.Acknowledge(proposal=made.proposal), "ben")
    scene.steady()
    clean(scene)


def test_p01_payments_that_wait_do_not_lapse(scene: Scene) -> None:
    form = payments.Stage(source="Mail", kind="check", received_on=DAY, lines=[Came(cents=9_00)], control_cents=9_00)
    number = scene.act(payments.stage, form).result.proposal
    c = scene.customer()
    other = adjustments.Propose(account=c.account, reason="read-correction", amount_cents=100_00, note="misread")
    lapses = scene.act(adjustments.propose, other).result.number
    with scene.db.writing():
        scene.db.run("UPDATE meta SET value = ? WHERE key = 'today'", [(DAY + 60 * DAYS).isoformat()])
    scene.act(worklist.refresh, worklist.Refresh())
    with scene.desk("ben") as ben:
        assert ben.ask(adjustments.proposal, lapses).standing == "expired"
        assert ben.ask(adjustments.proposal, number).standing == "pending"
    assert items(scene, "A01") == [f"A01:proposal:{number}"], "and somebody is told"


def test_what_waits_is_asked_in_as_many_questions_for_one_as_for_many(scene: Scene) -> None:
    def questions() -> tuple[int, list[bool]]:
        with scene.desk("ben") as ben:
            ben.ask(adjustments.pending)
            asked: list[str] = []
            ben.session.on_statement = asked.append
            return len(ben.ask(adjustments.pending)) and len(asked), [p.mine for p in ben.ask(adjustments.pending)]

    for n in range(1, 5):
        c = scene.customer()
        form = adjustments.Propose(account=c.account, reason="read-correction", amount_cents=100_00 + n, note="misread")
        scene.act(adjustments.propose, form)
        if n == 1:
            first = questions()
    with scene.db.writing():
        scene.db.run(
            "INSERT INTO staff_account(staff, account_number, relation) VALUES ('ben', ?, 'own')",
            [c.account.replace("-", "")],
        )
    assert first[1] == [True]
    assert questions() == (first[0], [True, True, True, False]), "not his own"


def test_p01_nobody_matches_to_his_own_account(scene: Scene) -> None:
    mine = scene.customer()
    with scene.db.writing():
        scene.db.run(
            "INSERT INTO staff_account(staff, account_number, relation) VALUES ('ana', ?, 'own')",
            [mine.account.replace("-", "")],
        )
    (key,) = stage(scene, Came(cents=80_00, payer="Owner 1"))
    assert "your own account" in scene.refused(payments.match, payments.Match(payment=key, account=mine.account)).reason
    with scene.desk() as ana, scene.desk("ben") as ben:
        line = ana.ask(payments.one, key)
        assert ana.ask(payers.guesses, line) == ()
        assert [g.account for g in ben.ask(payers.guesses, line)] == [mine.account]


def test_p01_guesses_rank_a_number_above_a_name(scene: Scene) -> None:
    named, numbered, owing = (scene.customer() for _ in range(3))
    bill(scene, owing, 80_00, DAY + 5 * DAYS)
    (key,) = stage(scene, Came(cents=80_00, payer="Owner 1", reference=f"acct {numbered.account}"))
    with scene.desk() as desk:
        found = desk.ask(payers.guesses, desk.ask(payments.one, key))
    assert [(g.account, g.points) for g in found] == [(numbered.account, 2), (named.account, 1), (owing.account, 1)]
    assert found[0].why == f"number {numbered.account}"


# -- P03 ---------------------------------------------------------------------------------------------------------------


def twice(scene: Scene, days: int, sources: tuple[str, str] = ("Web payment", "Bank bill-pay")) -> Customer:
    c = scene.customer()
    bill(scene, c, 75_00, DAY + 20 * DAYS)
    pay(scene, c, 75_00, DAY - timedelta(days=days), sources[0])
    pay(scene, c, 75_00, DAY, sources[1])
    return c


def test_p03_paid_twice_is_refunded(scene: Scene) -> None:
    c, late, same = twice(scene, 10), twice(scene, 11), twice(scene, 3, ("Mail", "Mail"))
    other = scene.customer()
    pay(scene, other, 75_00, DAY - DAYS, "Mail")
    pay(scene, other, 75_01, DAY, "Web payment")
    scene.refresh()
    assert items(scene, "P03") == [f"P03:account:{c.account}"]
    done = refund(scene, c, 75_00)
    assert closed(done, "P03") == [f"P03:account:{c.account}"]
    scene.steady()
    scene.policy("P03", days="11")
    scene.refresh()
    assert items(scene, "P03") == [f"P03:account:{late.account}"]
    assert same.account not in " ".join(items(scene, "P03"))


def test_p03_is_kept_or_taken_back(scene: Scene) -> None:
    kept, back = twice(scene, 2), twice(scene, 2)
    scene.refresh()
    form = payments.Keep(account=kept.account, code="P03", until=DAY + 30 * DAYS, reason="leave it for the next bill")
    done = scene.act(payments.keep, form)
    assert closed(done, "P03") == [f"P03:account:{kept.account}"]
    journal = scene.db.value(
        "SELECT journal_id FROM receipt WHERE account_id = ? ORDER BY id DESC LIMIT 1", [back.account_id]
    )
    number = scene.act(adjustments.reverse, adjustments.Reverse(journal=journal, note="never came")).result.number
    done = scene.act(adjustments.approve, adjustments.Approve(proposal=number, amount_cents=75_00), who="ben")
    assert closed(done, "P03") == [f"P03:account:{back.account}"]
    scene.steady()
    assert [str(key) for key in scene.refresh(DAY + 31 * DAYS).opened if key.code == "P03"] == [
        f"P03:account:{kept.account}"
    ]
    clean(scene)


def test_a_credit_is_kept_as_large_as_it_is_and_for_a_year_at_most(scene: Scene) -> None:
    c = twice(scene, 2)
    for until in (DAY, DAY + 371 * DAYS):
        form = payments.Keep(account=c.account, code="P03", until=until, reason="wants it so")
        assert "within a year" in scene.refused(payments.keep, form).reason
    scene.act(payments.keep, payments.Keep(account=c.account, code="P03", until=DAY + 9 * DAYS, reason="wants it so"))
    pay(scene, c, 75_00, DAY, "Counter")
    scene.refresh()
    assert items(scene, "P03") == [f"P03:account:{c.account}"], "a third payment is more than was kept"
    none = payments.Keep(account=scene.customer().account, code="P08", until=DAY + DAYS, reason="wants it so")
    assert "no credit" in scene.refused(payments.keep, none).reason


# -- P06 ---------------------------------------------------------------------------------------------------------------


def test_p06_paid_after_the_closing(scene: Scene) -> None:
    after, before, final, old = (scene.customer() for _ in range(4))
    bill(scene, final, 20_00, DAY + 9 * DAYS)
    for c, on in ((after, DAY - 30 * DAYS), (before, DAY - 40 * DAYS), (final, DAY), (old, DAY - 31 * DAYS)):
        pay(scene, c, 20_00, on)
        close(scene, c, DAY - 40 * DAYS)
    scene.refresh()
    assert items(scene, "P06") == [f"P06:account:{after.account}"]
    assert items(scene, "P07") == [f"P07:account:{c.account}" for c in (before, old)]
    scene.policy("P06", days="31")
    scene.refresh()
    assert items(scene, "P06") == [f"P06:account:{after.account}", f"P06:account:{old.account}"]
    done = refund(scene, after, 20_00)
    assert closed(done, "P06") == [f"P06:account:{after.account}"]
    scene.steady()


def test_p06_what_an_escrow_sends_is_expected(scene: Scene) -> None:
    c = scene.customer()
    bill(scene, c, 50_00, DAY + 9 * DAYS)
    close(scene, c, DAY - 2 * DAYS)
    form = escrow.Demand(
        account=c.account, number="E-771", closes_on=DAY, good_through=DAY + 10 * DAYS, asked_by="Sierra Title"
    )
    assert scene.act(escrow.demand, form).result.cents == 50_00
    assert "is here" in scene.refused(escrow.demand, form).reason
    pay(scene, c, 60_00, DAY, "Escrow")
    scene.refresh()
    assert items(scene, "P06") == []
