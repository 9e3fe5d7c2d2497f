"""A form that was changed in two windows: field by field, what stands here and what stands there, to choose from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ubtui.domain.text import clean_text, fit
from ubtui.screens.base import Ask, DeskScreen
from ubtui.services.forms import FieldSpec
from ubtui.widgets.panel import Line

SHOWN = 40  # cells of a value beside another


async def merged(
    screen: DeskScreen, fields: Sequence[FieldSpec], here: Mapping[str, str], there: Mapping[str, str], when: str
) -> dict[str, str] | None:
    """Ask for each field that differs which of the two counts; all values as chosen, None where that was left open."""
    differ = [each for each in fields if here.get(each.name, "") != there.get(each.name, "")]
    asked = tuple(
        FieldSpec(
            each.name, each.label, "choice",
            (("here", f"here: {_said(each, here)}"), ("there", f"there: {_said(each, there)}")), True, value="here",
            help="its letters, digit or arrows",
        )
        for each in differ
    )  # fmt: skip
    lines = (Line("there", f"another window kept this form {when}; what is the same in both is not asked"),)
    if not asked:
        return dict(there)
    answer = await screen.router.asked(Ask("Changed in two windows", asked, lines, "keep these", False))
    if answer is None:
        return None
    return {**there, **{name: (here if whose == "here" else there).get(name, "") for name, whose in answer.items()}}


def _said(field: FieldSpec, values: Mapping[str, str]) -> str:
    value = values.get(field.name, "")
    return fit(clean_text(dict(field.choices).get(value, value)) or "nothing", SHOWN)
