"""A change of the settings, put forward as a whole file, decided by another person, and everything brought in step."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from ubtui.act import Form, Look, Refused, Work, act
from ubtui.db.models.office import SettingsChange
from ubtui.db.session import Row
from ubtui.detectors import heal
from ubtui.detectors.requests import settings_key
from ubtui.domain.canonical import sha256_hex
from ubtui.domain.text import clean_text
from ubtui.services import office
from ubtui.services.district import allowed
from ubtui.services.district.keys import Change, changes, marked
from ubtui.services.worklist.life import event
from ubtui.settings import District, SettingsError, district

Why = Annotated[str, Meta(min_length=1, max_length=500, description="why: the resolution, or who asked for it")]
Number = Annotated[int, Meta(ge=1, description="the change's number")]
_RULE = "a living district's settings"
_ROW = "SELECT id, base, body, reason, maker, state, makes, decided_by FROM settings_change"


class Apply(Form, frozen=True, kw_only=True):
    """A whole settings file; `base` is the number of the settings it was made from."""

    text: Annotated[str, Meta(max_length=1_000_000, description="the file's text")]
    base: Annotated[int, Meta(ge=1, description="the settings it was made from")]
    reason: Why

    def recorded(self) -> Any:
        return {"base": self.base, "sha256": sha256_hex(self.text), "reason": self.reason}


class Approve(Form, frozen=True, kw_only=True):
    """Which change takes force."""

    number: Number


class Reject(Form, frozen=True, kw_only=True):
    """Which change does not, and why."""

    number: Number
    reason: Why


class Withdraw(Form, frozen=True, kw_only=True):
    """Which change of one's own is taken back."""

    number: Number


class Applied(Struct, frozen=True):
    """A change of the settings: `settings` are those in force now, `waits_for` who may put it in force.

    `notes` say what else follows.
    """

    number: int
    state: str
    settings: int
    changes: tuple[Change, ...]
    waits_for: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def in_force(look: Look) -> tuple[int, Row | None]:
    """The number of the settings in force, and the change that made them; the first are those of the set-up."""
    row = look.db.one(f"{_ROW} WHERE makes = (SELECT MAX(makes) FROM settings_change)")
    return (1, None) if row is None else (int(row[6]), row)


@act("settings.apply")
def apply(work: Work, form: Apply) -> Applied:
    """Put other settings forward; what is money or people waits for another person, all else takes force at once."""
    was, now = work.district, _decoded(form.text)
    _base(work, form.base)
    waiting = work.db.one(f"{_ROW} WHERE state = 'waiting'")
    if waiting is not None:
        raise Refused(
            f"change {waiting[0]} by {waiting[4]} waits: {waiting[3]}", rule="one change of the settings at a time",
            cure="have it approved, rejected or withdrawn first",
        )  # fmt: skip
    made = _may(work, was, now)
    if (no := allowed.makers_no(work, was, now)) is not None:
        raise no
    others = allowed.checkers(was, now, work.actor.name)
    number = int(work.db.value("SELECT COALESCE(MAX(id), 0) + 1 FROM settings_change"))  # no gap after a dry run
    work.db.insert(
        SettingsChange, id=number, base=form.base, body=form.text, changes=msgspec.json.encode(made).decode(),
        reason=clean_text(form.reason, 500), maker=work.actor.name, made_on=work.today, made_at=work.now,
        checked=int(bool(others)), state="waiting",
    )  # fmt: skip
    work.fact(change=number, base=form.base, differ=len(made))
    work.detail(changes=made, reason=form.reason)
    if not others:
        alone = () if allowed.sections(was, now) <= allowed.ALONE else ("nobody else is here to approve it",)
        return _enforce(work, number, form.base, form.text, was, now, made, alone)
    notes = (*allowed.own_place(was, now, others[0]), *allowed.notes(work, was, now))
    work.touch("text", settings_key(number))
    return Applied(number, "waiting", form.base, tuple(made), tuple(others), notes)


@act("settings.approve")
def approve(work: Work, form: Approve) -> Applied:
    """Put a change in force that another person put forward: tables, people and the worklist follow in one commit."""
    row = _waiting(work, form.number)
    _not_own(work, row)
    was, now = work.district, _decoded(row[2])
    _base(work, row[1])
    made = _may(work, was, now)
    may = allowed.checkers(was, now, row[4])
    if work.actor.name not in may:
        raise Refused(
            f"change {row[0]} is not {work.actor.name}'s to approve", rule=_RULE, cure=f"ask: {', '.join(may)}"
        )
    work.fact(change=row[0], base=row[1], differ=len(made))
    work.detail(changes=made)
    alone = allowed.own_place(was, now, work.actor.name)
    return _enforce(work, row[0], row[1], row[2], was, now, made, alone)


@act("settings.reject")
def reject(work: Work, form: Reject) -> Applied:
    """Say no to a change of the settings that another person put forward."""
    row = _waiting(work, form.number)
    _not_own(work, row)
    return _closed(work, row, "rejected", form.reason)


