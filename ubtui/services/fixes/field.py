"""Offers of the field: orders, seals, rights, exchanges, and where a meter is found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from ubtui.act import Look
from ubtui.db.calendars import office
from ubtui.domain.dates import format_day
from ubtui.domain.money import format_money
from ubtui.services.fixes.draft import Draft, Maker
from ubtui.services.orders.views import KINDS, open_at
from ubtui.services.seals.fees import closed
from ubtui.services.worklist import ItemView

TITLES: Final[dict[str, str]] = {
    "meter.exchange": "Exchange the meter",
    "meter.face": "Put the face of its register right",
    "meter.test": "Write a meter test down",
    "order.cancel": "Cancel the order",
    "order.correct": "The crew's report was wrong",
    "order.create": "Send the crew out",
    "order.move": "Give it another day",
    "order.result": "Bring the result in",
    "order.round": "Send orders out for the list",
    "point.place": "Say where the meter is found",
    "right.document": "Attach its paper",
    "right.end": "The right is no longer the parcel's",
    "right.set": "Write a right down",
    "right.verify": "A right is proved",
    "seal.fee": "Charge the fee of the seal",
    "seal.place": "The seal is on",
    "seal.rate": "The seal's rate was written wrong",
    "seal.remove": "The seal is off: bill in full",
    "seal.replace": "Another seal is on",
    "seal.request": "The owner asks to seal or unseal",
    "seal.round": "A round of seals came back",
    "seal.verify": "A seal was looked at",
    "seal.withdraw": "The owner takes it back",
    "service.rate": "Bill by another rate",
}
# What the crew is asked to do where an item of this code sends it out.
_ASKED: Final = {
    "R01": "reread", "R02": "access", "R03": "reread", "R12": "verify", "R19": "verify", "R20": "verify",
    "R21": "verify", "R22": "verify", "R27": "test", "M01": "verify", "M06": "exchange",
    "M02": "verify", "M13": "locate",
}  # fmt: skip
_POINTS = (
    "SELECT p.number FROM parcel x JOIN premise m ON m.parcel_id = x.id JOIN live_point p ON p.premise_id = m.id"
    " WHERE x.apn = ? AND p.state = 'active' ORDER BY p.number"
)


def out_there(look: Look, item: ItemView) -> tuple[str, ...]:
    """Orders that are open at the item's point: a second one would send the crew twice."""
    if item.point_id is None or item.key.subject.type == "order":
        return ()
    return tuple(
        f"{each.order} {KINDS[each.kind].lower()}, due {format_day(each.due_on, look.today)}"
        for each in open_at(look, item.point_id)
    )


def soon(look: Look, days: int) -> date:
    """So many office days from today."""
    return office(look.db, look.today, look.today).add(look.today, days)


def _at(look: Look, item: ItemView) -> tuple[str, str]:
    """The point that an item is about, and a word where there is a choice; empty where it is about none."""
    if item.key.subject.type == "parcel":
        numbers = [row[0] for row in look.db.rows(_POINTS, [item.key.subject.key])]
        return (numbers[0], f"the parcel has {', '.join(numbers[:8])}") if numbers else ("", "")
    if item.point_id is None:
        return "", ""
    return str(look.db.value("SELECT number FROM service_point WHERE id = ?", [item.point_id])), ""


def _create(look: Look, item: ItemView) -> Iterator[Draft]:
    point, several = _at(look, item)
    kind = item.evidence.get("request") or _ASKED.get(item.key.code, "verify")
    if item.key.code == "M09" and item.evidence.get("seal"):
        kind = "seal_check"
    known: dict[str, object] = {
        "point": point, "kind": kind, "due_on": soon(look, 3), "instructions": f"{item.title}: {item.why}"[:500],
    }  # fmt: skip
    open_one = look.db.value(
        "SELECT number FROM field_order WHERE point_id = ? AND kind = ? AND state = 'open'", [item.point_id, kind]
    )
    if not open_one:
        yield Draft("order.create", known, why=several, shown={"point": {"help": several}} if several else {})


