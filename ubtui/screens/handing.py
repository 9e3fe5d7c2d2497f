"""Handing one's work on: the note for the next person, and the colleague who stands in."""

from __future__ import annotations

from datetime import timedelta

from ubtui.act import new_key
from ubtui.domain.dates import parse_day
from ubtui.screens.base import Ask, DeskScreen
from ubtui.services import worklist
from ubtui.services.forms import FieldSpec
from ubtui.services.worklist import desks
from ubtui.widgets.panel import Line


async def leave_note(screen: DeskScreen) -> None:
    """Ask for words, show what stands below them, and leave the note."""
    below = await screen.ask(desks.composed)
    lines = tuple(Line("", text) for text in below.splitlines())
    fields = (FieldSpec("note", "Your words", "multiline", help="what the next person should know; it may be nothing"),)

    key = new_key()

    async def left(values: dict[str, str]) -> object:
        form = worklist.LeaveNote(note=values["note"].strip()[:2000])
        return await screen.perform(worklist.leave_note, form, key=key, said="Left for the next person.")

    await screen.until_done(Ask("A note for the next person", fields, lines, do="leave", by_enter=False), left)


async def set_backup(screen: DeskScreen) -> None:
    """Ask who stands in and for how long."""
    known = await screen.ask(desks.stand_ins)
    lines = tuple(Line("now", f"{each.backup} for {each.person}, {each.from_on} to {each.to_on}") for each in known)
    today = screen.router.day
    fields = (
        FieldSpec("backup", "Who stands in", required=True, help="a colleague of the same role, or the lead"),
        FieldSpec("from_on", "From", "day", required=True, value=today.isoformat(), help="the first day"),
        FieldSpec("to_on", "Until", "day", required=True, value=(today + timedelta(days=4)).isoformat(),
                  help="the last day; your items reach them until then"),
    )  # fmt: skip

    key = new_key()

    async def set_(values: dict[str, str]) -> object:
        form = worklist.Backup(
            backup=values["backup"].strip(), from_on=parse_day(values["from_on"]), to_on=parse_day(values["to_on"])
        )
        said = f"Your items reach {form.backup} until {form.to_on}."
        return await screen.perform(worklist.set_backup, form, key=key, said=said)

    await screen.until_done(Ask("Somebody stands in for you", fields, lines, do="set"), set_)


async def read_note(screen: DeskScreen) -> None:
    """Show the last note that somebody of the same role left."""
    note = await screen.ask(desks.last_note)
    if note is None:
        screen.say("Nobody left a note within a week.")
        return
    await screen.desk.saving(desks.saw_note, note.id)
    lines = tuple(Line("", text) for text in note.body.splitlines())
    await screen.show_lines(f"{note.staff}, {note.day} {note.at}", lines)
