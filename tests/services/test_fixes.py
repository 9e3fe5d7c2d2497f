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
from ubtui.domain.triage import unswapped
from ubtui.domain.volume import Unit
from ubtui.services import fixes, forms, listing, worklist
from ubtui.services.adjustments import Propose
from ubtui.services.demo import plants as planted
from ubtui.services.listing import Query
from ubtui.services.worklist import OnItem

DAY = date(2026, 11, 23)
SAID = {
    "reason": "as found at the meter", "line1": "1 Main St", "city": "Grass Valley", "state": "CA", "zip": "95945",
    "resolution": "called back", "size": "5/8", "source": "Resolution 2026-14", "rate": "R1", "location": "by the gate",
    "note": "asked at the counter", "answer": "it does", "account": "120001-3",
}  # fmt: skip
# The one offer that settles an item of each code, and who takes it.
SETTLES = {
    "R01": ("ana", "read.estimate", None), "R02": ("ana", "order.create", None),
    "R03": ("ana", "read.review", "confirmed"), "R11": ("ana", "read.review", "confirmed"),
    "R12": ("ana", "read.review", "confirmed"), "R16": ("ana", "read.days", "confirmed"),
    "R17": ("ana", "read.review", "confirmed"), "R22": ("ana", "order.create", None),
    "R04": ("ana", "read.review", "confirmed"), "R05": ("ana", "read.review", "confirmed"),
    "R06": ("ana", "read.review", "confirmed"), "R07": ("ana", "read.review", "confirmed"),
    "R08": ("ana", "service.seasonal", None), "R09": ("ana", "read.review", "confirmed"),
    "R10": ("ana", "read.review", "rollover"), "R13": ("ana", "seal.remove", None),
    "R14": ("ana", "service.activate", None), "R15": ("ana", "staged.decide", "drop"),
    "P07": ("ana", "adjust.propose", None), "A01": ("ben", "adjust.approve", None),
    "A02": ("ana", "adjust.acknowledge", None), "A04": ("ana", "document.attach", None),
    "M01": ("ana", "right.set", None), "M02": ("ana", "right.set", None), "M04": ("ana", "seal.withdraw", None),
    "M05": ("ana", "service.rate", None), "M09": ("ana", "order.correct", None),
    "M07": ("ana", "order.correct", None), "M08": ("ana", "order.result", None),
    "M13": ("ana", "point.place", None), "B01": ("ana", "adjust.propose", None), "B02": ("ana", "route.place", None),
    "B15": ("ana", "mail.researched", None), "P01": ("ana", "payment.match", None), "P03": ("ana", "credit.keep", None),
    "P06": ("ana", "adjust.propose", None), "P08": ("ana", "credit.keep", None), "C04": ("ana", "protection.end", None),
    "C05": ("ana", "arrangement.end", None), "C09": ("ana", "owner.debt", None), "Q02": ("ana", "route.place", None),
    "Q03": ("ana", "owner.confirm", None), "X01": ("ana", "contact.promise", "kept"), "X04": ("ana", "duty.done", None),
    "X02": ("cho", "worklist.answer", None), "R18": ("ana", "staged.decide", "drop"),
    "R23": ("ana", "staged.decide", "drop"), "M06": ("ana", "meter.exchange", None),
    "R19": ("ana", "read.review", "confirmed"), "R20": ("ana", "read.review", "confirmed"),
    "R21": ("ana", "read.review", "confirmed"), "R27": ("ana", "read.review", "confirmed"),
    "R24": ("ana", "order.move", None), "R25": ("ana", "read.review", "confirmed"),
    "R26": ("ana", "read.review", "confirmed"), "M14": ("ana", "right.document", None),
    "M11": ("ana", "request.withdraw", None), "M12": ("ana", "request.paid", None),
    "R28": ("ben", "intertie.agree", None),
    "Q01": ("ana", "party.address", None), "X05": ("ana", "worklist.resolve", None),
}  # fmt: skip


LISTED = {"M03", "M10", "C01"}  # a list is worked off row by row