def _result(look: Look, item: ItemView) -> Iterator[Draft]:
    told = {"kind": item.evidence.get("kind"), "instructions": item.evidence.get("instructions")}
    yield Draft("order.result", {"done_on": look.today}, likely=True, why=": ".join(v for v in told.values() if v))


def _move(look: Look, item: ItemView) -> Iterator[Draft]:
    yield Draft("order.move", {"due_on": soon(look, 1)})


def _correct(look: Look, item: ItemView) -> Iterator[Draft]:
    facts = item.evidence
    if not (order := facts.get("order")):
        return
    there = look.db.one(
        "SELECT m.serial, m.size, p.location_note FROM field_order o JOIN service_point p ON p.id = o.point_id"
        " LEFT JOIN live_install i ON i.point_id = o.point_id AND i.off_date IS NULL"
        " LEFT JOIN meter m ON m.id = i.meter_id WHERE o.number = ? ORDER BY i.id LIMIT 1",
        [order],
    ) or (None, None, None)
    known: dict[str, object] = {"order": order}
    if item.key.code == "M07" or "found_serial" in facts:
        known["found_serial"] = there[0]
    if "found_size" in facts:
        known["found_size"] = there[1]
    if "found_location" in facts:
        known["found_location"] = there[2]
    if "found_seal" in facts and "checked_on" not in facts:
        return  # a seal was read that no record has: there is nothing to put in its place
    told = [str(value) for name, value in known.items() if name != "order"]
    yield Draft("order.correct", known, why=f"the record has {', '.join(told)} there" if told else "")


def _round(look: Look, item: ItemView) -> Iterator[Draft]:
    due = min(soon(look, 10), item.due_on) if item.due_on and item.due_on >= look.today else soon(look, 10)
    yield Draft("order.round", {"due_on": due}, likely=True, why=item.why)


_ASKING = (
    "SELECT q.kind, q.asked_by, o.state, o.done_on, o.found_value FROM seal_request q"
    " LEFT JOIN field_order o ON o.id = q.order_id WHERE q.point_id = ? AND q.state = 'open' ORDER BY q.id"
)


def _place(look: Look, item: ItemView) -> Iterator[Draft]:
    asked = next((row for row in look.db.rows(_ASKING, [item.point_id]) if row[0] == "seal"), None)
    if item.key.code == "M04" and asked is None:
        return
    if item.key.code in ("M05", "M09") and item.evidence.get("seal"):
        return
    known: dict[str, object] = {"placed_on": look.today}
    why = ""
    if item.key.code == "M09":
        if not (number := item.evidence.get("found_seal")):
            return
        known |= {"number": number, "placed_on": item.evidence.get("found_on")}
        why = "as the crew read it"
    if asked:
        known |= {"requested_by": asked[1], "value": asked[4], "placed_on": asked[3] or look.today}
        why = f"the order is done, {asked[3]}" if asked[2] == "done" else f"asked for by {asked[1]}"
    yield Draft("seal.place", known, likely=asked is not None or item.key.code == "M09", why=why)


def _fee(look: Look, item: ItemView) -> Iterator[Draft]:
    if number := item.evidence.get("fee_of"):
        what = f"{item.evidence.get('fee_what')} on {item.evidence.get('fee_noted_on')}"
        said = f"{what}: {format_money(item.evidence['fee_cents'])} by the district's terms"
        known: dict[str, object] = {"number": number}
        if left := closed(look, item.key.subject.key, str(number)):
            known |= {"fee_cents": 0, "reason": f"{left}, which was to pay, is closed"}
        yield Draft("seal.fee", known, likely=True, why=said)


