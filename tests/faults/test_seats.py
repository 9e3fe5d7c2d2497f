"""Several seats at once, each a process of its own: one wins, the others are told, nothing is done twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

from tests.faults.record import asked, assert_at_rest, assert_clean, look_through
from tests.faults.seats import Hand, race, told
from tests.scale import scaled
from tests.services import items, office
from ubtui.act import Form
from ubtui.db.models.office import Staff
from ubtui.desk import Desk
from ubtui.domain.numbers import account_number
from ubtui.domain.subjects import ItemKey
from ubtui.services import adjustments, worklist
from ubtui.services.forms import act_named

CLERKS = tuple(f"clerk{n}" for n in range(8))
LEADS = ("ben", "bea")


def open_office(data: str, accounts: int = 5, leads: Iterable[str] = LEADS[1:]) -> None:
    """A district with eight clerks and a second lead."""
    office.found(data, accounts)
    session = office.admin(data)
    with session.writing():
        for name, role in [*((clerk, "technician") for clerk in CLERKS), *((lead, "lead") for lead in leads)]:
            session.insert(Staff, name=name, full_name=name.capitalize(), role=role)
    session.database.close()
    look_through(data)


def hand_made(data: str, count: int) -> list[str]:
    """Items by hand; their keys."""
    made = [
        items.made(n, code="X05", subject_type="text", subject_key=f"{n:08x}-0000-4000-8000-000000000000", period="",
                   account=None, priority=50)
        for n in range(1, count + 1)
    ]  # fmt: skip
    session = office.admin(data)
    items.put(session, made)
    session.database.close()
    return [f"X05:text:{item['subject_key']}" for item in made]


def do_all(desk: Desk, hand: Hand, act: str, forms: Sequence[tuple[str | None, Form]]) -> None:
    """A script: acts one after the other, each under its key, each answer noted."""
    for key, form in forms:
        hand.note(told(desk.perform(act_named(act), form, key)))


def claims(keys: list[str], seat: int) -> list[tuple[None, Form]]:
    """Each seat takes the items in an order of its own; neighbours meet all the time."""
    own = list(keys)
    Random(seat // 2).shuffle(own)
    return [(None, worklist.OnItem(item=key)) for key in own]


def test_of_eight_who_claim_one_wins_and_seven_are_told(backend: str, tmp_path: Path) -> None:
    open_office(backend)
    keys = hand_made(backend, scaled(100_000) // len(CLERKS))
    said = race(backend, tmp_path, [(who, do_all, ("worklist.claim", claims(keys, n))) for n, who in enumerate(CLERKS)])
    holders: dict[str, str] = dict(asked(backend, "SELECT subject_key, assignee FROM work_item WHERE code = 'X05'"))
    tries: Counter[str] = Counter()
    wins: Counter[str] = Counter()
    for n, (who, answers) in enumerate(zip(CLERKS, said, strict=True)):
        for (_, form), answer in zip(claims(keys, n), answers, strict=True):
            holder = holders[form.item.removeprefix("X05:text:")]  # type: ignore[attr-defined]
            tries[who] += 1
            wins[who] += answer["done"]
            assert answer["done"] is (holder == who)
            assert answer["done"] or f" {holder} " in answer["said"], answer
    assert sum(wins.values()) == len(keys)
    assert len(wins) == len(CLERKS) and min(wins.values()) < len(keys)
    assert asked(backend, "SELECT COUNT(*) FROM work_event WHERE kind = 'claimed'") == [(len(keys),)]
    assert_clean(backend)


def test_an_edit_of_what_was_changed_meanwhile_is_refused(backend: str, tmp_path: Path) -> None:
    leads = ("ben", *CLERKS[:3])
    open_office(backend, leads=())
    session = office.admin(backend)
    session.run("UPDATE staff SET role = 'lead' WHERE name IN (?, ?, ?)", CLERKS[:3])
    session.database.close()
    keys = hand_made(backend, scaled(10_000) // len(leads))
    with office.desk(backend) as ana:
        seen = [(key, ana.ask(lambda look, key=key: worklist.item(look, ItemKey.parse(key))).version) for key in keys]
    said = race(
        backend,
        tmp_path,
        [
            (who, do_all, ("worklist.priority", [
                (None, worklist.Priority(item=key, version=version, priority=n, reason=f"{who} says so"))
                for key, version in seen]))
            for n, who in enumerate(leads)
        ],
    )  # fmt: skip
    for at, (key, version) in enumerate(seen):
        winners = [n for n in range(len(leads)) if said[n][at]["done"]]
        assert len(winners) == 1, key
        row = asked(
            backend, "SELECT priority, version FROM work_item WHERE subject_key = ?", key.removeprefix("X05:text:")
        )
        assert row == [(winners[0], version + 1)]
        for n in range(len(leads)):
            assert said[n][at]["done"] or f"changed by {leads[winners[0]]} at " in said[n][at]["said"]
    assert_clean(backend)


def proposed(data: str, who: str, **given: Any) -> adjustments.Approve:
    """A proposal of `who`, as it is to be approved."""
    with office.desk(data, who) as desk:
        made = office.done(desk.perform(adjustments.propose, adjustments.Propose(**given)))
    return adjustments.Approve(proposal=made.number, amount_cents=made.amount_cents)


def owing(data: str, n: int, cents: int = 48_600) -> str:
    """Account n with a bill; its number."""
    with office.desk(data) as ana:
        office.bill(ana, office.account(ana.session, n), cents, date(2026, 10, 1))
    return account_number(n)


def journals(data: str) -> list[tuple[Any, ...]]:
    """Proposals and how many journals each has."""
    return asked(
        data,
        "SELECT p.number, COUNT(j.id) FROM proposal p LEFT JOIN approval a ON a.proposal_id = p.id"
        " LEFT JOIN journal j ON j.approval_id = a.id GROUP BY p.number ORDER BY p.number",
    )


def test_two_leads_approve_one_proposal_and_it_is_posted_once(backend: str, tmp_path: Path) -> None:
    rounds = 12
    open_office(backend, accounts=rounds + 5)
    forms = [
        proposed(backend, "ana", account=owing(backend, n), reason="read-correction", amount_cents=4100, note="dials")
        for n in range(6, rounds + 6)
    ]
    said = race(backend, tmp_path, [(who, do_all, ("adjust.approve", [(None, f) for f in forms])) for who in LEADS])
    for one, other in zip(*said, strict=True):
        assert one["done"] is not other["done"]
        assert " is approved" in (other if one["done"] else one)["said"]
    assert {count for _, count in journals(backend)} == {1}
    assert_clean(backend)
    assert_at_rest(backend)


def test_one_key_from_two_seats_is_one_posting_and_one_answer(backend: str, tmp_path: Path) -> None:
    rounds = 12
    open_office(backend, accounts=rounds + 5)
    forms = [
        proposed(backend, "ana", account=owing(backend, n), reason="read-correction", amount_cents=4100, note="dials")
        for n in range(6, rounds + 6)
    ]
    keyed = [(f"approve-{form.proposal}", form) for form in forms]
    said = race(backend, tmp_path, [("ben", do_all, ("adjust.approve", keyed))] * 2)
    for one, other in zip(*said, strict=True):
        assert one["done"] and other["done"]
        assert one["replayed"] is not other["replayed"]
        assert (one["result"], one["seq"]) == (other["result"], other["seq"])
    assert {count for _, count in journals(backend)} == {1}
    assert_clean(backend)


def test_one_credit_is_refunded_once_from_two_seats(backend: str, tmp_path: Path) -> None:
    rounds = max(12, scaled(1_000))
    open_office(backend, accounts=rounds + 5)
    first, second = [], []
    for n in range(6, rounds + 6):
        with office.desk(backend) as ana:
            office.pay(ana, office.account(ana.session, n), 9_000, date(2026, 11, 2))
        asks = {"account": account_number(n), "reason": "credit-to-refunds-payable", "note": "moved away"}
        first.append(proposed(backend, "ana", amount_cents=9_000, **asks))
        second.append(proposed(backend, CLERKS[0], amount_cents=6_000, **asks))
    said = race(
        backend,
        tmp_path,
        [
            (who, do_all, ("adjust.approve", [(None, f) for f in forms]))
            for who, forms in zip(LEADS, (first, second), strict=True)
        ],
    )
    for one, other in zip(*said, strict=True):
        assert one["done"] is not other["done"], (one, other)
        assert "more than the credit of" in (other if one["done"] else one)["said"]
    left = asked(
        backend,
        "SELECT CAST(SUM(p.cents) AS bigint) FROM posting p JOIN gl_account g ON g.id = p.gl_id"
        " WHERE g.use = 'credit' GROUP BY p.account_id",
    )
    assert len(left) == rounds and all(cents in (0, -3_000) for (cents,) in left), left
    assert_clean(backend)
    assert_at_rest(backend)
