"""What an act would do, in lines: from its rehearsal, which is rolled back; and forms that are shown before they do."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

import msgspec

from ubtui.act import Done, Form, Refused, new_key
from ubtui.domain.errors import BadValue
from ubtui.screens import evidence
from ubtui.screens.base import Ask, DeskScreen
from ubtui.services import fixes
from ubtui.services.forms import FieldSpec, act_named, form
from ubtui.widgets.panel import Line

Shown = Callable[[Form, "Done[Any] | Refused"], Coroutine[Any, Any, tuple[Line, ...]]]
"""The lines of a form's preview, from the form and its rehearsal."""


def would(answer: Done[Any] | Refused) -> tuple[Line, ...]:
    """What a rehearsed act would do."""
    if isinstance(answer, Refused):
        return (Line("refused", answer.sentence(), "danger"),)
    plain = msgspec.to_builtins(answer.result, enc_hook=str)
    doubts = plain.pop("doubts", ())
    facts = evidence.told({name: value for name, value in plain.items() if value not in (None, "", [], ())})
    closed = ", ".join(map(fixes.named, answer.closed[:2])) or "nothing"
    lines = [Line("would close", closed + (f" and {len(answer.closed) - 2} more" if len(answer.closed) > 2 else ""))]
    if answer.opened:
        lines.append(Line("would open", ", ".join(map(fixes.named, answer.opened[:3])), "warning"))
    return (*lines, *(Line("look at", each, "warning") for each in doubts), Line("result", facts))


async def carried_out(
    screen: DeskScreen,
    act: str,
    title: str,
    specs: Sequence[FieldSpec],
    known: Mapping[str, str],
    shown: Shown,
    *,
    lines: tuple[Line, ...] = (),
    do: str = "do it",
    said: str = "",
    meanwhile: Mapping[str, str] | None = None,
) -> Done[Any] | None:
    """Ask for an act's form until it is done or left; None where it was left.

    What was typed stays while it is refused, and one key serves all tries: an answer lost on the way does it once.
    `meanwhile` stands in the rehearsal for fields that are empty still, as a reason that is yet to be said.
    """

    def wrong(values: dict[str, str]) -> dict[str, str]:
        try:
            form(act, {**known, **values})
        except BadValue as fault:
            return {specs[0].name: str(fault)}
        return {}

    async def preview(values: dict[str, str]) -> tuple[Line, ...]:
        typed = {name: text if text.strip() else (meanwhile or {}).get(name, text) for name, text in values.items()}
        try:
            made = form(act, {**known, **typed})
        except BadValue as fault:
            return (Line("still to do", str(fault)),)
        return await shown(made, await screen.desk.performing(act_named(act), made, dry_run=True))

    key = new_key()

    async def tried(values: dict[str, str]) -> Done[Any] | None:
        return await screen.perform(act_named(act), form(act, {**known, **values}), key=key, said=said)

    question = Ask(title, tuple(specs), lines, do, False, wrong, act=act, preview=preview)
    return await screen.until_done(question, tried)