def _remove(look: Look, item: ItemView) -> Iterator[Draft]:
    facts = item.evidence
    if item.key.code == "R13":
        known: dict[str, object] = {
            "removed_on": facts.get("read_on"), "value": facts.get("value"), "number": facts.get("seal"),
        }  # fmt: skip
        use = facts.get("since_seal", facts.get("use"))
        yield Draft("seal.remove", known, likely=True, why=f"use {use} since the seal")
        return
    if item.key.code == "M09":
        if facts.get("found") in ("broken", "missing"):
            known = {
                "removed_on": facts.get("checked_on"), "value": facts.get("value"), "number": facts.get("seal"),
                "reason": f"found {facts['found']}",
            }  # fmt: skip
            yield Draft("seal.remove", known, likely=True, why=f"found {facts['found']} on {facts.get('checked_on')}")
        return
    seal = look.db.value("SELECT number FROM seal WHERE point_id = ? AND removed_on IS NULL", [item.point_id])
    if seal is None or (item.key.code == "M04" and facts.get("request") != "unseal"):
        return
    asked = next((row for row in look.db.rows(_ASKING, [item.point_id]) if row[0] == "unseal"), None)
    known = {"removed_on": look.today, "number": seal}
    if asked:
        known |= {"removed_on": asked[3] or look.today, "value": asked[4], "reason": f"asked for by {asked[1]}"}
    yield Draft("seal.remove", known, likely=asked is not None)


def _withdraw(look: Look, item: ItemView) -> Iterator[Draft]:
    yield Draft("seal.withdraw", {"kind": item.evidence.get("request")})


def _seal_rate(look: Look, item: ItemView) -> Iterator[Draft]:
    if seal := item.evidence.get("seal"):
        why = look.db.value("SELECT lock_reason FROM seal WHERE number = ?", [seal])
        known = {"number": seal, "rate": "full", "effect": "never"}
        yield Draft("seal.rate", known, likely=why == "nonpayment", why=f"locked for {str(why).replace('_', ' ')}")


def _verify(look: Look, item: ItemView) -> Iterator[Draft]:
    if item.key.code == "M09" and not item.evidence.get("seal"):
        return
    yield Draft("seal.verify", {"verified_on": look.today, "number": item.evidence.get("seal")})


def _replace(look: Look, item: ItemView) -> Iterator[Draft]:
    facts = item.evidence
    if not facts.get("seal") or facts.get("found") == "on":
        return
    known: dict[str, object] = {"on": facts.get("checked_on"), "number": facts.get("seal"), "value": facts.get("value")}
    if facts.get("found") == "other":
        known |= {"new": facts.get("found_seal"), "reason": "another number is on"}
        yield Draft("seal.replace", {**known, "how": "misread"}, "Its number was written down wrong", True, item.why)
        yield Draft("seal.replace", {**known, "how": "replaced"}, "A new seal went on", why=item.why)
        return
    yield Draft("seal.replace", {**known, "on": look.today, "value": None}, "A new seal went on")


def _service_rate(look: Look, item: ItemView) -> Iterator[Draft]:
    facts = item.evidence
    known = {"rate": facts.get("should"), "from_on": facts.get("since") or look.today, "reason": item.why}
    yield Draft("service.rate", known, likely=True, why=item.why)


def _right(look: Look, item: ItemView) -> Iterator[Draft]:
    facts = item.evidence
    kind = str(facts.get("kinds") or facts.get("kind") or "potable").split()[0]
    known = {"kind": kind, "size": facts.get("size"), "count": max(1, item.units)}
    yield Draft("right.set", known, shown={"source": {"required": True}})


def _right_paper(look: Look, item: ItemView) -> Iterator[Draft]:
    """One paper for all that lack one; or for each its own."""
    several = int(item.evidence.get("rights") or 1)
    likely = f"the {several} rights without one" if several > 1 else str(item.evidence.get("source") or "")
    yield Draft("right.document", {"title": item.evidence.get("source")}, likely=True, why=likely)


def _right_end(look: Look, item: ItemView) -> Iterator[Draft]:
    yield Draft("right.end", {"right": item.evidence.get("right"), "to_on": look.today})


