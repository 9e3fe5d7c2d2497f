"""The terminal's grid as it is and as it is wanted, and the fewest bytes from the one to the other."""

from __future__ import annotations

import re
from collections import Counter
from operator import is_not

from ubtui.widgets.wire.cells import BLANK, HOLE, PLAIN, TAIL, Cell, Row, Style, bare, cells, change

_PLACE = re.compile(r"\x1b\[(\d+);(\d+)H")
# Writes that leave every cell alone: bell, modes, questions, cursor shape, keypad, strings (title, clipboard).
_QUIET = re.compile(
    r"(?:\x07|\x1b\[[<=>?][0-9;:]*\$?[A-Za-z]|\x1b\[[0-9;]*(?:[ntc]| q)|\x1b[=>]"
    r"|\x1b\](?!8;)[^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[P_^X][^\x1b]*\x1b\\)*"
)
# The modes that change or clear the screen: 132 columns, origin, left and right margins, the other screen.
_UPSETTING = re.compile(r"\x1b\[\?(?:[0-9;]*;)?(?:3|6|47|69|1047|1049)[;hl]")

_SCROLL_COST = 16  # bytes of a scrolled band, more or less
_FEW_LINES = 4  # fewer changed lines than this are not searched for a scrolled band


class Grid:
    """Takes what an application writes and returns what the terminal needs.

    Frames, which are text at absolute places in styles that end plain, are kept and compared; of them only changed
    cells come out. What is not understood comes out as it went in, and then nothing is taken for known any more.
    `erase` and `repeat` say whether the terminal has ECH and REP. Line wrap must be off. Lines and columns from 0.
    """

    def __init__(self, columns: int, lines: int, *, erase: bool, repeat: bool) -> None:
        self.size = (columns, lines)
        self._can_erase, self._can_repeat = erase, repeat
        self._out: list[str] = []
        self.forget()

    def forget(self, size: tuple[int, int] | None = None) -> None:
        """Nothing is known of the screen, which may have another size now: what comes next is written whole."""
        self.size = size or self.size
        self._width, lines = self.size
        self._nothing = (HOLE,) * self._width
        self._want: list[Row] = [self._nothing] * lines
        self._have: list[Row] = [self._nothing] * lines
        self._pen: Style | None = None
        self._cursor: tuple[int, int] | None = None
        self._at: tuple[int, int] | None = None  # column -1: only the line is known

    def repaint(self) -> str:
        """Everything that should be on the screen, as if none of it were."""
        if self._cursor is None:
            return ""
        self._have, self._pen = [self._nothing] * len(self._want), None
        return self._update(self._cursor)

    def take(self, data: str) -> str:
        """What to write instead of `data`."""
        head, *rest = _PLACE.split(data)
        if head or not rest:
            if _UPSETTING.search(data) or not _QUIET.fullmatch(data):
                self.forget()
            return data
        lines: list[tuple[int, int, Row]] = []
        x = y = 0
        for at in range(0, len(rest), 3):
            y, x, painted = int(rest[at]) - 1, int(rest[at + 1]) - 1, rest[at + 2]
            row = cells(painted.removesuffix("\n") if at + 3 < len(rest) else painted)
            if row is None:
                self.forget()
                return data
            lines.append((y, x, row))
            x += len(row)
        for line in lines:
            self._paint(*line)
        return self._update((min(x, self._width - 1), min(y, len(self._want) - 1)))

    def _paint(self, y: int, x: int, row: Row) -> None:
        if not row or y >= len(self._want) or x >= self._width:
            return
        before, start, end = self._want[y], x, min(x + len(row), self._width)
        while before[start] is TAIL:
            start -= 1
        while end < self._width and before[end] is TAIL:
            end += 1
        # What remains of a wide glyph cut in two is the terminal's choice. A frame for a wider screen ends at the edge.
        left, right = before[:start] + (HOLE,) * (x - start), (HOLE,) * (end - x - len(row)) + before[end:]
        self._want[y] = (left + row + right)[: self._width]

    def _update(self, cursor: tuple[int, int]) -> str:
        self._at = None
        if sum(map(is_not, self._want, self._have)) >= _FEW_LINES:
            while self._scroll():
                pass
        for y, want in enumerate(self._want):
            if want is not self._have[y]:
                self._line(y, want, self._have[y])
                self._have[y] = want
        if self._out or cursor != self._cursor:
            self._ink(PLAIN)
            self._go(*cursor)
            self._cursor = cursor
        out = "".join(self._out)
        self._out.clear()
        return out

    # a band of lines

    def _scroll(self) -> bool:
        """Move a band of lines that stands elsewhere now, if that spares anything: DECSTBM, then IL or DL.

        A band scrolls with SU and SD too; the Linux console has neither.
        """
        want, have = self._want, self._have
        places = {row: y for y, row in enumerate(have)}
        moved = Counter(places[row] - y for y, row in enumerate(want) if row is not have[y] and places.get(row, y) != y)
        if not moved:
            return False
        [(by, _)] = moved.most_common(1)
        best, total, start, band = 0, 0, 0, range(0)
        for y in range(max(0, -by), len(want) - max(0, by)):
            start = start if total > 0 else y
            total = max(0, total) + _differing(want[y], have[y]) - _differing(want[y], have[y + by])
            if total > best:
                best, band = total, range(start, y + 1)
        if not band:
            return False
        top, bottom = min(band[0], band[0] + by), max(band[-1], band[-1] + by)
        blank = (BLANK,) * self._width
        fresh = range(bottom - by + 1, bottom + 1) if by > 0 else range(top, top - by)
        best -= sum(_differing(want[y], blank) - _differing(want[y], have[y]) for y in fresh)
        if best <= _SCROLL_COST or any(HOLE in row for row in have[top : bottom + 1]):
            return False
        self._ink(PLAIN)
        count = abs(by) if abs(by) > 1 else ""
        self._out.append(f"\x1b[{top + 1};{bottom + 1}r\x1b[{top + 1}H\x1b[{count}{'M' if by > 0 else 'L'}\x1b[r")
        lines = have[top : bottom + 1]
        have[top : bottom + 1] = lines[by:] + [blank] * by if by > 0 else [blank] * -by + lines[:by]
        return True

    # one line

    def _line(self, y: int, want: Row, have: Row) -> None:
        end = len(want)
        odd = next((x for x in range(end) if want[x].odd or have[x].odd), end)
        if odd < end and want != have:
            # Behind a glyph of doubtful width nothing is where it seems: all of that is written anew.
            if HOLE in want[odd:]:
                have = have[:odd] + (HOLE,) * (end - odd)
            else:
                self._blank_rest(odd, y)
                have = have[:odd] + (BLANK,) * (end - odd)
        text_end = end
        while text_end and want[text_end - 1] is BLANK:
            text_end -= 1
        x = 0
        while x < end:
            if want[x] is have[x] or want[x] is HOLE or want[x] is TAIL:
                x += 1
                continue
            self._reach(x, y, want)
            if x >= text_end and (sum(map(is_not, want[x:], have[x:])) > 3 or bare(self._pen or PLAIN) == PLAIN):
                self._blank_rest(x, y)
                return
            x = self._write(x, y, want, have)

    def _write(self, x: int, y: int, want: Row, have: Row) -> int:
        """Write a cell, or the same cell many times over; the column after it."""
        each = want[x]
        run = x + 1
        if (each is BLANK and self._can_erase) or (self._can_repeat and each.width == 1 and not each.odd):
            while run < len(want) and want[run] is each:
                run += 1
            while want[run - 1] is have[run - 1]:
                run -= 1
        count = run - x
        self._ink(each.style, blank=each.text == " ")
        if each is BLANK and self._can_erase and count > 10:
            self._out.append(f"\x1b[{count}X")
            return run
        if self._can_repeat and count * _size(each) > _size(each) + 5:
            self._out.append(f"{each.text}\x1b[{count - 1}b")
        else:
            run = x + 1
            self._out.append(each.text)
        after = x + each.width if run == x + 1 else run
        self._at = (-1 if each.odd or after >= self._width else after, y)
        return after

    def _blank_rest(self, x: int, y: int) -> None:
        """Erase to the end of the line, which only a plain style does alike on all terminals."""
        self._go(x, y)
        self._ink(PLAIN, blank=True)
        self._out.append("\x1b[K")

    def _reach(self, x: int, y: int, want: Row) -> None:
        """Go to a cell, over the ones between where writing them again is no dearer."""
        if self._at and self._at[1] == y and 0 <= self._at[0] < x <= self._at[0] + 4:
            between = want[self._at[0] : x]
            text = "".join(each.text for each in between)
            if all(self._fits(each) for each in between) and len(text.encode()) <= (3 if len(between) == 1 else 4):
                self._out.append(text)
                self._at = (x, y)
                return
        self._go(x, y)

    def _fits(self, each: Cell) -> bool:
        if each is HOLE or each.odd or self._pen is None:
            return False
        return each is TAIL or each.style == (bare(self._pen) if each.text == " " else self._pen)

    def _ink(self, style: Style, blank: bool = False) -> None:
        if self._pen != style and not (blank and self._pen is not None and bare(self._pen) == style):
            self._out.append(change(self._pen, style))
            self._pen = style

    def _go(self, x: int, y: int) -> None:
        if self._at == (x, y):
            return
        ways = [f"\x1b[{y + 1};{x + 1}H" if x else f"\x1b[{y + 1}H"]
        if self._at is not None:
            column, line = self._at
            if line == y:
                ways.append(f"\x1b[{x + 1}G")
                if 0 <= column < x:
                    ways.append(f"\x1b[{x - column if x - column > 1 else ''}C")
            elif line + 1 == y and x == 0:
                ways.append("\r\n")
            elif line < y and column == x:
                ways.append(f"\x1b[{y - line if y - line > 1 else ''}B")
        self._out.append(min(ways, key=len))
        self._at = (x, y)


def _size(each: Cell) -> int:
    return len(each.text.encode())


def _differing(one: Row, other: Row) -> int:
    return sum(map(is_not, one, other))
