"""One's own desk: views saved by name, who stands in for whom, and the note left behind."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

from msgspec import Meta, Struct

from ubtui.act import Form, Look, Refused, Work, act
from ubtui.db.models.desk import Delegation, Handover, SavedView
from ubtui.domain.errors import BadValue
from ubtui.domain.filters import parse
from ubtui.domain.numbers import format_account
from ubtui.domain.subjects import ItemKey, Subject
from ubtui.domain.text import clean_text
from ubtui.services.listing import Query
from ubtui.services.worklist.items import clock_time
from ubtui.services.worklist.preference import prefer, preferred
from ubtui.services.worklist.queue import LIVE, WORKLIST, day_began

# -- views -----------------------------------------------------------------------------------------------------

ViewName = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}$", description="letters, digits, blanks, dots, hyphens")
]


class View(Struct, frozen=True):
    """A filter and an order under a name; `owner` is empty where everybody has it."""

    name: str
    owner: str
    query: Query

    @property
    def shared(self) -> bool:
        """Whether everybody has it."""
        return not self.owner


def views(look: Look) -> list[View]:
    """My own views and the shared ones, by name; my own stands before a shared one of the same name."""
    found = look.db.rows(
        "SELECT name, owner, expression, sort, reverse FROM saved_view WHERE owner IN ('', ?)"
        " ORDER BY lower(name), owner DESC",
        [look.actor.name],
    )
    return [View(name, owner, Query(text, sort, bool(reverse))) for name, owner, text, sort, reverse in found]


def view(look: Look, name: str) -> View:
    """One view by its name, whatever its case; BadValue where there is none."""
    known = views(look)
    for each in known:
        if each.name.casefold() == name.strip().casefold():
            return each
    listed = ", ".join(each.name for each in known) or "none is saved yet"
    raise BadValue(f"View {name[:40]!r} is not here: {listed}.")


class SaveView(Form, frozen=True, kw_only=True):
    """A view to keep: its name, filter and order, for oneself or for everybody."""

    name: ViewName
    filter: Annotated[str, Meta(max_length=500, description="as on the list")] = ""
    sort: Annotated[str | None, Meta(description="the column it is sorted by")] = None
    reverse: bool = False
    shared: Annotated[bool, Meta(description="for everybody")] = False


class Kept(Struct, frozen=True):
    """The view as it is kept."""

    name: str
    shared: bool


@act("view.save")
def save_view(work: Work, form: SaveView) -> Kept:
    """Keep a filter and an order under a name, in place of one's own of that name."""
    parse(form.filter)
    if form.sort is not None and form.sort not in WORKLIST.sorts:
        raise BadValue(f"Column {form.sort[:40]!r} cannot be sorted by: use one of {', '.join(WORKLIST.sorts)}.")
    owner = "" if form.shared else work.actor.name
    known = work.db.one(
        "SELECT id, saved_by FROM saved_view WHERE owner = ? AND lower(name) = lower(?)", [owner, form.name]
    )
    columns: dict[str, Any] = {
        "name": form.name, "expression": form.filter, "sort": form.sort, "reverse": int(form.reverse),
        "saved_by": work.actor.name, "saved_at": work.now,
    }  # fmt: skip
    if known is None:
        work.db.insert(SavedView, owner=owner, **columns)
    else:
        _may_change(work, form.name, form.shared, known[1])
        work.db.update(SavedView, known[0], **columns)
    work.fact(view=form.name, shared=int(form.shared))
    return Kept(form.name, form.shared)


class DropView(Form, frozen=True, kw_only=True):
    """A view that is no longer wanted."""

    name: ViewName
    shared: Annotated[bool, Meta(description="the one that everybody has")] = False


@act("view.drop")
def drop_view(work: Work, form: DropView) -> Kept:
    """Forget a view; a shared one is for its maker or a lead to drop."""
    owner = "" if form.shared else work.actor.name
    known = work.db.one(
        "SELECT id, saved_by FROM saved_view WHERE owner = ? AND lower(name) = lower(?)", [owner, form.name]
    )
    if known is None:
        whose = "shared" if form.shared else "own"
        raise Refused(f"no {whose} view is named {form.name}", rule="views", cure="look at `ubtui worklist views`")
    _may_change(work, form.name, form.shared, known[1])
    work.db.run("DELETE FROM saved_view WHERE id = ?", [known[0]])
    work.fact(view=form.name, shared=int(form.shared))
    return Kept(form.name, form.shared)


