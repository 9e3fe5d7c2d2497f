"""The fix table: which acts take away the cause of an item, their fields filled in from its evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from ubtui.act import Act, Form, Look, Work, permissions
from ubtui.domain.errors import BadValue
from ubtui.domain.numbers import format_account
from ubtui.domain.register import Register
from ubtui.domain.subjects import Subject
from ubtui.domain.volume import Unit
from ubtui.services import reads
from ubtui.services.forms import FieldSpec, act_named, fields, form
from ubtui.services.worklist import ItemView, held_by_other
from ubtui.services.worklist.export import fixes_of

__all__ = ["FieldSpec", "Offer", "form", "guarded", "offer", "offers", "table"]

ALWAYS: Final = ("worklist.wait", "worklist.dismiss", "worklist.add")
TITLES: Final[dict[str, str]] = {
    "adjust.acknowledge": "Leave it rejected",
    "adjust.approve": "Approve, which posts",
    "adjust.propose": "Propose an adjustment",
    "adjust.reject": "Reject with a reason",
    "adjust.revise": "Revise as a new proposal",
    "adjust.submit": "Submit for approval",
    "adjust.withdraw": "Withdraw the proposal",
    "document.attach": "Attach its document",
    "party.address": "Correct the mailing address",
    "read.review": "Review the read",
    "seal.remove": "The seal is off: bill in full",
    "service.activate": "Put the service in a customer's name",
    "service.seasonal": "It rests by season",
    "staged.decide": "Decide on the second read",
    "worklist.add": "Add an item of your own",
    "worklist.dismiss": "Dismiss with a reason and an end",
    "worklist.resolve": "Settled",
    "worklist.wait": "Put it away until a day",
}


@dataclass(frozen=True)
class Offer:
    """One way to act on an item: the act, its fields as far as they are known, and what speaks for it.

    `likely`: the evidence points here.
    """

    act: str
    title: str
    fields: tuple[FieldSpec, ...]
    likely: bool = False
    why: str = ""

    def values(self) -> dict[str, str]:
        """What the fields start with, by name."""
        return {each.name: each.value for each in self.fields}


@dataclass(frozen=True)
class _Draft:
    """An act with known values; a draft of decision `corrected` is one of several of the same act."""

    act: str
    known: dict[str, object]
    title: str = ""
    likely: bool = False
    why: str = ""


def table(code: str) -> tuple[str, ...]:
    """The acts that may be done from an item of this code."""
    return (*fixes_of(code), *ALWAYS)


def offers(look: Look, item: ItemView) -> tuple[Offer, ...]:
    """What this person may do about an item, the likely first, with fields filled in from its evidence."""
    allowed = permissions()
    found = []
    for act in table(item.key.code):
        if look.actor.role in allowed.get(act, frozenset()):
            found += [_offer(look, item, draft) for draft in _drafts(look, item, act)]
    return tuple(sorted(found, key=lambda each: not each.likely))


def offer(look: Look, item: ItemView, act: str, values: dict[str, str] | None = None) -> Offer:
    """The offer of one act that fits `values` best (a decision named there picks its offer); BadValue when none."""
    if act not in table(item.key.code):
        raise BadValue(f"{act[:40]} is no fix of {item.key.code}: use {', '.join(table(item.key.code))}.")
    several = [each for each in offers(look, item) if each.act == act]
    if not several:  # this role may not: the act itself says so, in its own words
        several = [_offer(look, item, draft) for draft in _drafts(look, item, act)] or [
            _offer(look, item, _Draft(act, {}))
        ]
    decision = (values or {}).get("decision")
    return next((each for each in several if each.values().get("decision") == decision), several[0])


def guarded(act: Act[Any, Any], subject: Subject) -> Act[Any, Any]:
    """The same act, refused inside its own transaction while another person has the subject's item."""
    if act.name.startswith("worklist."):
        return act  # those look at the item's holder themselves

    def body(work: Work, form: Form) -> Any:
        if (no := held_by_other(work, subject)) is not None:
            raise no
        return act.body(work, form)

    return replace(act, body=body)


def _offer(look: Look, item: ItemView, draft: _Draft) -> Offer:
    known = {**_common(item), **draft.known}
    if draft.act.startswith("worklist."):
        known["version"] = item.version
    filled = []
    for each in fields(act_named(draft.act)):
        if each.name == "reason" and draft.act in ("adjust.propose", "adjust.revise"):
            each = replace(each, kind="choice", choices=tuple((r.code, r.title) for r in look.district.reasons))
        filled.append(each.starting(known[each.name]) if each.name in known else each)
    return Offer(draft.act, draft.title or TITLES.get(draft.act, draft.act), tuple(filled), draft.likely, draft.why)


def _common(item: ItemView) -> dict[str, object]:
    """What an item says of any form's fields by their names."""
    subject = item.key.subject
    known: dict[str, object] = {"item": str(item.key), "code": item.key.code}
    if item.account:
        known["account"] = item.account
    if subject.type in ("point", "proposal", "meter"):
        known[subject.type] = subject.key
    return known


