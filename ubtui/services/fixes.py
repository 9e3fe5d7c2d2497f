"""The fix table: which acts take away the cause of an item, their fields filled in from its evidence."""

# Length: one maker of offers a kind of act, read as one table.
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final

import msgspec

from ubtui.act import Act, Form, Look, Work, linked, permissions
from ubtui.detectors.registry import CODES
from ubtui.domain.dates import format_day
from ubtui.domain.errors import BadValue
from ubtui.domain.money import format_money
from ubtui.domain.numbers import format_account, parse_account
from ubtui.domain.register import Register
from ubtui.domain.subjects import ItemKey, Subject
from ubtui.domain.volume import Unit
from ubtui.exchange import profile
from ubtui.services import reads
from ubtui.services.forms import FieldSpec, act_named, fields, form
from ubtui.services.worklist import ItemView, held_by_other
from ubtui.services.worklist.export import fixes_of

__all__ = ["FieldSpec", "Offer", "Standing", "form", "guarded", "named", "offer", "offers", "standing", "table"]

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
    """An act with known values; a draft of decision `corrected` is one of several of the same act.

    `shown` changes how a field is put, by its name: its label, its help, whether it is needed.
    """

    act: str
    known: dict[str, object]
    title: str = ""
    likely: bool = False
    why: str = ""
    shown: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Standing:
    """What must be known before an item is acted on.

    `barred`: why this person may do nothing here, "" where he may; `waits`: proposals from this item that are not
    decided yet; `reads`: of two reads in a period, the one that is in and each that is staged.
    """

    barred: str
    waits: tuple[str, ...]
    reads: tuple[str, ...]


_PROPOSED = (
    "SELECT p.number, p.amount_cents, p.maker, p.state, p.approvers FROM proposal p"
    " WHERE p.item = ? AND p.state IN ('draft', 'submitted')"
    " AND NOT EXISTS(SELECT 1 FROM approval a WHERE a.proposal_id = p.id) ORDER BY p.id"
)


def standing(look: Look, item: ItemView) -> Standing:
    """What stands in the way of acting on an item, and what else waits on it."""
    return Standing(_barred(look, item), _proposed(look, item), tuple(each.said() for each in _two_reads(look, item)))


def _barred(look: Look, item: ItemView) -> str:
    subjects = [item.key.subject, *([Subject("account", item.account)] if item.account else [])]
    no = linked(look, subjects)
    return "" if no is None else no.sentence()


def _proposed(look: Look, item: ItemView) -> tuple[str, ...]:
    """Proposals that name the item and are not decided: a second one would move the money twice."""
    told = []
    for number, cents, maker, state, approvers in look.db.rows(_PROPOSED, [str(item.key)]):
        waits = f"waits for {approvers.replace(',', ' or ')}" if state == "submitted" else "is not submitted yet"
        told.append(f"{number} over {format_money(cents)} by {maker} {waits}")
    return tuple(told)


def table(code: str) -> tuple[str, ...]:
    """The acts that may be done from an item of this code."""
    return (*fixes_of(code), *ALWAYS)


def offers(look: Look, item: ItemView) -> tuple[Offer, ...]:
    """What this person may do about an item, the likely first, with fields filled in from its evidence.

    Nothing on his own or a linked account; taking a proposal back is never the first.
    """
    if _barred(look, item):
        return ()
    allowed = permissions()
    found: list[Offer] = []
    for act in table(item.key.code):
        if look.actor.role in allowed.get(act, frozenset()):
            found += [_offer(look, item, draft) for draft in _drafts(look, item, act)]
    return tuple(sorted(found, key=lambda each: (not each.likely, each.act == "adjust.withdraw")))


def offer(look: Look, item: ItemView, act: str, values: dict[str, str] | None = None) -> Offer:
    """The offer of one act that fits `values` best (a decision named there picks its offer); BadValue when none."""
    if act not in table(item.key.code):
        raise BadValue(f"{act[:40]} is no fix of {item.key.code}: use {', '.join(table(item.key.code))}.")
    several = [each for each in offers(look, item) if each.act == act]
    if not several:  # this role may not: the act itself says so, in its own words
        several = [_offer(look, item, draft) for draft in _drafts(look, item, act)] or [
            _offer(look, item, _Draft(act, {}))
        ]
    wanted = values or {}
    fitting = [each for each in several if each.values().get("decision") == wanted.get("decision")] or several
    return next((each for each in fitting if each.values().get("row") == wanted.get("row")), fitting[0])


def named(key: ItemKey) -> str:
    """An item in words, with its key: `High against last year (R04:point:SP-00012@B1/2026-11)`."""
    return f"{CODES[key.code].title} ({key})" if key.code in CODES else str(key)


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
        each = replace(each, **draft.shown.get(each.name, {}))
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


