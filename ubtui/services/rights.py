"""Rights of parcels to connect: which kind of service, which meter size, how many, and what proves it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

import msgspec

from ubtui.act import Form, Look, Refused, Work, act
from ubtui.db.models.field import ParcelRight
from ubtui.domain.sizes import inches
from ubtui.domain.subjects import Subject
from ubtui.domain.text import clean_text
from ubtui.services.documents import Paper, keep
from ubtui.services.points import Reason
from ubtui.services.reads import reason

Apn = Annotated[str, msgspec.Meta(description="parcel number, its digits")]
Scan = Annotated[Paper | None, msgspec.Meta(description="path of the file with its scan")]
Source = Annotated[str, msgspec.Meta(description="the paper that proves it: resolution, permit", max_length=200)]


class Set(Form, frozen=True, kw_only=True):
    """A right that a parcel has, or is believed to have."""

    parcel: Apn
    kind: Annotated[
        Literal["potable", "irrigation", "raw", "recycled"], msgspec.Meta(description="kind of service")
    ] = "potable"
    size: Annotated[str, msgspec.Meta(description="largest meter it allows, in inches: 5/8, 1, 1.5", max_length=20)]
    count: Annotated[int, msgspec.Meta(ge=1, le=999, description="how many connections")] = 1
    status: Annotated[
        Literal["verified", "presumed", "pending"], msgspec.Meta(description="verified needs its paper")
    ] = "verified"
    from_on: Annotated[date | None, msgspec.Meta(description="since when; empty: today")] = None
    source: Source = ""
    paper: Scan = None

    def recorded(self) -> Any:
        return _recorded(self)


class Right(msgspec.Struct, frozen=True):
    """A right of a parcel; `right` is its number."""

    right: int
    parcel: str
    kind: str
    size: str
    count: int
    status: str
    from_on: date
    to_on: date | None
    source: str
    document: int | None = None


@act("right.set")
def set_right(work: Work, form: Set) -> Right:
    """Write down a right to connect; a verified one names the paper that proves it."""
    parcel, source = _parcel(work, form.parcel), clean_text(form.source, 200).strip()
    if inches(form.size) is None:
        raise Refused(f"{form.size[:20]!r} is no meter size", rule="rights", cure="write inches: 5/8, 1, 1.5")
    _proved(form.status, source)
    since = form.from_on or work.today
    number = work.db.insert(
        ParcelRight, parcel_id=parcel, kind=form.kind, size=form.size.strip(), count=form.count, status=form.status,
        from_on=since, source=source, document_id=_kept(work, form.parcel, form.paper, source),
    )  # fmt: skip
    work.touch("parcel", form.parcel)
    work.fact(parcel=form.parcel, right=number, kind=form.kind, count=form.count, status=form.status)
    return next(each for each in rights(work, form.parcel) if each.right == number)


class Verify(Form, frozen=True, kw_only=True):
    """A right that was presumed or pending is proved."""

    parcel: Apn
    right: Annotated[int, msgspec.Meta(description="number of the right; 0 where one waits")] = 0
    source: Source
    paper: Scan = None

    def recorded(self) -> Any:
        return _recorded(self)


@act("right.verify")
def verify(work: Work, form: Verify) -> Right:
    """Make a presumed or pending right a verified one, by the paper that proves it."""
    parcel, source = _parcel(work, form.parcel), clean_text(form.source, 200).strip()
    _proved("verified", source)
    waiting = "status <> 'verified' AND to_on IS NULL"
    id, version = _one(work, parcel, form.parcel, form.right, waiting, "to be verified")
    kept = _kept(work, form.parcel, form.paper, source)
    more = {} if kept is None else {"document_id": kept}
    work.db.update(ParcelRight, id, version, status="verified", source=source, **more)
    work.touch("parcel", form.parcel)
    work.fact(parcel=form.parcel, right=id, status="verified")
    return next(each for each in rights(work, form.parcel) if each.right == id)


class Document(Form, frozen=True, kw_only=True):
    """The paper behind a right, or behind all of a parcel's that have none yet."""

    parcel: Apn
    right: Annotated[int, msgspec.Meta(description="number of the right; 0: every one without a paper")] = 0
    paper: Paper
    title: Annotated[str, msgspec.Meta(description="what it is; empty: the file's name", max_length=120)] = ""

    def recorded(self) -> Any:
        return _recorded(self)