@act("settings.withdraw")
def withdraw(work: Work, form: Withdraw) -> Applied:
    """Take back a change of the settings that one put forward oneself."""
    row = _waiting(work, form.number)
    if row[4] != work.actor.name:
        raise Refused(f"change {row[0]} is {row[4]}'s", rule="only the maker withdraws", cure="reject it with a reason")
    return _closed(work, row, "withdrawn", "")


def _decoded(text: str) -> District:
    try:
        return district(text, "settings")
    except SettingsError as exc:
        raise Refused("; ".join(str(exc).splitlines()), rule=_RULE, cure="put the file right", bad_input=True) from None


def _base(work: Work, base: int) -> None:
    """Refuse what was made from other settings than those in force: it would undo what came between, unseen."""
    number, row = in_force(work)
    if base != number:
        by = f", put in force by {row[7]}" if row else ""
        raise Refused(
            f"the file was made from settings {base}; in force are {number}{by}", rule="one base",
            cure="take them by `ubtui settings show --format toml` and make your changes in those",
        )  # fmt: skip


def _may(work: Work, was: District, now: District) -> list[Change]:
    """What differs; Refused where nothing does, or where it would break the record."""
    made = changes(was, now)
    if not made:
        raise Refused("nothing differs from the settings in force", rule=_RULE, cure="look at `ubtui settings diff`")
    if found := list(allowed.faults(work, was, now)):
        raise Refused("; ".join(found), rule=_RULE, cure="put these right in the file")
    return made


def _waiting(work: Work, number: int) -> Row:
    row = work.db.one(f"{_ROW} WHERE id = ?", [number])
    if row is None:
        raise Refused(f"there is no change {number}", rule=_RULE, cure="`ubtui settings changes`", bad_input=True)
    if row[5] != "waiting":
        raise Refused(f"change {number} is {row[5]}", rule="decided once", cure="`ubtui settings changes`")
    return row


def _not_own(work: Work, row: Row) -> None:
    if row[4] == work.actor.name:
        raise Refused(f"change {row[0]} is your own", rule="the maker does not decide", cure="ask: finance, manager")


def _enforce(
    work: Work, number: int, base: int, text: str, was: District, now: District, made: list[Change],
    notes: tuple[str, ...] = (),
) -> Applied:  # fmt: skip
    """The settings in force, and all that follows from them, before the commit.

    A read that is held for its use stays held under wider limits: a person decides it.
    """
    said = [*notes, *allowed.notes(work, was, now)]
    file = marked(text, base + 1)
    work.db.run("UPDATE meta SET value = ? WHERE key = 'district'", [file])
    work.district = now
    office.lay(work.db, now)
    if was.approval.version != now.approval.version:
        office.adopt(work.db, now, work.today, work.actor.name)
    roles = {p.name: p.role for p in now.staff}
    for person in was.staff:
        if roles.get(person.name) != person.role:
            said += _give_back(work, person.name, gone=person.name not in roles)
    _decide(work, number, "in force", base + 1, "")
    work.healed = heal.run(work.db, work.today, work.now, None, "settings", work.actor.name)
    work.fact(settings=base + 1, settings_sha256=sha256_hex(file))
    return Applied(number, "in force", base + 1, tuple(made), (), tuple(said))


def _give_back(work: Work, name: str, gone: bool) -> list[str]:
    """Free what a person holds who leaves or does other work; nobody stands in for him, nor he for anybody."""
    held = work.db.rows(
        "SELECT id FROM work_item WHERE assignee = ? AND state IN ('open', 'claimed', 'waiting') ORDER BY id", [name]
    )
    for (row,) in held:
        event(work, row, "released", f"{name} {'works here no more' if gone else 'has another role'}")
    work.db.run(
        "UPDATE work_item SET assignee = NULL, lease_until = NULL, version = version + 1,"
        " state = CASE state WHEN 'claimed' THEN 'open' ELSE state END"
        " WHERE assignee = ? AND state IN ('open', 'claimed', 'waiting')",
        [name],
    )
    work.db.run(
        "UPDATE delegation SET ended_at = ?, version = version + 1"
        " WHERE (person = ? OR backup = ?) AND ended_at IS NULL AND to_on >= ?",
        [work.now, name, name, work.today.isoformat()],
    )
    return [f"{len(held)} item{'' if len(held) == 1 else 's'} of {name} are free again"] if held else []


def _closed(work: Work, row: Row, state: str, why: str) -> Applied:
    _decide(work, row[0], state, None, why)
    work.touch("text", settings_key(row[0]))
    work.fact(change=row[0], state=state)
    work.detail(reason=why)
    return Applied(row[0], state, in_force(work)[0], ())


def _decide(work: Work, number: int, state: str, makes: int | None, why: str) -> None:
    work.db.update(
        SettingsChange, number, state=state, makes=makes, decided_by=work.actor.name, decided_on=work.today,
        why=clean_text(why, 500),
    )  # fmt: skip