def suggestion(face: Register, unit: Unit, prev: int, value: int, expected_milli: int, low: bool = False) -> int | None:
    """The value with two neighbouring digits changed back, where that and only that makes the use believable.

    `expected_milli` is the use to expect, in thousandths of billing units; believable is 0.7 to 1.4 of it. A use that
    is merely `low` may be true: there the changed value must fit twice as well as the one that was read.
    """

    def off(candidate: int) -> int:
        return abs(face.usage(prev, candidate, unit) * 1000 - expected_milli)

    def believable(candidate: int) -> bool:
        use = face.usage(prev, candidate, unit) * 10_000
        return candidate >= prev and 7 * expected_milli <= use <= 14 * expected_milli

    if expected_milli <= 0 or believable(value):
        return None
    digits = str(value).zfill(face.dials)
    swapped = {
        int(digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :])
        for i in range(len(digits) - 1)
        if digits[i] != digits[i + 1]
    }
    best = min((c for c in swapped if believable(c)), key=lambda c: (off(c), c), default=None)
    return None if best is None or (low and 2 * off(best) > off(value)) else best


_JUDGED = (
    "SELECT r.register_id, m.maker, m.serial, g.n, r.prev_value, r.value, r.rollover_use, r.rollover, r.avg_milli,"
    " r.ly_milli, r.usage, r.point_id, r.prev_on,"
    " (SELECT c.ratio_ppm FROM cycle_median c WHERE c.period = r.period) FROM read_summary r"
    " JOIN register g ON g.id = r.register_id JOIN meter m ON m.id = g.meter_id"
    " WHERE r.point_id = ? AND r.read_on = ? AND r.seq = ?"
    " ORDER BY COALESCE(ABS(r.raw_use), r.usage, 0) DESC, r.register_id"
)


def _reviews(look: Look, item: ItemView) -> Iterator[_Draft]:
    on, seq = item.evidence.get("read_on"), item.evidence.get("seq", 1)
    base: dict[str, object] = {"read_on": on, "seq": seq}
    judged = look.db.rows(_JUDGED, [item.point_id, on, seq]) if on and item.point_id else []
    if not judged:
        yield from (_Draft("read.review", {**base, "decision": each}, _DECISIONS[each]) for each in _DECISIONS)
        return
    register, maker, serial, n, prev, value, if_rolled, rollover, average, last_year, use, point = judged[0][:12]
    prev_on, ratio = judged[0][12:]
    if len(judged) > 1:
        base["meter"] = f"{maker}/{serial}"
        base["register"] = n if sum(1 for row in judged if row[1:3] == (maker, serial)) > 1 else 0
    expected = last_year * (ratio or 1_000_000) // 1_000_000 if last_year else average or 0
    low = item.key.code in ("R09", "R10")
    last = f"last was {prev:,} on {format_day(date.fromisoformat(prev_on), look.today)}" if prev_on else ""
    right_value = {
        "value": {
            "label": "Register value" + (f" ({last})" if last else ""),
            "required": True,
            "help": f"{f'as read {value:,}; ' if value is not None else ''}what the register shows",
        }
    }
    rolled = None
    if if_rolled is not None and prev is not None and low:
        said = f"counter passed zero: {prev:,} to {value:,} is {if_rolled:,}"
        known = {**base, "decision": "rollover", "reason": said}
        rolled = _Draft("read.review", known, "It passed zero", bool(rollover) and item.key.code == "R10", said)
        if rolled.likely:
            yield rolled
    if prev is not None and value is not None and item.key.code not in ("R13", "R14"):  # there no use is expected
        face, unit = reads.faces(look.db, {register: point})[register]
        merely_low = value >= prev and face.usage(prev, value, unit) * 1000 < expected
        right = suggestion(face, unit, prev, value, expected, merely_low)
        if right is not None:
            said = f"two digits swapped: {right:,} for {value:,}, use {face.usage(prev, right, unit):,}"
            known = {**base, "decision": "corrected", "value": right, "reason": said}
            yield _Draft("read.review", known, f"Correct to {right:,}", True, said, shown=right_value)
    said = f"use {use:,} as read" if use is not None else "as read"
    confirm = _Draft("read.review", {**base, "decision": "confirmed"}, "Confirm the read", why=said)
    correct = _Draft("read.review", {**base, "decision": "corrected"}, "Correct the value", shown=right_value)
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


