"""The supervisor's board: kinds by age and person, or people by what they have; beside it each day's work as bars."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Container

from ubtui.domain.charts import bars
from ubtui.screens.base import DeskScreen, Place
from ubtui.services.listing import Query
from ubtui.services.worklist.board import AGES, NOBODY, Board, KindRow, PersonRow, board
from ubtui.widgets import too_small
from ubtui.widgets.panel import Line, Panel
from ubtui.widgets.queue_list import QueueList
from ubtui.widgets.rows import Column, ListSource, Row
from ubtui.widgets.status_bar import StatusBar
from ubtui.widgets.theme import styles_folder

MOST_PEOPLE = 5
CHART_CELLS = 76
_AGES = tuple(Column(f"age{n}", name, 7, "right") for n, (name, _) in enumerate(AGES))
PEOPLE = (
    Column("name", "Person", 12),
    Column("role", "Role", 10, priority=2),
    Column("claimed", "Hand", 6, "right"),
    Column("assigned", "Theirs", 6, "right"),
    Column("waiting", "Wait", 6, "right"),
    *_AGES,
    Column("oldest", "Oldest", 6, "right"),
    Column("today", "Today", 6, "right", priority=1),
    Column("closed", "14 d", 6, "right", priority=3),
    Column("dismissed", "Dism", 6, "right", priority=4),
)


class BoardScreen(DeskScreen):
    """Enter shows the worklist of the row; `p` turns from kinds to people and back."""

    KEYS = "board"
    TITLE_TEXT = "Board"
    CSS_PATH: ClassVar[Any] = [styles_folder() / "board.tcss"]
    HORIZONTAL_BREAKPOINTS = [*too_small.HORIZONTAL, too_small.BROAD]

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.found: Board | None = None
        self.by_people = place.key == "people"
        self.source = ListSource(PEOPLE if self.by_people else kinds_of(None), {})

    def body(self) -> ComposeResult:
        """Totals, the table, the days."""
        yield StatusBar(id="counts")
        with Container(id="work"):
            yield QueueList(self.source, empty="Nothing is open.", id="list")
            yield Panel(id="chart")

    def on_mount(self) -> None:
        """Ask for leave to look, then read."""
        self.query_one(QueueList).focus()
        self.start(self._open())

    async def _open(self) -> None:
        await self.desk.viewing("worklist.board")
        await self._read()

    async def _read(self) -> None:
        self.found = await self.ask(board)
        self._show()

    def do_list_refresh(self) -> None:
        """Count again."""
        self.start(self._read())

    def do_board_turn(self) -> None:
        """From kinds to people and back."""
        self.by_people = not self.by_people
        self._show()

    def _show(self) -> None:
        if self.found is None:
            return
        found = self.found
        self.source.columns = PEOPLE if self.by_people else kinds_of(found)
        rows = map(_person, found.people) if self.by_people else (_kind(row, found) for row in found.kinds)
        self.source.table = dict(enumerate(rows))
        self.head("Board: people" if self.by_people else "Board: kinds")
        self.query_one("#counts", StatusBar).say(
            f"Open {found.live:,}  Late {found.late:,}  Oldest {found.oldest} d  Backlog {found.backlog:,}"
        )
        self.query_one("#chart", Panel).show(tuple(_chart(found)), "Done each day")
        self.query_one(QueueList).reload()

    def on_queue_list_counted(self, event: QueueList.Counted) -> None:
        """How many rows are shown."""
        self.query_one("#counts", StatusBar).say(right=event.text)

    @on(QueueList.Chosen, "#list")
    def _chosen(self) -> None:
        self.do_board_open()

    def do_board_open(self) -> None:
        """The worklist of the row's kind or person."""
        id = self.query_one(QueueList).current_id
        if self.found is None or id is None:
            return
        if self.by_people:
            name = self.found.people[id].name
            text = f"assignee:{name}" if name else " ".join(f"-assignee:{p.name}" for p in self.found.people if p.name)
        else:
            text = f"code:{self.found.kinds[id].code}"
        self.router.look_at(Query(text), f"Filtered by {text}." if text else "")


def _most(found: Board | None) -> tuple[str, ...]:
    """The people with the most, who get a column each; nobody first."""
    if found is None:
        return (NOBODY,)
    loads = {person.name: sum(person.ages) for person in found.people if person.name}
    return (NOBODY, *sorted(loads, key=lambda name: (-loads[name], name))[:MOST_PEOPLE])


def kinds_of(found: Board | None) -> tuple[Column, ...]:
    """The columns of the kinds: counts by age, the oldest, late, came back, dismissed of 30 days, and by person."""
    return (
        Column("code", "Code", 4),
        Column("title", "Kind", 18, grow=1),
        Column("live", "All", 6, "right"),
        *_AGES,
        Column("oldest", "Oldest", 6, "right"),
        Column("late", "Late", 6, "right", priority=1),
        Column("reopened", "Back", 6, "right", priority=3),
        Column("dismissed", "Dism", 6, "right", priority=2),
        Column("backlog", "Stored", 6, "right", priority=4),
        *(
            Column(f"p{n}", name[:8] or "nobody", 8, "right", priority=10 + n)
            for n, name in enumerate(_most(found))
        ),
    )  # fmt: skip


def _number(n: int, width: int = 6, unit: str = "") -> str:
    """A count as text that sorts as its number does; nothing for none."""
    return f"{f'{n:,}{unit}':>{width}}" if n else ""


def _kind(row: KindRow, found: Board) -> Row:
    share = 100 * row.dismissed // row.raised if row.raised else 0
    tone = "danger" if row.oldest > 30 and row.late else "warning" if row.late else None
    return Row(
        (
            row.code, row.title, _number(row.live), *map(_number, row.ages), _number(row.oldest, unit="d"),
            _number(row.late), _number(row.reopened), _number(share, unit="%"), _number(row.backlog),
            *(_number(row.people.get(name, 0)) for name in _most(found)),
        ),
        tone,
    )  # fmt: skip


def _person(row: PersonRow) -> Row:
    return Row(
        (
            row.name or "nobody yet", row.role, _number(row.claimed), _number(row.assigned), _number(row.waiting),
            *map(_number, row.ages), _number(row.oldest, unit="d"), _number(row.today), _number(row.closed),
            _number(row.dismissed),
        )
    )  # fmt: skip


def _chart(found: Board) -> Iterator[Line]:
    days = list(reversed(found.days))
    told = [
        (
            f"{day.day:%b %d}",
            day.closed + day.by_itself + day.dismissed,
            f"done, {day.by_itself:,} by itself, {day.dismissed:,} dismissed; {day.raised:,} raised",
        )
        for day in days
    ]
    for place, text in enumerate(bars(told, CHART_CELLS)):
        yield Line("", text, "accent" if place == 0 else None)