def _may_change(work: Work, name: str, shared: bool, maker: str) -> None:
    if shared and maker != work.actor.name and work.actor.role != "lead":
        raise Refused(f"{name} is everybody's, made by {maker}", rule="views", cure=f"ask {maker}, or the lead")


# -- who stands in ---------------------------------------------------------------------------------------------


class StandIn(Struct, frozen=True):
    """Somebody's items reach somebody else from a day to a day, both included."""

    person: str
    backup: str
    from_on: date
    to_on: date


def stand_ins(look: Look) -> list[StandIn]:
    """Who stands in for whom today or later."""
    return [
        StandIn(person, backup, date.fromisoformat(a), date.fromisoformat(b))
        for person, backup, a, b in look.db.rows(
            "SELECT person, backup, from_on, to_on FROM delegation WHERE ended_at IS NULL AND to_on >= ?"
            " ORDER BY from_on, person",
            [look.today.isoformat()],
        )
    ]


class Backup(Form, frozen=True, kw_only=True):
    """Who stands in, from a day to a day; for oneself unless a lead names another person."""

    backup: Annotated[str, Meta(description="the person whom the items reach")]
    from_on: Annotated[date, Meta(description="the first day")]
    to_on: Annotated[date, Meta(description="the last day")]
    person: Annotated[str | None, Meta(description="who is away; else oneself")] = None


class BackupKept(Struct, frozen=True):
    """Who stands in for whom; empty days when it was ended."""

    person: str
    backup: str
    from_on: date | None = None
    to_on: date | None = None


@act("backup.set")
def set_backup(work: Work, form: Backup) -> BackupKept:
    """Let a person's items reach a colleague of the same role for some days; a later word replaces an earlier one."""
    person = _whose(work, form.person)
    staff: dict[str, str] = dict(work.db.rows("SELECT name, role FROM staff WHERE active = 1"))
    if form.backup not in staff or person not in staff:
        missing = form.backup if form.backup not in staff else person
        raise Refused(f"nobody here is {missing[:40]}", rule="staff", cure=f"name one of {', '.join(sorted(staff))}",
                      bad_input=True)  # fmt: skip
    if form.backup == person:
        raise Refused("nobody stands in for himself", rule="back-up", cure="name a colleague", bad_input=True)
    if staff[form.backup] not in (staff[person], "lead"):
        raise Refused(
            f"{form.backup} is {staff[form.backup]}, {person} is {staff[person]}",
            rule="a back-up may do what the work needs",
            cure="name somebody of the same role, or the lead",
        )
    if form.to_on < form.from_on or form.to_on < work.today:
        raise Refused(
            f"{form.from_on} to {form.to_on} is over, or ends before it begins", rule="back-up",
            cure="name a later last day", bad_input=True,
        )  # fmt: skip
    _end(work, person)
    work.db.insert(
        Delegation, person=person, backup=form.backup, from_on=form.from_on, to_on=form.to_on,
        made_by=work.actor.name, made_at=work.now,
    )  # fmt: skip
    work.fact(person=person, backup=form.backup, to=form.to_on.isoformat())
    return BackupKept(person, form.backup, form.from_on, form.to_on)


class EndBackup(Form, frozen=True, kw_only=True):
    """Who is back; oneself unless a lead names another person."""

    person: Annotated[str | None, Meta(description="who is back; else oneself")] = None


@act("backup.end")
def end_backup(work: Work, form: EndBackup) -> BackupKept:
    """Back at one's desk: the items reach nobody else any more."""
    person = _whose(work, form.person)
    backup = _end(work, person)
    if backup is None:
        raise Refused(f"nobody stands in for {person}", rule="back-up", cure="look at `ubtui worklist backup`")
    work.fact(person=person, backup=backup)
    return BackupKept(person, backup)