_HOLDER = (
    "SELECT q.name FROM account a JOIN account_role r ON r.account_id = a.id JOIN party q ON q.id = r.party_id"
    " WHERE a.number = ? AND r.to_on IS NULL AND r.role IN ('owner', 'payer')"
    " ORDER BY CASE r.role WHEN 'owner' THEN 0 ELSE 1 END, r.id LIMIT 1"
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
    number = item.account or (format_account(last) if last else "")
    if not number:
        yield _Draft("service.activate", known)
        return
    holder = look.db.value(_HOLDER, [parse_account(number)]) or "nobody's by name"
    shown = {"account": {"help": f"{number} is {holder}: the account that will be billed"}}
    yield _Draft("service.activate", {**known, "account": number}, why=f"last served {number}, {holder}", shown=shown)


def _seasonal(look: Look, item: ItemView) -> Iterator[_Draft]:
    yield _Draft("service.seasonal", {"seasonal": True})


# -- money, proposals, requests --------------------------------------------------------------------------------


def _propose(look: Look, item: ItemView) -> Iterator[_Draft]:
    known: dict[str, object] = {"note": f"{item.title}: {item.why}"}
    waits = _proposed(look, item)
    if item.key.code == "P07":
        refund = next((r.code for r in look.district.reasons if r.effect == "refund"), None)
        known |= {"reason": refund, "amount_cents": item.evidence.get("credit_cents", item.money_cents)}
        why = f"credit since {item.evidence.get('since')}"
        yield _Draft("adjust.propose", known, "Refund the credit", not waits, waits[0] if waits else why)
        return
    yield _Draft("adjust.propose", known, why=waits[0] if waits else "")


def _proposal(act: str, mine: bool, likely: bool = False) -> Any:
    """An act on a proposal that only its maker does (`mine`), or only another person."""

    def make(look: Look, item: ItemView) -> Iterator[_Draft]:
        maker = item.evidence.get("maker")
        if maker is None or (maker == look.actor.name) == mine:
            yield _Draft(act, {}, likely=likely)

    return make


def _attach(look: Look, item: ItemView) -> Iterator[_Draft]:
    yield _Draft("document.attach", {"subject": str(item.key.subject)}, likely=True)


def _withdraw(look: Look, item: ItemView) -> Iterator[_Draft]:
    if item.evidence.get("maker") in (None, look.actor.name):
        yield _Draft("adjust.withdraw", {}, shown={"reason": {"required": True, "help": "why you take it back"}})


@dataclass(frozen=True)
class _TakenRead:
    """One of two reads of a period: `row` is the staged row, None for the one that is in."""

    row: int | None
    value: int | None
    use: int | None
    on: str
    source: str

    def short(self) -> str:
        """The read in a few words: `367,274 (use 31)`."""
        known = "no value" if self.value is None else f"{self.value:,}"
        return f"{known} (use {'not known' if self.use is None else f'{self.use:,}'})"

    def said(self) -> str:
        """The read with its day and where it came from."""
        return f"{'in' if self.row is None else f'staged row {self.row}'}: {self.short()} on {self.on}, {self.source}"


_IN = (
    "SELECT r.register_id, r.point_id, r.read_on, r.value, r.usage, r.prev_value, d.row_no, b.source, d.entered_by"
    " FROM read_summary r JOIN read d ON d.register_id = r.register_id AND d.read_on = r.read_on AND d.seq = r.seq"
    " LEFT JOIN batch b ON b.id = d.batch_id WHERE r.point_id = ? AND r.period = ? AND r.kind = 'regular'"
    " ORDER BY r.register_id, r.read_on, r.seq"
)
_SECOND = (
    "SELECT s.id, s.register_id, s.row_no, b.source, b.profile, s.kind, s.fields FROM staged_row s"
    " JOIN batch b ON b.id = s.batch_id AND b.released_at IS NOT NULL WHERE s.point_id = ? AND s.period = ?"
    " AND s.state = 'staged' AND s.reason = 'duplicate-read' AND s.kind IN ('reads', 'usage') ORDER BY s.id"
)


def _two_reads(look: Look, item: ItemView) -> tuple[_TakenRead, ...]:
    """Of an item about two reads in a period: the reads that are in, then those that are staged; else nothing."""
    if item.key.code != "R15" or item.point_id is None:
        return ()
    found, before = [], {}
    for register, point, on, value, use, prev, row_no, source, by in look.db.rows(
        _IN, [item.point_id, item.key.period]
    ):
        before[register] = (point, prev)
        told = f"{source}, row {row_no}" if source else f"by {by}"
        found.append(_TakenRead(None, value, use, on, told))
    for id, register, row_no, source, layout, kind, texts in look.db.rows(_SECOND, [item.point_id, item.key.period]):
        fields: dict[str, str] = msgspec.json.decode(texts)
        try:
            values, _ = profile.convert(profile.load(layout, kind), fields)
        except (OSError, BadValue):  # the layout is gone: what the file says is shown as it stands
            values = {}
        value, use = values.get("value"), values.get("usage")
        point, prev = before.get(register, (None, None))
        if kind == "reads" and value is not None and prev is not None:
            face, unit = reads.faces(look.db, {register: point})[register]
            use = face.between(prev, value, unit).units
        on = str(values.get("date") or fields.get("date", ""))[:10]
        shown = None if use is None else int(use)
        found.append(_TakenRead(id, value, shown, on, f"{source}, row {row_no}"))
    return tuple(found)


def _staged(look: Look, item: ItemView) -> Iterator[_Draft]:
    both = _two_reads(look, item)
    kept = next((each.short() for each in both if each.row is None), "the first read")
    for each in both:
        if each.row is not None:
            known: dict[str, object] = {"row": each.row}
            title = f"Drop it, keep {kept}"
            yield _Draft("staged.decide", {**known, "decision": "drop"}, title, why=f"drops {each.short()}")
            title = f"Take the staged read {each.short()}"
            yield _Draft("staged.decide", {**known, "decision": "keep"}, title, why=f"of {each.source}")


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
    "adjust.withdraw": _withdraw,
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
