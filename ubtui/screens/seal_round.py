"""A seal round brought in from its list: how the seals that are marked, or the row's, were found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from ubtui.act import Done, Refused, new_key
from ubtui.domain.dates import parse_day
from ubtui.domain.errors import BadValue
from ubtui.domain.text import clean_text
from ubtui.screens.base import Ask, news
from ubtui.screens.listed import Listed
from ubtui.screens.rehearsed import would
from ubtui.services import seals
from ubtui.services.forms import FieldSpec
from ubtui.services.seals import Found, Round, Rounded
from ubtui.widgets.panel import Line

WAYS: Final = "h holds  b broken"
_WRONG: Final = (("broken", "broken"), ("missing", "missing"), ("other", "another number"))
_FEW: Final = 8


async def bring_in(screen: Listed, holds: bool) -> None:
    """Ask for the day and what was seen, show what it would do, and bring it in; rows that cannot go in are told."""
    shown = screen.shown_list()
    if shown is None or (here := shown.current_id) is None:
        return
    numbers = await screen.ask(seals.numbers, shown.marks or (here,))
    specs, key = _specs(holds, len(numbers) == 1, screen.router.day), new_key()

    async def preview(values: dict[str, str]) -> tuple[Line, ...]:
        try:
            made = _made(numbers, values)
        except BadValue as fault:
            return (Line("still to do", str(fault)),)
        answer = await screen.desk.performing(seals.round_in, made, dry_run=True)
        return would(answer) if isinstance(answer, Refused) else _told(answer)

    what = "Found as recorded" if holds else "Not as recorded"
    question = Ask(
        f"{what}: {_named(numbers)}", tuple(specs), (), "bring it in", False,
        lambda values: _wrong(numbers, values), act="seal.round", preview=preview,
    )  # fmt: skip
    done = await screen.until_done(
        question, lambda values: screen.perform(seals.round_in, _made(numbers, values), key=key)
    )
    if done is None:
        return
    shown.clear_marks()
    await screen.reread()
    got = done.result
    screen.say(" · ".join(filter(None, (_counted(got), news(done)))))
    if got.refused:
        await screen.show_lines(f"Not brought in: {len(got.refused)}", _refused(got))


def _named(numbers: Sequence[str]) -> str:
    return clean_text(numbers[0], 40) if len(numbers) == 1 else f"{len(numbers):,} seals"


def _specs(holds: bool, one: bool, today: date) -> list[FieldSpec]:
    """The fields to ask for; what only one meter can have shown is asked of one alone."""
    specs = [FieldSpec("on", "Day", "day", (), True, "day on which they were looked at", today.isoformat())]
    if not holds:
        choices = _WRONG if one else _WRONG[:2]
        specs.insert(0, FieldSpec("found", "How", "choice", choices, True, "how they were found", "broken"))
    if one:
        specs.append(FieldSpec("value", "Reading", "int", help="what the meter showed, where it was read"))
    if one and not holds:
        specs.append(FieldSpec("other", "Number", help="the number that is on, where it is another"))
    specs.append(FieldSpec("note", "Note", help="what else was seen"))
    specs.append(FieldSpec("by", "By", help="who was there; empty: you"))
    return specs


def _made(numbers: Sequence[str], values: dict[str, str]) -> Round:
    """The act's form from what was typed. Raises BadValue."""
    text = values.get("value", "").replace(",", "").strip()
    if text and not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise BadValue(f"{text[:40]!r} is no reading: type its digits.")
    rows = tuple(
        Found(
            seal=number, found=values.get("found", "on"), value=int(text) if text else None,  # type: ignore[arg-type]
            other=values.get("other", "").strip(), note=values["note"],
        )
        for number in numbers
    )  # fmt: skip
    return Round(verified_on=parse_day(values["on"]), rows=rows, by=values["by"])


def _wrong(numbers: Sequence[str], values: dict[str, str]) -> dict[str, str]:
    try:
        _made(numbers, values)
    except BadValue as fault:
        return {"value" if values.get("value") else "on": str(fault)}
    return {}


def _counted(got: Rounded) -> str:
    left = f", {len(got.refused)} not brought in" if got.refused else ""
    return f"{got.looked:,} looked at, {got.held:,} hold{left}"


def _refused(got: Rounded) -> tuple[Line, ...]:
    more = len(got.refused) - _FEW
    told = tuple(Line(clean_text(each.seal, 40), clean_text(each.why, 200), "warning") for each in got.refused[:_FEW])
    return (*told, Line("", f"and {more} more")) if more > 0 else told


def _told(answer: Done[Rounded]) -> tuple[Line, ...]:
    """What it would do: counts, the items it closes and opens, the rows that stay."""
    first, *rest = would(answer)
    return (Line("seals", _counted(answer.result)), first, *rest[:-1], *_refused(answer.result))