@pytest.fixture
def desks(backend: str) -> Iterator[dict[str, Desk]]:
    made(backend, accounts=60)
    with ExitStack() as stack:
        yield {who: stack.enter_context(Desk(backend, Seat(as_name=who))) for who in ("ana", "ben", "cho")}


@pytest.fixture
def whole(backend: str) -> Iterator[dict[str, Desk]]:
    """A district with every kind of trouble in it."""
    made(backend)
    with ExitStack() as stack:
        yield {who: stack.enter_context(Desk(backend, Seat(as_name=who))) for who in ("ana", "ben", "cho")}


def live(desk: Desk) -> list[int]:
    return list(desk.ask(listing.ids, worklist.WORKLIST, Query("backlog:no,yes")))


def test_every_item_is_settled_from_its_row(whole: dict[str, Desk], tmp_path: Path) -> None:
    paper = tmp_path / "invoice.pdf"
    paper.write_bytes(b"%PDF-1.4 plumber")
    settled: set[str] = set()
    for _ in range(400):  # what one fix opens is settled too
        view = (whole["ana"].ask(worklist.item, id) for id in live(whole["ana"]))
        if (item := next((each for each in view if each.key.code not in LISTED), None)) is None:
            break
        _settle(whole, item, str(paper))
        settled.add(item.key.code)
    assert settled | LISTED == set(planted.CODES)
    left = {whole["ana"].ask(worklist.item, id).key.code for id in live(whole["ana"])}
    assert left <= LISTED


def _settle(desks: dict[str, Desk], item: worklist.ItemView, paper: str) -> None:
    who, act, decision = SETTLES[item.key.code]
    offer = desks[who].ask(fixes.offer, item, act, {"decision": decision} if decision else {})
    values = offer.values()
    values |= {each.name: SAID.get(each.name, "") for each in offer.fields if each.required and not each.value}
    if act in ("document.attach", "right.document"):
        values["paper"] = paper
    if act == "meter.exchange":
        values |= {"maker": "Neptune", "serial": f"8{item.id:07}", "reason": "it was taken off"}
    if act == "request.paid":
        values["receipt"] = f"planning counter {item.id}"  # of one fee each
    if item.key.code == "B01":  # a charge by hand has its paper
        values["documents"] = paper
    if act == "adjust.approve":
        assert not values["amount_cents"], "the amount is typed again by whoever approves"
        values["amount_cents"] = forms.as_text(item.evidence["amount_cents"], "money")
    form = forms.form(act, values)
    answer = desks[who].perform(fixes.guarded(forms.act_named(act), item), form)
    assert isinstance(answer, Done), f"{item.key}: {answer.sentence()}"
    if act == "adjust.propose":  # proposed by one, posted by another
        assert item.key not in answer.closed
        approve = {"proposal": answer.result.number, "amount": values["amount_cents"]}
        answer = desks["ben"].perform(forms.act_named("adjust.approve"), forms.form("adjust.approve", approve))
        assert isinstance(answer, Done), answer.sentence()
    if act == "request.paid":  # noted by one, seen by another
        assert item.key not in answer.closed
        answer = desks["ben"].perform(forms.act_named(act), form)
        assert isinstance(answer, Done), answer.sentence()
    several = item.key.code == "R15" and item.evidence.get("rows", 1) > 1  # one row after another
    assert item.key in answer.closed or several, f"{item.key} by {act}"


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


def test_causes_of_a_low_read_come_first_with_their_odds(desks: dict[str, Desk]) -> None:
    for code, odds in (("R10", "likely"), ("R09", "unlikely")):
        item, offers = offered(desks["ana"], f"code:{code}")
        causes = [each for each in offers if each.odds]
        assert list(offers[: len(causes)]) == causes, "their digits are the first"
        ranks = [("likely", "possible", "unlikely").index(each.odds) for each in causes]
        assert ranks == sorted(ranks)
        assert all(each.why.startswith("use ") for each in causes)
        rollover = next(each for each in causes if each.values().get("decision") == "rollover")
        assert rollover.odds == odds and rollover.likely == (odds == "likely")
        assert rollover.values()["reason"].startswith("The counter passed zero: ")
        ruled_out = desks["ana"].ask(fixes.standing, item).ruled_out
        assert "The estimate before was too high: the read before was read, not estimated" in ruled_out
        assert {each.title for each in offers} >= {"Confirm the read", "Correct the value", "Strike the read"}


