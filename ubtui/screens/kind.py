"""The explain screen of a kind: its rule and record, and what it would raise under limits that are typed there."""

from __future__ import annotations

from collections.abc import Iterator

from ubtui.domain.errors import BadValue
from ubtui.screens.base import Ask, DeskScreen
from ubtui.services import worklist
from ubtui.services.forms import FieldSpec
from ubtui.services.worklist.explain import Explained, explain
from ubtui.services.worklist.whatif import WhatIf, what_if
from ubtui.widgets.panel import Line

_SHOWN = 4


async def explain_kind(screen: DeskScreen, code: str) -> None:
    """Show a kind; each F5 counts what it would raise under the limits as typed, until esc.

    Nothing is written by counting; a lead may adopt what was counted, with a reason.
    """
    told = await screen.ask(explain, code)
    values = {limit.name: limit.value for limit in told.parameters}
    result: tuple[Line, ...] = ()
    while True:
        fields = tuple(
            FieldSpec(
                _id(each.name), each.name, required=True, value=values[each.name], help=f"{each.says} ({each.unit})"
            )
            for each in told.parameters
        )
        if result and screen.actor.role == "lead":
            fields += (FieldSpec("adopt", "Adopt these", "bool", value="no"), FieldSpec("reason", "Reason", help="why"))
        title = f"{told.code} {told.title}"
        do = "count" if fields else ""
        answer = await screen.router.asked(Ask(title, fields, (*result, *_lines(told)), do=do, by_enter=False))
        if answer is None or not fields:
            return
        adopt, reason = answer.pop("adopt", "no") == "yes", answer.pop("reason", "").strip()
        answer = {limit.name: answer[_id(limit.name)] for limit in told.parameters}
        counted, values = answer == values and bool(result), answer
        if adopt and counted and reason:
            pairs = tuple(f"{name}={value}" for name, value in values.items())
            form = worklist.Limits(code=told.code, limits=pairs, reason=reason[:500])
            await screen.perform(worklist.adopt, form, said="Adopted.")
            return
        try:
            result = tuple(_told(await screen.ask(what_if, code, values)))
        except BadValue as fault:
            result = (Line("not tried", str(fault), "warning"),)
            continue
        if adopt:
            cure = "give a reason" if counted else "these are other limits than were counted: look at the count first"
            result = (Line("not yet", cure, "warning"), *result)


def _id(name: str) -> str:
    """A limit's name as a field is called: `times/irrigation` is no name of one."""
    return name.replace("/", "-")


def _told(found: WhatIf) -> Iterator[Line]:
    yield Line("what if", found.said(), "accent")
    for each in found.periods[:_SHOWN]:
        if each.now != each.then:
            yield Line(each.period, f"{each.then:,} instead of {each.now:,}")
    for word, keys in (("would come", found.come), ("would go", found.go)):
        if keys:
            more = f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
            yield Line(word, ", ".join(key.partition(":")[2] for key in keys[:_SHOWN]) + more)


def _lines(told: Explained) -> Iterator[Line]:
    yield Line("found when", told.predicate)
    yield Line("if it waits", told.consequence)
    yield Line("goes", told.standing)
    closed = f" · {told.minutes_to_close:,} minutes to close" if told.minutes_to_close is not None else ""
    yield Line("so far", f"{told.raised:,} raised, {told.live:,} on the list, {told.backlog:,} in the backlog{closed}")
    yield Line("in 30 days", f"{told.raised_30:,} raised, {told.dismissed_30:,} of them dismissed")
    how = f"measured over {told.measured}" if told.measured else "estimated"
    yield Line("takes", f"{told.minutes} minutes each, {how}")
    yield Line("fixed by", ", ".join(told.fixes) or "the person who takes it")
    yield Line("source", told.source)
