"""The sheet a crew takes along: where, what is to be done, what is known of the meter, and lines for what is found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from ubtui.documents.pdf import Blanks, Page, Pairs, Words
from ubtui.domain.text import clean_text, fit

VERSION = "order-sheet/2"
WIDTH = 78


def render(
    order: str, kind: str, due: date, where: Sequence[tuple[str, str]], meter: Sequence[tuple[str, str]], todo: str,
    found: Sequence[str],
) -> str:  # fmt: skip
    """One order as plain text, a form feed behind it: pairs of label and value for the place and for the meter.

    `found` are what is to be filled in.
    """
    head = f"{order}  {clean_text(kind, 40)}"
    lines = [f"{head}{f'due {due}':>{max(1, WIDTH - len(head))}}", "=" * WIDTH]
    lines += [f"{fit(label, 10, True)}{clean_text(value, WIDTH - 10)}" for label, value in where if value]
    lines += ["", *(f"{fit(label, 10, True)}{clean_text(value, WIDTH - 10)}" for label, value in meter if value)]
    text = clean_text(todo, 500)
    lines += ["", "To do", *(f"  {text[at : at + WIDTH - 2]}" for at in range(0, len(text), WIDTH - 2))]
    lines += ["", "Found", ""]
    for label in found:
        lines += [f"{fit(label, 23, True)}{'.' * (WIDTH - 23)}", ""]
    return "\n".join(lines) + "\f"


def page(
    order: str, kind: str, due: date, where: Sequence[tuple[str, str]], meter: Sequence[tuple[str, str]], todo: str,
    found: Sequence[str],
) -> Page:  # fmt: skip
    """The same sheet for print."""
    known = tuple(Pairs(tuple(each for each in lines if each[1])) for lines in (where, meter))
    asked = (Words("To do", (todo,)),) if todo.strip() else ()
    return Page(f"{order}  {kind}", f"due {due}", (*known, *asked, Words("Found", ()), Blanks(tuple(found))))