def test_a_correction_is_of_the_items_own_read_unless_another_is_named(desks: dict[str, Desk]) -> None:
    item, offers = offered(desks["ana"], "code:R09")
    own = item.evidence["read_on"]
    plain = desks["ana"].ask(fixes.offer, item, "read.review", {"decision": "corrected", "value": "12"})
    assert plain.values()["read_on"] == own
    for prior in (each for each in offers if each.values().get("read_on", own) != own):
        values = {"decision": "corrected", "read_on": prior.values()["read_on"]}
        assert desks["ana"].ask(fixes.offer, item, "read.review", values) == prior


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
    act = fixes.guarded(forms.act_named("read.review"), item)
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
    assume(not 7 * use <= 10 * (wrong - prev) <= 14 * use)
    found = unswapped(FACE, Unit.parse("ccf"), prev, wrong, use * 1000)
    assert found is not None
    assert abs(found - right) <= abs(wrong - right)
    assert 7 * use <= 10 * (found - prev) <= 14 * use


@given(prev=st.integers(0, 900_000), use=st.integers(1, 500), expected=st.integers(0, 100_000))
def test_nothing_is_suggested_for_a_believable_read_or_without_an_expectation(
    prev: int, use: int, expected: int
) -> None:
    unit = Unit.parse("ccf")
    found = unswapped(FACE, unit, prev, prev + use, expected)
    if expected == 0 or 7 * expected <= 10_000 * use <= 14 * expected:
        assert found is None
    elif found is not None:
        assert sorted(f"{found:06d}") == sorted(f"{prev + use:06d}") and found >= prev


def offered(desk: Desk, query: str) -> tuple[worklist.ItemView, tuple[fixes.Offer, ...]]:
    item = desk.ask(worklist.item, desk.ask(listing.ids, worklist.WORKLIST, Query(query))[0])
    return item, desk.ask(fixes.offers, item)


@given(prev=st.integers(0, 900_000), use=st.integers(1, 500), expected=st.integers(1, 100_000))
def test_a_low_use_is_only_explained_away_by_a_fit_twice_as_good(prev: int, use: int, expected: int) -> None:
    unit = Unit.parse("ccf")
    found = unswapped(FACE, unit, prev, prev + use, expected, low=True)
    if found is not None:
        assert 2 * abs((found - prev) * 1000 - expected) <= abs(use * 1000 - expected)


def test_a_low_read_is_confirmed_unless_a_swap_fits_far_better() -> None:
    unit = Unit.parse("ccf")
    # 13 used, 31 usual: swapped it is 22, half as far off; 15 used, 38 usual: swapped it is 51, hardly nearer.
    assert unswapped(FACE, unit, 100_010, 100_023, 31_000) == 100_032
    assert unswapped(FACE, unit, 100_010, 100_023, 31_000, low=True) == 100_032
    assert unswapped(FACE, unit, 100_011, 100_026, 38_000) == 100_062
    assert unswapped(FACE, unit, 100_011, 100_026, 38_000, low=True) is None


def test_the_value_of_a_correction_comes_with_the_read_before(desks: dict[str, Desk]) -> None:
    item, offers = offered(desks["ana"], "code:R06")
    value = {each.title: next(f for f in each.fields if f.name == "value") for each in offers if each.act[0] == "r"}
    before = item.evidence["reads"][1]
    on = date.fromisoformat(before["on"])
    assert value["Correct the value"].required
    assert value["Correct the value"].label == f"Register value (last was {before['value']:,} on {on:%b %-d})"
    assert not value["Confirm the read"].required