@act("right.document")
def document(work: Work, form: Document) -> Right:
    """Keep the paper that proves a right beside it; one that was kept before stays among the parcel's papers."""
    parcel = _parcel(work, form.parcel)
    which, values = ("id = ?", [form.right]) if form.right else ("document_id IS NULL", [])
    found = work.db.rows(
        "SELECT id, version FROM parcel_right WHERE parcel_id = ? AND status = 'verified'"
        f" AND (to_on IS NULL OR to_on >= ?) AND {which} ORDER BY id",
        [parcel, work.today.isoformat(), *values],
    )
    if not found:
        raise Refused(
            f"parcel {form.parcel} has no {'such' if form.right else 'verified'} right"
            + ("" if form.right else " without its paper"),
            rule="rights", cure="verify it first, or name the right",
        )  # fmt: skip
    kept = keep(work, Subject("parcel", form.parcel.strip()), form.paper, form.title).document_id
    for id, version in found:
        work.db.update(ParcelRight, id, version, document_id=kept)
    work.touch("parcel", form.parcel)
    work.fact(parcel=form.parcel, rights=len(found), document=kept)
    return next(each for each in rights(work, form.parcel) if each.right == found[0][0])


class End(Form, frozen=True, kw_only=True):
    """A right that the parcel has no longer."""

    parcel: Apn
    right: Annotated[int, msgspec.Meta(description="number of the right; 0 where there is one")] = 0
    to_on: Annotated[date, msgspec.Meta(description="its last day")]
    reason: Reason


@act("right.end")
def end(work: Work, form: End) -> Right:
    """End a right: given back, moved by a split, or written down by mistake."""
    parcel, why = _parcel(work, form.parcel), reason(form.reason)
    id, version = _one(work, parcel, form.parcel, form.right, "to_on IS NULL", "in force")
    since = work.db.value("SELECT from_on FROM parcel_right WHERE id = ?", [id])
    if form.to_on < date.fromisoformat(since) or form.to_on > work.today:
        raise Refused(f"it is in force since {since}", rule="rights", cure=f"give a day from then up to {work.today}")
    work.db.update(ParcelRight, id, version, to_on=form.to_on)
    work.touch("parcel", form.parcel)
    work.fact(parcel=form.parcel, right=id, to_on=form.to_on.isoformat())
    work.detail(reason=why)
    return next(each for each in rights(work, form.parcel) if each.right == id)


def rights(look: Look, apn: str) -> tuple[Right, ...]:
    """All rights of a parcel, the running ones first."""
    return tuple(
        Right(row[0], row[1], row[2], row[3], row[4], row[5], date.fromisoformat(row[6]),
              date.fromisoformat(row[7]) if row[7] else None, clean_text(row[8]), row[9])
        for row in look.db.rows(
            "SELECT r.id, x.apn, r.kind, r.size, r.count, r.status, r.from_on, r.to_on, r.source, r.document_id"
            " FROM parcel_right r"
            " JOIN parcel x ON x.id = r.parcel_id WHERE x.apn = ? ORDER BY r.to_on IS NOT NULL, r.kind, r.id",
            [apn],
        )
    )  # fmt: skip


def _one(work: Work, parcel_id: int, apn: str, number: int, where: str, words: str) -> tuple[int, int]:
    found = work.db.rows(
        f"SELECT id, version FROM parcel_right WHERE parcel_id = ? AND {where} ORDER BY id", [parcel_id]
    )
    found = [row for row in found if number in (0, row[0])]
    if len(found) != 1:
        several = ", ".join(str(row[0]) for row in found)
        raise Refused(
            f"parcel {apn} has {len(found) or 'no'} right{'' if len(found) == 1 else 's'} {words}",
            rule="rights",
            cure=f"name one of {several}" if several else "write it down first",
        )
    return int(found[0][0]), int(found[0][1])


def _kept(work: Work, apn: str, paper: Paper | None, title: str) -> int | None:
    """The number of a paper that is kept with its parcel."""
    if paper is None:
        return None
    return keep(work, Subject("parcel", apn.strip()), paper, title).document_id


def _recorded(form: Form) -> Any:
    """A form as the audit keeps it: a paper by its name."""
    plain = {name: getattr(form, name) for name in form.__struct_fields__ if name != "paper"}
    paper: Paper | None = getattr(form, "paper", None)
    return {**plain, "paper": paper.name if paper else None}


def _proved(status: str, source: str) -> None:
    if status == "verified" and len(source) < 3:
        raise Refused("a verified right has its paper", rule="rights", cure="name it, or call the right presumed")


def _parcel(work: Work, apn: str) -> int:
    found = work.db.value("SELECT id FROM live_parcel WHERE apn = ?", [apn.strip()])
    if found is None:
        raise Refused(f"no parcel {apn[:40]}", rule="parcels", cure="write its digits without hyphens", bad_input=True)
    return int(found)