def _right_verify(look: Look, item: ItemView) -> Iterator[Draft]:
    for number, kind, size, count, status, source in look.db.rows(
        "SELECT r.id, r.kind, r.size, r.count, r.status, r.source FROM parcel_right r"
        " JOIN parcel x ON x.id = r.parcel_id WHERE x.apn = ? AND r.status <> 'verified' AND r.to_on IS NULL"
        " ORDER BY r.id LIMIT 1",
        [item.key.subject.key],
    ):
        why = f"{count} {kind} at {size} in, {status}"
        yield Draft("right.verify", {"right": number, "source": source}, likely=True, why=why)


def _exchange(look: Look, item: ItemView) -> Iterator[Draft]:
    facts = item.evidence
    known: dict[str, object] = {"on": look.today}
    if item.key.code == "M07":
        maker, _, serial = item.key.subject.key.partition("/")
        there = str(facts.get("found_at") or "")
        if not look.db.value("SELECT 1 FROM live_point WHERE number = ?", [there]):
            return
        known = {
            "point": there, "on": facts.get("found_on") or look.today, "maker": maker, "serial": serial,
            "from_point": facts.get("live"), "reason": "swapped",
        }  # fmt: skip
        yield Draft("meter.exchange", known, f"It hangs at {there}", why=f"and no longer at {facts.get('live')}")
        return
    if item.key.code == "M09":
        if not facts.get("found_serial"):
            return
        known = {"on": facts.get("found_on"), "serial": facts.get("found_serial"), "reason": "found in its place"}
        yield Draft("meter.exchange", known, "That meter hangs there now", why=item.why)
        return
    if item.key.code == "M02":
        maker, _, serial = str(facts.get("meter", "")).partition("/")
        known["point"] = look.db.value(
            "SELECT p.number FROM meter m JOIN live_install i ON i.meter_id = m.id AND i.off_date IS NULL"
            " JOIN service_point p ON p.id = i.point_id WHERE m.maker = ? AND m.serial = ?",
            [maker, serial],
        )
        known |= {"size": facts.get("allowed"), "reason": "larger than its right"}
    yield Draft("meter.exchange", known)


def _test(look: Look, item: ItemView) -> Iterator[Draft]:
    yield Draft("meter.test", {"tested_on": look.today})


def _point_place(look: Look, item: ItemView) -> Iterator[Draft]:
    if item.key.code == "M09":
        if place := item.evidence.get("found_location"):
            yield Draft("point.place", {"location": place}, likely=True, why="as the crew found it")
        return
    note = look.db.value(
        "SELECT note FROM field_order WHERE point_id = ? AND state = 'done' AND note IS NOT NULL AND done_on >= ?"
        " ORDER BY done_on DESC, id DESC LIMIT 1",
        [item.point_id, (look.today - timedelta(days=730)).isoformat()],
    )
    why, asked = "as the crew wrote" if note else "", {"location": {"required": True}}
    yield Draft("point.place", {"location": note}, likely=bool(note), why=why, shown=asked)


def _face(look: Look, item: ItemView) -> Iterator[Draft]:
    facts = item.evidence
    yield Draft("meter.face", {"meter": facts.get("meter"), "register": facts.get("register", 1)}, why=item.why)


MAKERS: Final[dict[str, Maker]] = {
    "meter.exchange": _exchange,
    "meter.face": _face,
    "meter.test": _test,
    "order.correct": _correct,
    "order.create": _create,
    "order.move": _move,
    "order.result": _result,
    "order.round": _round,
    "point.place": _point_place,
    "right.document": _right_paper,
    "right.end": _right_end,
    "right.set": _right,
    "right.verify": _right_verify,
    "seal.fee": _fee,
    "seal.place": _place,
    "seal.rate": _seal_rate,
    "seal.remove": _remove,
    "seal.replace": _replace,
    "seal.verify": _verify,
    "seal.withdraw": _withdraw,
    "service.rate": _service_rate,
}