def _whose(work: Work, person: str | None) -> str:
    if person not in (None, work.actor.name) and work.actor.role != "lead":
        raise Refused("only a lead settles this for another person", rule="back-up", cure="ask the lead")
    return person or work.actor.name


def _end(work: Work, person: str) -> str | None:
    where = "person = ? AND ended_at IS NULL AND to_on >= ?"
    values = [person, work.today.isoformat()]
    backup: str | None = work.db.value(f"SELECT backup FROM delegation WHERE {where} ORDER BY id DESC LIMIT 1", values)
    work.db.run(f"UPDATE delegation SET ended_at = ?, version = version + 1 WHERE {where}", [work.now, *values])
    return backup


# -- what is left behind ---------------------------------------------------------------------------------------

_SEEN = "handover.seen"
_FRESH_DAYS = 7
_MOST_ITEMS = 40


class Note(Struct, frozen=True):
    """A handover note: who left it, when, and its text, a line each."""

    id: int
    staff: str
    day: date
    at: str
    body: str


class LeaveNote(Form, frozen=True, kw_only=True):
    """Words of one's own above what is claimed, waiting and noted today."""

    note: Annotated[str, Meta(max_length=2000, description="what the next person should know")] = ""


class Left(Struct, frozen=True):
    """The note as it was left."""

    body: str


@act("worklist.handover")
def leave_note(work: Work, form: LeaveNote) -> Left:
    """Leave a note for the next person of the same role: one's words, and what one leaves."""
    body = composed(work, form.note)
    work.db.insert(Handover, staff=work.actor.name, role=work.actor.role, at=work.now, day=work.today, body=body)
    work.fact(lines=body.count("\n") + 1)
    return Left(body)


def composed(look: Look, words: str = "") -> str:
    """What I would leave now: my words, what I have claimed, what waits and for what, and what I noted today."""
    lines = [clean_text(line) for line in words.splitlines() if line.strip()]
    mine = look.db.rows(
        f"SELECT w.code, w.subject_type, w.subject_key, w.period, w.title, w.account, w.state, w.wake_on, w.wait_for"
        f" FROM work_item w WHERE {LIVE} AND w.assignee = ? ORDER BY w.state, w.priority DESC, w.code"
        f" LIMIT {_MOST_ITEMS}",
        [look.actor.name],
    )
    heads = {"claimed": "in hand", "open": "mine", "waiting": "waiting"}
    for code, kind, key, period, title, account, state, wake, waits in mine:
        number = f" {format_account(account)}" if account else ""
        told = f" until {wake} for {waits}" if state == "waiting" else ""
        lines.append(f"{heads[state]}: {ItemKey(code, Subject(kind, key), period)}{number} {title}{told}")
    for code, kind, key, period, note in look.db.rows(
        "SELECT w.code, w.subject_type, w.subject_key, w.period, e.note FROM work_event e"
        " JOIN work_item w ON w.id = e.item_id WHERE e.at >= ? AND e.actor = ? AND e.kind = 'note'"
        f" ORDER BY e.id LIMIT {_MOST_ITEMS}",
        [day_began(look), look.actor.name],
    ):
        lines.append(f"noted: {ItemKey(code, Subject(kind, key), period)} {note.splitlines()[0] if note else ''}")
    return "\n".join(lines) or "nothing in hand, nothing waiting"


def last_note(look: Look, unseen: bool = False) -> Note | None:
    """The newest note that somebody else of my role left within a week; `unseen`: only one I have not read."""
    since = (look.today - timedelta(days=_FRESH_DAYS)).isoformat()
    row = look.db.one(
        "SELECT id, staff, day, at, body FROM handover WHERE role = ? AND staff <> ? AND day >= ?"
        " ORDER BY id DESC LIMIT 1",
        [look.actor.role, look.actor.name, since],
    )
    if row is None or (unseen and row[0] <= _seen(look)):
        return None
    return Note(row[0], row[1], date.fromisoformat(row[2]), clock_time(look, row[3]), row[4])


def _seen(look: Look) -> int:
    return int(preferred(look, _SEEN) or 0)


def saw_note(look: Look, note: int) -> None:
    """Remember that I read a note."""
    prefer(look, _SEEN, str(note))