def test_a_second_proposal_is_not_likely_while_one_waits(desks: dict[str, Desk]) -> None:
    item, offers = offered(desks["ana"], "code:P07")
    assert offers[0].likely
    assert desks["ana"].ask(fixes.standing, item).waits == ()
    made = desks["ana"].perform(forms.act_named(offers[0].act), forms.form(offers[0].act, offers[0].values()))
    assert isinstance(made, Done)
    item, offers = offered(desks["ana"], f"code:P07 account:{item.account}")
    [waits] = desks["ana"].ask(fixes.standing, item).waits
    assert waits.startswith(f"{made.result.number} over ")
    assert " by ana waits for " in waits
    [refund] = [each for each in offers if each.act == "adjust.propose"]
    assert not refund.likely
    assert refund.why == waits


def test_on_ones_own_account_nothing_is_offered_and_the_rule_is_named(desks: dict[str, Desk]) -> None:
    item, offers = offered(desks["ana"], "code:R09")
    assert offers and desks["ana"].ask(fixes.standing, item).barred == ""
    with desks["ana"].session.writing():
        number = desks["ana"].session.value("SELECT number FROM account WHERE id = ?", [item.account_id])
        desks["ana"].session.run(
            "INSERT INTO staff_account(staff, account_number, relation) VALUES ('ana', ?, 'own')", [number]
        )
    assert desks["ana"].ask(fixes.offers, item) == ()
    assert "nobody acts on his own or a linked account" in desks["ana"].ask(fixes.standing, item).barred
    assert desks["ben"].ask(fixes.offers, item) != ()


def test_of_two_reads_each_is_told_and_can_be_taken(desks: dict[str, Desk]) -> None:
    item, offers = offered(desks["ana"], "code:R15")
    there, staged = desks["ana"].ask(fixes.standing, item).reads
    use = f"(use {item.evidence['use']})"
    assert there.startswith("in: ") and use in there
    assert staged.startswith(f"staged row {item.evidence['staged']}: ") and "rereads-1.csv, row 1" in staged
    drop, take = offers[:2]
    assert drop.title.startswith("Drop it, keep ") and drop.title.endswith(use)
    assert take.title.startswith("Take the staged read ") and "(use " in take.title


def test_taking_a_proposal_back_is_never_the_first_offer_and_needs_a_reason(desks: dict[str, Desk]) -> None:
    _, offers = offered(desks["ana"], "code:A01")
    assert offers[-1].act == "adjust.withdraw"
    assert next(each for each in offers[-1].fields if each.name == "reason").required


def test_the_account_of_a_point_that_nobody_pays_for_is_shown_with_its_holder(desks: dict[str, Desk]) -> None:
    _, offers = offered(desks["ana"], "code:R14")
    [activate] = [each for each in offers if each.act == "service.activate"]
    account = next(each for each in activate.fields if each.name == "account")
    holder = desks["ana"].session.value(
        "SELECT q.name FROM account a JOIN account_role r ON r.account_id = a.id JOIN party q ON q.id = r.party_id"
        " WHERE a.number = ? AND r.role = 'owner' AND r.to_on IS NULL",
        [account.value.replace("-", "")],
    )
    assert holder and f"{account.value} is {holder}" in account.help


@pytest.mark.parametrize(
    ("act", "values", "says"),
    [
        ("read.review", {"reason": "x"}, "Reason: at least 3 letters."),
        ("worklist.wait", {"wait_for": "w" * 201}, "Wait for: at most 200 letters."),
        ("worklist.add", {"title": "x", "priority": "-1"}, "Priority: 0 or more."),
    ],
)
def test_a_limit_is_told_in_plain_words(act: str, values: dict[str, str], says: str) -> None:
    known = {"read.review": {"point": "x", "read_on": "2026-11-01", "code": "R04", "decision": "void"}}
    known["worklist.wait"] = {"item": "X", "until": "2026-12-01"}
    with pytest.raises(BadValue) as caught:
        forms.form(act, known.get(act, {}) | values)
    assert str(caught.value) == says


def test_no_field_begins_with_the_machine_s_own_spelling() -> None:
    for code in CODES:
        for act in fixes.table(code):
            assert not [each.name for each in forms.fields(act) if each.value.startswith("(")]
    assert forms.as_text((1, 2)) == "1\n2"


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
        ("worklist.add", {"title": "x", "priority": "101"}, "Priority: 100 or less."),
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
