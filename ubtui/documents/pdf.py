"""Sheets as PDF: pages of labelled lines, texts, blanks to fill in, tables and bars, set by Typst.

The same pages give the same bytes: no date stands in them, and the fonts are the library's own. Nothing of a page is
markup: all of it reaches the template as data.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from ubtui.domain.text import clean_text

_FOLDER: Final = Path(__file__).parent
_LONGEST: Final = 20
_BREAK: Final = "\u200b"


class Pairs(msgspec.Struct, frozen=True, tag="pairs", tag_field="kind"):
    """Lines of label and value."""

    lines: tuple[tuple[str, str], ...]


class Words(msgspec.Struct, frozen=True, tag="words", tag_field="kind"):
    """A text under a title, a paragraph a line."""

    title: str
    lines: tuple[str, ...]


class Blanks(msgspec.Struct, frozen=True, tag="blanks", tag_field="kind"):
    """Lines to be filled in by hand."""

    labels: tuple[str, ...]


class Head(msgspec.Struct, frozen=True):
    """A table's column: its title, its share of the width, whether it holds figures."""

    title: str
    share: int
    right: bool = False


class Rows(msgspec.Struct, frozen=True, tag="rows", tag_field="kind"):
    """A table; its heads stand on every page."""

    columns: tuple[Head, ...]
    rows: tuple[tuple[str, ...], ...]


class Bars(msgspec.Struct, frozen=True, tag="bars", tag_field="kind"):
    """Figures as bars side by side, each with its label; none is below zero."""

    title: str
    labels: tuple[str, ...]
    values: tuple[int, ...]


Block = Pairs | Words | Blanks | Rows | Bars


class Page(msgspec.Struct, frozen=True):
    """A sheet, of as many pages as it takes: its head, what stands at its right, and what is on it."""

    head: str
    right: str
    blocks: tuple[Block, ...]


def render(title: str, pages: Sequence[Page], wide: bool = False) -> bytes:
    """The PDF of these sheets, letter size, each on a page of its own; `wide` lays the paper on its side.

    Raises RuntimeError where the template gives a warning: what is printed is never printed by halves.
    """
    given = _clean({"title": title, "wide": wide, "pages": msgspec.to_builtins(list(pages))})
    made, warnings = _compiler().compile_with_warnings(
        input=_template(),
        format="pdf",
        sys_inputs={"given": msgspec.json.encode(given).decode()},
        root=str(_FOLDER),
        pdf_tags=False,
    )
    if warnings:
        raise RuntimeError(f"the sheet's template warns: {warnings[0]}")
    return bytes(made)


@cache
def _compiler() -> Any:
    import typst  # a heavy library, loaded by whoever prints

    return typst.Compiler(root=str(_FOLDER), ignore_system_fonts=True)


@cache
def _template() -> bytes:
    return (_FOLDER / "sheets.typ").read_bytes()


def _clean(value: Any) -> Any:
    """Every text of a value fit to be drawn, with places to break in what has none."""
    if isinstance(value, str):
        return " ".join(_broken(word) for word in clean_text(value, 2000).split(" "))
    if isinstance(value, list | tuple):
        return [_clean(each) for each in value]
    return {name: _clean(each) for name, each in value.items()} if isinstance(value, dict) else value


def _broken(word: str) -> str:
    if len(word) <= _LONGEST:
        return word
    return _BREAK.join(word[at : at + _LONGEST] for at in range(0, len(word), _LONGEST))
