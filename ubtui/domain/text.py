"""Text from outside made safe to show, to export, to search and to name files with."""

from __future__ import annotations

import re
import unicodedata

TEXT_LIMIT = 2000
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MARKS = frozenset({"Mn", "Me", "Mc"})
_MOST_MARKS = 3
# Letters, digits, signs, dashes and arrows that are as they should be, alone and beside one another, a cell each.
_SAFE = re.compile("[ -~\u00a1-\u00ac\u00ae-\u024f\u2010-\u2027\u2190-\u21ff]*")
_BREAKS = str.maketrans({c: "\n" for c in "\r\v\f\x85\u2028\u2029"} | {"\t": " "})
_FORMULA = frozenset("=+-@\t\r\n\0")
_DIGIT_RUN = re.compile(r"(?<![0-9])[0-9](?:[ -]{0,2}[0-9]){12,}(?![0-9])")
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"))
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)
_FILE_LIMIT = 100
_LONGEST_RAW = 200_000


def clean_text(s: str, limit: int = TEXT_LIMIT, multiline: bool = False) -> str:
    """Make text safe to draw: no control, format or unassigned characters, three marks a base at most, NFC.

    Tabs and line ends become a space; with `multiline` line ends stay as newlines. Longer text is cut
    to `limit` characters, the last of them an ellipsis.
    """
    if len(s) <= limit and _SAFE.fullmatch(s):
        return s
    lines = s[:_LONGEST_RAW].replace("\r\n", "\n").translate(_BREAKS)
    if not multiline:
        lines = lines.replace("\n", " ")
    kept: list[str] = []
    marks = _MOST_MARKS
    for c in unicodedata.normalize("NFC", lines):
        category = unicodedata.category(c)
        if category in _DROPPED and c != "\n":
            continue
        if category in _MARKS:
            marks += 1
            if marks > _MOST_MARKS:
                continue
        else:
            marks = 0
        kept.append(c)
    text = unicodedata.normalize("NFC", "".join(kept))
    return text if len(text) <= limit else text[: max(0, limit - 1)] + "…"


def csv_cell(s: str) -> str:
    """A text cell that no spreadsheet takes for a formula: a quote goes before = + - @ TAB CR LF NUL.

    Full-width and other compatibility forms count as what they stand for, also behind blanks and
    invisible characters. Numbers are written as numbers and do not come here.
    """
    for c in unicodedata.normalize("NFKC", s[:200]):
        if c in _FORMULA:
            return "'" + s
        if not (c.isspace() or unicodedata.category(c) in _DROPPED):
            return s
    return s


def has_card_number(s: str) -> bool:
    """Whether text holds 13 to 19 digits, in groups or solid, that pass the Luhn test of payment cards."""
    for run in _DIGIT_RUN.finditer(unicodedata.normalize("NFKC", s).translate(_DASHES)):
        groups = re.findall(r"[0-9]+", run[0])
        for i in range(len(groups)):
            digits = ""
            for group in groups[i:]:
                digits += group
                if len(digits) > 19:
                    break
                if len(digits) >= 13 and digits.strip("0") and _luhn(digits):
                    return True
    return False


def _luhn(digits: str) -> bool:
    doubled = (int(d) * 2 for d in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(d - 9 if d > 9 else d for d in doubled)) % 10 == 0


def file_name(s: str) -> str:
    """A file name from any text: ASCII letters, digits, `.`, `_`, `-`; never a path, hidden or reserved."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", s) if not unicodedata.combining(c))
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", plain)
    name = re.sub(r"\.{2,}", ".", name).strip(".-_")[:_FILE_LIMIT].strip(".-_")
    if not name:
        return "file"
    return f"file-{name}"[:_FILE_LIMIT].strip(".-_") if _RESERVED.fullmatch(name) else name


def cell_width(s: str) -> int:
    """Terminal cells that cleaned text takes: wide characters two, combining and invisible ones none."""
    plain = (s.isascii() and s.isprintable()) or _SAFE.fullmatch(s)
    return len(s) if plain else sum(map(_char_width, s))


def _char_width(c: str) -> int:
    if unicodedata.category(c) in ("Mn", "Me", "Cf", "Cc"):
        return 0
    return 2 if unicodedata.east_asian_width(c) in ("W", "F") else 1


def fit(s: str, width: int, pad: bool = False) -> str:
    """Cut text to at most `width` cells, ending in an ellipsis if cut; with `pad`, filled to just that."""
    wide = cell_width(s)
    if wide > width:
        used, kept = 0, []
        for c in s:
            used += _char_width(c)
            if used > width - 1:
                break
            kept.append(c)
        s = "".join(kept) + "…" if width > 0 else ""
        wide = cell_width(s)
    return s + " " * (width - wide) if pad else s


def fold(s: str) -> str:
    """Text for searching: no case, no accents, single spaces."""
    bare = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", s).casefold())
    bare = "".join(c for c in bare if unicodedata.category(c) not in ("Mn", "Me", "Cf"))
    return " ".join(bare.split())
