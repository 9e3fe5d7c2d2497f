"""What painted text says cell by cell: glyph, width and style, one object for each distinct cell."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from rich.cells import cell_len

# Select Graphic Rendition (ECMA-48 8.3.117): what switches a mark on, and what each switch takes off.
_OFF = {
    "22": ("1", "2"), "23": ("3",), "24": ("4", "21"), "25": ("5", "6"), "27": ("7",), "28": ("8",), "29": ("9",),
    "54": ("51", "52"), "55": ("53",),
}  # fmt: skip
_ON = frozenset(mark for marks in _OFF.values() for mark in marks)
_INKS = {str(base + colour) for base in (30, 90) for colour in range(8)}
_GROUNDS = {str(base + colour) for base in (40, 100) for colour in range(8)}
_ON_A_BLANK = frozenset(("4", "5", "6", "7", "9", "21", "51", "52", "53"))  # the marks that show where no glyph is

_TOKEN = re.compile(r"\x1b\[([0-9;]*)m|\x1b\]8;([^\x00-\x1f]*)(?:\x1b\\|\x07)|([^\x00-\x1f\x7f-\x9f]+)")
_MOST_STYLES = 512

# Beyond ASCII, the wide letters on whose width all terminals agree; emoji are not among them.
_SURELY_WIDE = (
    ("\u1100", "\u115f"), ("\u2e80", "\u303e"), ("\u3041", "\ua4cf"), ("\uac00", "\ud7a3"), ("\uf900", "\ufaff"),
    ("\uff01", "\uff60"), ("\uffe0", "\uffe6"), ("\U00020000", "\U0003fffd"),
)  # fmt: skip


class Style(NamedTuple):
    """Marks and colours as SGR numbers ("" is the terminal's own colour), and the link as OSC 8 has it."""

    marks: tuple[str, ...] = ()
    ink: str = ""
    ground: str = ""
    link: str = ""


PLAIN = Style()


@lru_cache(1024)
def bare(style: Style) -> Style:
    """What of a style shows on a blank."""
    if style.link or not _ON_A_BLANK.isdisjoint(style.marks):
        return style
    return Style(ground=style.ground)


class Cell:
    """One glyph in one style. `odd` where terminals may disagree on its width. Compared by identity."""

    __slots__ = ("odd", "style", "text", "width")

    def __init__(self, text: str, style: Style) -> None:
        self.text = text
        self.style = style
        self.width = cell_len(text)
        self.odd = len(text) > 1 or text >= "\U0001f000" or self.width != 1
        if self.odd and len(text) == 1 and any(first <= text <= last for first, last in _SURELY_WIDE):
            self.odd = False


Row = tuple[Cell, ...]
TAIL = Cell("", PLAIN)  # the second half of a wide glyph
HOLE = Cell("", PLAIN)  # a cell of which nothing is known
TAIL.odd = HOLE.odd = False


class _Glyphs(dict[str, Cell]):
    def __init__(self, style: Style) -> None:
        self._style = style

    def __missing__(self, text: str) -> Cell:
        made = self[text] = Cell(text, bare(self._style) if text == " " else self._style)
        return made


_PLAIN_GLYPHS = _Glyphs(PLAIN)
_glyphs: dict[Style, _Glyphs] = {}


BLANK = _PLAIN_GLYPHS[" "]


def _of(style: Style) -> _Glyphs:
    if style == PLAIN:
        return _PLAIN_GLYPHS
    if len(_glyphs) >= _MOST_STYLES:  # cells made anew are other objects: they are written once more, no harm
        _glyphs.clear()
    return _glyphs.setdefault(style, _Glyphs(style))


@lru_cache(1024)
def restyled(style: Style, codes: str) -> Style | None:
    """The style after an SGR sequence; None when it says something unknown."""
    marks, ink, ground = set(style.marks), style.ink, style.ground
    rest = iter(codes.split(";"))
    for code in rest:
        code = code.lstrip("0")
        if not code:
            marks, ink, ground = set(), "", ""
        elif code in _ON:
            marks.add(code)
        elif code in _OFF:
            marks.difference_update(_OFF[code])
        elif code in _INKS or code == "39":
            ink = "" if code == "39" else code
        elif code in _GROUNDS or code == "49":
            ground = "" if code == "49" else code
        elif code in ("38", "48"):
            kind = next(rest, "")
            numbers = tuple(islice(rest, {"5": 1, "2": 3}.get(kind, 0)))
            if len(numbers) != {"5": 1, "2": 3}.get(kind):
                return None
            colour = ";".join((code, kind, *numbers))
            ink, ground = (colour, ground) if code == "38" else (ink, colour)
        else:
            return None
    return Style(tuple(sorted(marks, key=int)), ink, ground, style.link)


@lru_cache(4096)
def change(old: Style | None, new: Style) -> str:
    """The shortest sequence from one style to another; from None, of which nothing is known, all is said."""
    whole = ";".join(("0", *new.marks, *filter(None, (new.ink, new.ground))))
    said = f"\x1b[{'' if whole == '0' else whole}m"
    if old is not None:
        off = [code for code, marks in _OFF.items() if set(marks) & (set(old.marks) - set(new.marks))]
        kept = set(old.marks).difference(*(_OFF[code] for code in off))
        parts = off + [mark for mark in new.marks if mark not in kept]
        if old.ink != new.ink:
            parts.append(new.ink or "39")
        if old.ground != new.ground:
            parts.append(new.ground or "49")
        said = min(said, f"\x1b[{';'.join(parts)}m", key=len) if parts else ""
    if new.link != (old.link if old else ""):
        said += f"\x1b]8;{new.link or ';'}\x1b\\"
    return said


@lru_cache(1024)
def cells(painted: str) -> Row | None:
    """The cells of text painted on one line, from a plain style back to it; None when it does anything else too."""
    row: list[Cell] = []
    style, at = PLAIN, 0
    while at < len(painted):
        token = _TOKEN.match(painted, at)
        if token is None:
            return None
        at = token.end()
        codes, link, text = token.groups()
        if text is not None:
            glyphs = _of(style)
            if text.isascii():
                row.extend(map(glyphs.__getitem__, text))
                continue
            for cluster in _clusters(text):
                glyph = glyphs[cluster]
                if not glyph.width:  # it would join a glyph painted before
                    return None
                row.append(glyph)
                row.extend([TAIL] * (glyph.width - 1))
        elif codes is not None:
            after = restyled(style, codes)
            if after is None:
                return None
            style = after
        else:
            style = style._replace(link="" if link.endswith(";") else link)
    return tuple(row) if style == PLAIN else None


def _clusters(text: str) -> list[str]:
    """Glyphs as Rich measures them: what has no width, what follows a joiner and half a flag join the one before."""
    found: list[str] = []
    for char in text:
        before = found[-1] if found else ""
        flag = "\U0001f1e6" <= char <= "\U0001f1ff" and len(before) == 1 and "\U0001f1e6" <= before <= "\U0001f1ff"
        if before and (flag or before[-1] == "\u200d" or (char >= "\u0300" and not cell_len(char))):
            found[-1] += char
        else:
            found.append(char)
    return found
