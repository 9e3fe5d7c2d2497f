"""Offers for promises that fall due and for duties of the calendar."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ubtui.act import Look, Refused
from ubtui.domain.dates import format_day
from ubtui.domain.money import format_money
from ubtui.domain.subjects import ItemKey, Subject
from ubtui.services.contacts import contact
from ubtui.services.fixes.draft import Draft, Maker
from ubtui.services.worklist import ItemView

TITLES: Final[dict[str, str]] = {
    "contact.promise": "Settle the promise",
    "duty.done": "It is done",
    "worklist.answer": "Answer the question",
}


def _promise(look: Look, item: ItemView) -> Iterator[Draft]:
    """Kept is likely where the money came in; broken where its day is past and it did not."""
    known: dict[str, object] = {"contact": item.key.subject.key}
    try:
        found = contact(look, item.key.subject.key)
    except Refused:
        yield Draft("contact.promise", known)
        return
    came, wanted = found.received_cents, found.promise_cents
    money = f"{format_money(came)} of {format_money(wanted)} received since" if wanted else ""
    kept = bool(wanted) and came >= (wanted or 0)
    day = format_day(found.promise_on, look.today) if found.promise_on else ""
    late = bool(wanted) and not kept and found.promise_on is not None and found.promise_on < look.today
    title = "Kept: the money came" if wanted else "Called back"
    yield Draft("contact.promise", {**known, "decision": "kept"}, title, kept or not wanted, money)
    needs_day = {"to": {"label": "Promised now for", "required": True}}
    yield Draft("contact.promise", {**known, "decision": "moved"}, "Moved to another day", shown=needs_day)
    yield Draft("contact.promise", {**known, "decision": "broken"}, f"Broken, due {day}", late, money)


def _duty(look: Look, item: ItemView) -> Iterator[Draft]:
    yield Draft("duty.done", {"duty": item.evidence.get("duty"), "period": item.key.period}, likely=True)


_ASKED = (
    "SELECT w.code, w.subject_type, w.subject_key, w.period, w.version, q.asked, q.asked_by FROM question q"
    " JOIN work_item w ON w.id = q.item_id WHERE q.answer IS NULL AND {}"
)


def _answer(look: Look, item: ItemView) -> Iterator[Draft]:
    """The answer to the question behind an item that says it waits, or to the one that came with this item."""
    of_question = item.key.code == "X02"
    where, value = ("q.key = ?", item.key.subject.key) if of_question else ("w.id = ?", item.id)
    row = look.db.one(_ASKED.format(where), [value])
    if row is not None:
        code, kind, key, period, version, asked, by = row
        about = str(ItemKey(code, Subject(kind, key), period))
        label = {"answer": {"help": f"{by} asks: {asked}"}}
        yield Draft("worklist.answer", {"item": about, "version": version}, likely=True, why=asked, shown=label)


MAKERS: Final[dict[str, Maker]] = {"contact.promise": _promise, "duty.done": _duty, "worklist.answer": _answer}