def _drafts(look: Look, item: ItemView, act: str) -> Iterator[_Draft]:
    make = _MAKERS.get(act)
    if make is None:
        yield _Draft(act, {})
    else:
        yield from make(look, item)


# -- readings --------------------------------------------------------------------------------------------------


def suggestion(face: Register, unit: Unit, prev: int, value: int, expected_milli: int) -> int | None:
    """The value with two neighbouring digits changed back, where that and only that makes the use believable.

    `expected_milli` is the use to expect, in thousandths of billing units; believable is 0.4 to 1.8 of it.
    """

    def off(candidate: int) -> int:
        return abs(face.usage(prev, candidate, unit) * 1000 - expected_milli)

    def believable(candidate: int) -> bool:
        use = face.usage(prev, candidate, unit) * 10_000
        return candidate >= prev and 4 * expected_milli <= use <= 18 * expected_milli

    if expected_milli <= 0 or believable(value):
        return None
    digits = str(value).zfill(face.dials)
    swapped = {
        int(digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :])
        for i in range(len(digits) - 1)
        if digits[i] != digits[i + 1]
    }
    return min((c for c in swapped if believable(c)), key=lambda c: (off(c), c), default=None)


_JUDGED = (
    "SELECT r.register_id, m.maker, m.serial, g.n, r.prev_value, r.value, r.rollover_use, r.rollover, r.avg_milli,"
    " r.ly_milli, r.usage, r.point_id FROM read_summary r JOIN register g ON g.id = r.register_id"
    " JOIN meter m ON m.id = g.meter_id WHERE r.point_id = ? AND r.read_on = ? AND r.seq = ?"
    " ORDER BY COALESCE(ABS(r.raw_use), r.usage, 0) DESC, r.register_id"
)


def _reviews(look: Look, item: ItemView) -> Iterator[_Draft]:
    on, seq = item.evidence.get("read_on"), item.evidence.get("seq", 1)
    base: dict[str, object] = {"read_on": on, "seq": seq}
    judged = look.db.rows(_JUDGED, [item.point_id, on, seq]) if on and item.point_id else []
    if not judged:
        yield from (_Draft("read.review", {**base, "decision": each}, _DECISIONS[each]) for each in _DECISIONS)
        return
    register, maker, serial, n, prev, value, if_rolled, rollover, average, last_year, use, point = judged[0]
    if len(judged) > 1:
        base["meter"] = f"{maker}/{serial}"
        base["register"] = n if sum(1 for row in judged if row[1:3] == (maker, serial)) > 1 else 0
    expected = last_year or average or 0
    low = item.key.code in ("R09", "R10")
    rolled = None
    if if_rolled is not None and prev is not None and low:
        said = f"counter passed zero: {prev:,} to {value:,} is {if_rolled:,}"
        known = {**base, "decision": "rollover", "reason": said}
        rolled = _Draft("read.review", known, "It passed zero", bool(rollover) and item.key.code == "R10", said)
        if rolled.likely:
            yield rolled
    if prev is not None and value is not None:
        face, unit = reads.faces(look.db, {register: point})[register]
        right = suggestion(face, unit, prev, value, expected)
        if right is not None:
            said = f"two digits swapped: {right:,} for {value:,}, use {face.usage(prev, right, unit):,}"
            known = {**base, "decision": "corrected", "value": right, "reason": said}
            yield _Draft("read.review", known, f"Correct to {right:,}", True, said)
    said = f"use {use:,} as read" if use is not None else "as read"
    confirm = _Draft("read.review", {**base, "decision": "confirmed"}, "Confirm the read", why=said)
    correct = _Draft("read.review", {**base, "decision": "corrected"}, "Correct the value")
    yield from (correct, confirm) if low else (confirm, correct)
    yield _Draft("read.review", {**base, "decision": "void"}, "Strike the read")
    if rolled is not None and not rolled.likely:
        yield rolled


_DECISIONS: Final = {
    "confirmed": "Confirm the read",
    "corrected": "Correct the value",
    "rollover": "It passed zero",
    "void": "Strike the read",
}


def _seal(look: Look, item: ItemView) -> Iterator[_Draft]:
    facts = item.evidence
    known: dict[str, object] = {
        "removed_on": facts.get("read_on"), "value": facts.get("value"), "number": facts.get("seal"),
    }  # fmt: skip
    yield _Draft(
        "seal.remove", known, likely=True, why=f"use {facts.get('since_seal', facts.get('use'))} since the seal"
    )


def _activate(look: Look, item: ItemView) -> Iterator[_Draft]:
    before = item.evidence.get("reads") or []
    start = before[1]["on"] if len(before) > 1 and before[1].get("value") is not None else None
    known: dict[str, object] = {"from_on": start or item.evidence.get("read_on")}
    last = look.db.value(
        "SELECT a.number FROM live_service s JOIN account a ON a.id = s.account_id WHERE s.point_id = ?"
        " AND a.state = 'active' ORDER BY s.from_on DESC, s.id DESC LIMIT 1",
        [item.point_id],
    )
    if not item.account and last:
        known["account"] = format_account(last)
    yield _Draft("service.activate", known)


