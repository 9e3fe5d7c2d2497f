"""Seals looked at: each look is kept, one at a time or a whole round with every row told on its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final

import msgspec

from ubtui.act import Form, Refused, Work, act, linked, refusal
from ubtui.db.errors import RuleBroken
from ubtui.db.models.field import SealCheck
from ubtui.domain.seals import Seen
from ubtui.domain.subjects import Subject
from ubtui.domain.text import clean_text
from ubtui.services import orders, points
from ubtui.services.points import Point
from ubtui.services.reads.shown import may_have_shown
from ubtui.services.seals import rows
from ubtui.services.seals.rows import Value, Which, touch_round

MOST: Final = 2_000
"""Seals of a round in one act."""
How = Annotated[Seen, msgspec.Meta(description="on: it holds; broken; missing; other: another number is on")]
Other = Annotated[str, msgspec.Meta(description="the number that was found, where it is another", max_length=40)]
Note = Annotated[str, msgspec.Meta(description="what else was seen", max_length=500)]
On = Annotated[date, msgspec.Meta(description="day on which it was looked at")]


class Verify(Form, frozen=True, kw_only=True):
    """A seal was looked at."""

    point: Point
    verified_on: On
    found: How = "on"
    value: Value = None
    other: Other = ""
    number: Which = ""
    note: Note = ""


class Verified(msgspec.Struct, frozen=True):
    """The seal and how it was found."""

    point: str
    seal: str
    found: str
    verified_on: date


@dataclass(frozen=True, slots=True)
class Look:
    """What somebody saw of a seal on a day: how it was, what the meter showed, what else."""

    on: date
    found: Seen = "on"
    value: int | None = None
    other: str = ""
    note: str = ""
    by: str = ""
    order_id: int | None = None


@act("seal.verify")
def verify(work: Work, form: Verify) -> Verified:
    """Say how a seal was found; it stays on the record, and what is wrong with it waits for a decision.

    A seal that is off for good is taken off, one with another number is replaced.
    """
    point = points.found(work, form.point)
    row = rows.on(work, point[0], form.point, form.number)
    may_have_shown(work, point[0], form.verified_on, form.value)
    seen = looked(
        work, row[0], point[0], form.point,
        Look(form.verified_on, form.found, form.value, form.other, form.note),
    )  # fmt: skip
    touch_round(work)
    work.fact(point=form.point, seal=row[1], found=seen)
    work.detail(note=clean_text(form.note, 500).strip(), value=form.value)
    return Verified(form.point, row[1], seen, form.verified_on)


def looked(work: Work, seal_id: int, point_id: int, point: str, look: Look) -> Seen:
    """Keep one look at a seal, inside any act: it counts as looked at, and open orders to do so are done.

    Returns how it was found. Refused on a day when it was not on, or where another number is said to be on and is not
    given. A value the meter cannot have shown is kept: it is told of as an item.
    """
    row = work.db.one("SELECT number, placed_on, version, verified_on FROM seal WHERE id = ?", [seal_id])
    assert row is not None
    number, other, note = row[0], clean_text(look.other, 40).strip(), clean_text(look.note, 500).strip()
    rows.between(work, number, row[1], look.on)
    found: Seen = look.found
    if other == number:  # it is the one that the record has
        other, found = "", "on" if found == "other" else found
    if found == "other" and not other:
        raise Refused(f"which number is on instead of {number}", rule="seals", cure="give the number that was found")
    if found == "on" and other:
        found = "other"
    if found != "other":
        note = " ".join(filter(None, (f"number {other} was read." if other else "", note)))
    day, by = look.on.isoformat(), clean_text(look.by, 60).strip() or work.actor.name
    same = work.db.one(
        "SELECT checked_on, found, value, COALESCE(found_number, ''), note, checked_by FROM seal_check"
        " WHERE seal_id = ? ORDER BY checked_on DESC, id DESC LIMIT 1",
        [seal_id],
    )
    if same != (day, found, look.value, other if found == "other" else "", note[:500], by):  # else told again
        work.db.insert(
            SealCheck, seal_id=seal_id, checked_on=look.on, found=found, value=look.value,
            found_number=other if found == "other" else None, note=note[:500],
            checked_by=by, order_id=look.order_id,
        )  # fmt: skip
    rows.seen(work, seal_id, look.on)
    orders.finish(work, point_id, point, "seal_check", look.on, note or f"seal {number} {found}")
    work.touch("point", point)
    return found


class Found(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One seal of a round by its number: how it was found."""

    seal: Annotated[str, msgspec.Meta(description="number of the seal on record", min_length=1, max_length=40)]
    found: How = "on"
    value: Value = None
    other: Other = ""
    note: Note = ""


class Round(Form, frozen=True, kw_only=True):
    """A round of seals that comes back in."""

    verified_on: On
    rows: Annotated[tuple[Found, ...], msgspec.Meta(min_length=1, max_length=MOST, description="the seals looked at")]
    by: Annotated[str, msgspec.Meta(description="who was there", max_length=60)] = ""


class Told(msgspec.Struct, frozen=True):
    """A row that could not go in: its place among the rows, from 0, its seal, and why."""

    row: int
    seal: str
    why: str


class Rounded(msgspec.Struct, frozen=True):
    """How many seals were looked at, how many of them held, and the rows that could not go in."""

    looked: int
    held: int
    refused: tuple[Told, ...]


_OF = (
    "SELECT z.id, z.point_id, p.number FROM seal z JOIN live_point p ON p.id = z.point_id"
    " WHERE z.number = ? AND z.removed_on IS NULL"
)


@act("seal.round")
def round_in(work: Work, form: Round) -> Rounded:
    """Bring a round of seals in: each row on its own, one that cannot go in is told and changes nothing."""
    held, refused, seen = 0, list[Told](), set[str]()
    for n, each in enumerate(form.rows):
        number = clean_text(each.seal, 40).strip()
        try:
            if number in seen:
                raise Refused(f"seal {number} stands twice", rule="rounds", cure="say once how it was found")
            with work.db.writing():  # a part of the act's own transaction
                found = _one(work, form, each, number)
        except (Refused, RuleBroken) as no:
            refused.append(Told(n, number, refusal(no).sentence()))
        else:
            seen.add(number)
            held += found == "on"
    if not seen:
        first = f": {refused[0].seal}, {refused[0].why}" if refused else ""
        raise Refused(f"none of {len(form.rows)} seals could go in{first}", rule="rounds", cure="see each row")
    touch_round(work)
    work.fact(looked=len(seen), held=held, refused=len(refused))
    return Rounded(len(seen), held, tuple(refused))


def _one(work: Work, form: Round, each: Found, number: str) -> Seen:
    row = work.db.one(_OF, [number])
    if row is None:
        raise Refused(f"no seal {number} is on", rule="seals", cure="read its number again")
    if (no := linked(work, [Subject("point", row[2])])) is not None:
        raise no
    return looked(
        work, row[0], row[1], row[2],
        Look(form.verified_on, each.found, each.value, each.other, each.note, form.by),
    )  # fmt: skip
