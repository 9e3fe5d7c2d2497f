"""Every item of a district full of trouble is fixed from its row, with what its evidence fills in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.sample import made
from ubtui.act import ACTS, Done, Refused, permissions
from ubtui.desk import Desk, Seat
from ubtui.detectors.registry import CODES
from ubtui.domain.errors import BadValue
from ubtui.domain.register import Register
from ubtui.domain.volume import Unit
from ubtui.services import fixes, forms, listing, worklist
from ubtui.services.adjustments import Propose
from ubtui.services.listing import Query
from ubtui.services.worklist import OnItem

DAY = date(2026, 11, 23)
SAID = {
    "reason": "as found at the meter", "line1": "1 Main St", "city": "Grass Valley", "state": "CA", "zip": "95945",
    "resolution": "called back",
}  # fmt: skip
# The one offer that settles an item of each code, and who takes it.
SETTLES = {
    "R04": ("ana", "read.review", "confirmed"), "R05": ("ana", "read.review", "confirmed"),
    "R06": ("ana", "read.review", "void"), "R07": ("ana", "read.review", "confirmed"),
    "R08": ("ana", "service.seasonal", None), "R09": ("ana", "read.review", "void"),
    "R10": ("ana", "read.review", "rollover"), "R13": ("ana", "seal.remove", None),
    "R14": ("ana", "service.activate", None), "R15": ("ana", "staged.decide", "drop"),
    "P07": ("ana", "adjust.propose", None), "A01": ("ben", "adjust.approve", None),
    "A02": ("ana", "adjust.acknowledge", None), "A04": ("ana", "document.attach", None),
    "Q01": ("ana", "party.address", None), "X05": ("ana", "worklist.resolve", None),
}  # fmt: skip


@pytest.fixture
def desks(backend: str) -> Iterator[dict[str, Desk]]:
    made(backend, accounts=60)
    with ExitStack() as stack:
        yield {who: stack.enter_context(Desk(backend, Seat(as_name=who))) for who in ("ana", "ben", "cho")}


def live(desk: Desk) -> list[int]:
    return list(desk.ask(listing.ids, worklist.WORKLIST, Query()))


def test_every_item_is_settled_from_its_row(desks: dict[str, Desk], tmp_path: Path) -> None:
    paper = tmp_path / "invoice.pdf"
    paper.write_bytes(b"%PDF-1.4 plumber")
    settled = set()
    for id in live(desks["ana"]):
        item = desks["ana"].ask(worklist.item, id)
        who, act, decision = SETTLES[item.key.code]
        offer = desks[who].ask(fixes.offer, item, act, {"decision": decision} if decision else {})
        values = offer.values()
        values |= {each.name: SAID.get(each.name, "") for each in offer.fields if each.required and not each.value}
        if act == "document.attach":
            values["paper"] = str(paper)
        if act == "adjust.approve":
            assert not values["amount_cents"], "the amount is typed again by whoever approves"
            values["amount_cents"] = forms.as_text(item.evidence["amount_cents"], "money")
        form = forms.form(act, values)
        answer = desks[who].perform(fixes.guarded(forms.act_named(act), item.key.subject), form)
        assert isinstance(answer, Done), f"{item.key}: {answer.sentence()}"
        if item.key.code == "P07":  # proposed by one, posted by another
            assert item.key not in answer.closed
            approve = {"proposal": answer.result.number, "amount": values["amount_cents"]}
            answer = desks["ben"].perform(forms.act_named("adjust.approve"), forms.form("adjust.approve", approve))
            assert isinstance(answer, Done), answer.sentence()
        assert item.key in answer.closed
        settled.add(item.key.code)
    assert settled == set(SETTLES) == set(CODES)
    assert live(desks["ana"]) == []


def test_a_refund_is_offered_ready_to_send(desks: dict[str, Desk]) -> None:
    item = desks["ana"].ask(worklist.item, desks["ana"].ask(listing.ids, worklist.WORKLIST, Query("code:P07"))[0])
    first = desks["ana"].ask(fixes.offers, item)[0]
    assert (first.act, first.likely) == ("adjust.propose", True)
    form = forms.form(first.act, first.values())
    assert isinstance(form, Propose)
    assert (form.reason, form.amount_cents, form.account) == (
        "credit-to-refunds-payable",
        item.money_cents,
        item.account,
    )
    assert form.item == str(item.key)


def test_a_counter_past_zero_is_the_likely_offer_and_a_wild_one_the_last(desks: dict[str, Desk]) -> None:
    for code, place in (("R10", 0), ("R09", -1)):
        item = desks["ana"].ask(
            worklist.item, desks["ana"].ask(listing.ids, worklist.WORKLIST, Query(f"code:{code}"))[0]
        )
        reviews = [each for each in desks["ana"].ask(fixes.offers, item) if each.act == "read.review"]
        assert reviews[place].values()["decision"] == "rollover"
        assert reviews[place].likely == (code == "R10")


def test_offers_are_what_this_person_may_do(desks: dict[str, Desk]) -> None:
    item = desks["ana"].ask(worklist.item, desks["ana"].ask(listing.ids, worklist.WORKLIST, Query("code:A01"))[0])
    assert item.evidence["maker"] == "ana"
    assert {each.act for each in desks["ana"].ask(fixes.offers, item)} & {"adjust.approve", "adjust.withdraw"} == {
        "adjust.withdraw"
    }
    acts = [each.act for each in desks["ben"].ask(fixes.offers, item)]
    assert acts[0] == "adjust.approve" and "adjust.reject" in acts and "adjust.withdraw" not in acts
    with pytest.raises(BadValue, match=r"seal.remove is no fix of A01: use adjust.approve"):
        desks["ben"].ask(fixes.offer, item, "seal.remove", {})


def test_a_fix_waits_for_whoever_has_the_item(desks: dict[str, Desk]) -> None:
    item = desks["ana"].ask(worklist.item, desks["ana"].ask(listing.ids, worklist.WORKLIST, Query("code:R04"))[0])
    assert isinstance(desks["ana"].perform(worklist.claim, OnItem(item=str(item.key))), Done)
    offer = desks["ben"].ask(fixes.offer, item, "read.review", {"decision": "confirmed"})
    form = forms.form("read.review", offer.values() | {"reason": "pool filled"})
    act = fixes.guarded(forms.act_named("read.review"), item.key.subject)
    answer = desks["ben"].perform(act, form)
    assert isinstance(answer, Refused) and answer.reason.startswith(f"ana has {item.key} since ")
    mine = desks["ana"].perform(act, form)
    assert isinstance(mine, Done) and item.key in mine.closed


def test_every_act_of_the_table_exists_has_a_title_and_somebody_may_do_it() -> None:
    for code in CODES:
        for act in fixes.table(code):
            assert forms.act_named(act) is ACTS[act]
            assert permissions()[act]
            assert act in fixes.TITLES
            assert all(each.help for each in forms.fields(act)), act


FACE = Register(6, 0, Fraction(1), Unit.parse("ccf"))


@given(prev=st.integers(0, 900_000), use=st.integers(10, 90), place=st.integers(0, 4))
def test_two_digits_swapped_are_changed_back(prev: int, use: int, place: int) -> None:
    right = prev + use
    digits = f"{right:06d}"
    wrong = int(digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :])
    assume(not 4 * use <= 10 * (wrong - prev) <= 18 * use)
    found = fixes.suggestion(FACE, Unit.parse("ccf"), prev, wrong, use * 1000)
    assert found is not None
    assert abs(found - right) <= abs(wrong - right)
    assert 4 * use <= 10 * (found - prev) <= 18 * use


@given(prev=st.integers(0, 900_000), use=st.integers(1, 500), expected=st.integers(0, 100_000))
def test_nothing_is_suggested_for_a_believable_read_or_without_an_expectation(
    prev: int, use: int, expected: int
) -> None:
    unit = Unit.parse("ccf")
    found = fixes.suggestion(FACE, unit, prev, prev + use, expected)
    if expected == 0 or 4 * expected <= 10_000 * use <= 18 * expected:
        assert found is None
    elif found is not None:
        assert sorted(f"{found:06d}") == sorted(f"{prev + use:06d}") and found >= prev


@pytest.mark.parametrize(
    ("act", "values", "says"),
    [
        ("adjust.propose", {"account": "120440-3", "reason": "leak"}, "Amount is needed: amount"),
        (
            "adjust.propose",
            {"account": "1", "reason": "leak", "amount": "1.234"},
            "Amount: Amount '1.234' is not money",
        ),
        ("adjust.propose", {"colour": "red"}, "adjust.propose has no field 'colour': use account, reason, amount"),
        ("worklist.wait", {"item": "x", "wait_for": "y", "until": "tomorrow"}, "Until: Day 'tomorrow'"),
        ("worklist.add", {"title": "x", "priority": "high"}, "Priority: 'high' is not a whole number"),
        ("worklist.add", {"title": "x", "priority": "101"}, "Priority: expected int <= 100"),
        ("read.review", {"point": "x", "read_on": "2026-11-01", "code": "R04", "decision": "maybe"}, "choose one of"),
        ("service.seasonal", {"point": "x", "seasonal": "perhaps", "reason": "abc"}, "neither yes nor no"),
        ("document.attach", {"subject": "proposal:P-000001", "paper": "/nowhere/x.pdf"}, "cannot be read"),
        ("nothing.at_all", {}, "No act is named"),
    ],
)
def test_text_that_makes_no_form_is_named_with_its_field(act: str, values: dict[str, str], says: str) -> None:
    with pytest.raises(BadValue) as caught:
        forms.form(act, values)
    assert says in str(caught.value)