def _seasonal(look: Look, item: ItemView) -> Iterator[_Draft]:
    yield _Draft("service.seasonal", {"seasonal": True})


# -- money, proposals, requests --------------------------------------------------------------------------------


def _propose(look: Look, item: ItemView) -> Iterator[_Draft]:
    known: dict[str, object] = {"note": f"{item.title}: {item.why}"}
    if item.key.code == "P07":
        refund = next((r.code for r in look.district.reasons if r.effect == "refund"), None)
        known |= {"reason": refund, "amount_cents": item.evidence.get("credit_cents", item.money_cents)}
        yield _Draft("adjust.propose", known, "Refund the credit", True, f"credit since {item.evidence.get('since')}")
        return
    yield _Draft("adjust.propose", known)


def _proposal(act: str, mine: bool, likely: bool = False) -> Any:
    """An act on a proposal that only its maker does (`mine`), or only another person."""

    def make(look: Look, item: ItemView) -> Iterator[_Draft]:
        maker = item.evidence.get("maker")
        if maker is None or (maker == look.actor.name) == mine:
            yield _Draft(act, {}, likely=likely)

    return make


def _attach(look: Look, item: ItemView) -> Iterator[_Draft]:
    yield _Draft("document.attach", {"subject": str(item.key.subject)}, likely=True)


def _staged(look: Look, item: ItemView) -> Iterator[_Draft]:
    known: dict[str, object] = {"row": item.evidence.get("staged")}
    yield _Draft("staged.decide", {**known, "decision": "drop"}, "Drop the second read")
    yield _Draft("staged.decide", {**known, "decision": "keep"}, "Take the second read instead")


_MAILED = (
    "SELECT y.mail_line1, y.mail_line2, y.mail_city, y.mail_state, y.mail_zip, y.mail_country"
    " FROM account_role o JOIN party y ON y.id = o.party_id WHERE o.account_id = ? AND o.to_on IS NULL"
    " AND o.role IN ('mailing', 'payer', 'owner')"
    " ORDER BY CASE o.role WHEN 'mailing' THEN 0 WHEN 'payer' THEN 1 ELSE 2 END, o.id LIMIT 1"
)
_SERVED = (
    "SELECT m.address, m.city, m.zip FROM live_service s JOIN service_point p ON p.id = s.point_id"
    " JOIN premise m ON m.id = p.premise_id WHERE s.account_id = ? ORDER BY s.to_on IS NOT NULL, s.id LIMIT 1"
)


def _address(look: Look, item: ItemView) -> Iterator[_Draft]:
    """What is known of the mailing address; what is missing in it, from the address that is served."""
    row = look.db.one(_MAILED, [item.account_id]) or (None,) * 6
    served = look.db.one(_SERVED, [item.account_id]) or (None,) * 3
    known: dict[str, object] = dict(zip(("line1", "line2", "city", "state", "zip", "country"), row, strict=False))
    guessed = []
    for name, part in zip(("line1", "city", "zip"), served, strict=True):
        if not known[name] and part and not (name == "line1" and known["line2"]):
            known[name] = part
            guessed.append(name)
    why = f"{' and '.join(guessed)} from the address that is served" if guessed else ""
    yield _Draft("party.address", {k: v for k, v in known.items() if v}, why=why)


def _wait(look: Look, item: ItemView) -> Iterator[_Draft]:
    yield _Draft("worklist.wait", {"until": look.today + timedelta(days=7)})


def _dismiss(look: Look, item: ItemView) -> Iterator[_Draft]:
    if item.due_source != "statute":
        yield _Draft("worklist.dismiss", {"until": look.today + timedelta(days=60)})


def _resolve(look: Look, item: ItemView) -> Iterator[_Draft]:
    yield _Draft("worklist.resolve", {}, likely=True)


_MAKERS: Final[dict[str, Any]] = {
    "adjust.acknowledge": _proposal("adjust.acknowledge", mine=True),
    "adjust.approve": _proposal("adjust.approve", mine=False, likely=True),
    "adjust.propose": _propose,
    "adjust.reject": _proposal("adjust.reject", mine=False),
    "adjust.revise": _proposal("adjust.revise", mine=True, likely=True),
    "adjust.submit": _proposal("adjust.submit", mine=True),
    "adjust.withdraw": _proposal("adjust.withdraw", mine=True),
    "document.attach": _attach,
    "party.address": _address,
    "read.review": _reviews,
    "seal.remove": _seal,
    "service.activate": _activate,
    "service.seasonal": _seasonal,
    "staged.decide": _staged,
    "worklist.dismiss": _dismiss,
    "worklist.resolve": _resolve,
    "worklist.wait": _wait,
}
