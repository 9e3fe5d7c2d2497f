"""The held reads: what each was, what was expected and in which range; decided one by one or all that is marked."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Container

from ubtui.act import Done, Form, Refused
from ubtui.screens.base import Place, news
from ubtui.screens.listed import Listed
from ubtui.services import worklist
from ubtui.services.forms import FieldSpec
from ubtui.services.listing import Listing
from ubtui.services.reads import held
from ubtui.services.reads.deciding import Decided
from ubtui.services.reads.held import HELD
from ubtui.widgets import too_small
from ubtui.widgets.panel import Line, Panel
from ubtui.widgets.queue_list import QueueList
from ubtui.widgets.status_bar import StatusBar
from ubtui.widgets.theme import styles_folder

VERBS: Final = {"release": "Release", "estimate": "Estimate", "reread": "Read again", "defer": "Defer"}
WAYS: Final = "l release  c correct  t estimate  a read again  w wait until"
ELSE: Final = (("", "it stays held"), ("estimate", "estimate it"), ("reread", "read it again"))
FIRST_FEW: Final = 5
YET: Final = "yet to be said"
PAUSE_SECONDS: Final = 0.08


class HeldScreen(Listed):
    """`place.key`, where given, is a filter to begin with."""

    KEYS = "held"
    TITLE_TEXT = "Held reads"
    FILTERS = "code:R04 route:101 cycle:B1 units>100 age>3, or words of the row"
    EMPTY = "No read is held."
    CSS_PATH: ClassVar[Any] = [styles_folder() / "held.tcss"]
    HORIZONTAL_BREAKPOINTS = [*too_small.HORIZONTAL, too_small.BROAD]

    def body(self) -> ComposeResult:
        """How many, the list, what is known of its row."""
        yield StatusBar(id="counts")
        yield Container(id="work")
        yield Panel(id="about")

    async def listing(self) -> Listing:
        """The held reads."""
        return HELD

    async def _open(self) -> None:
        await super()._open()
        if self.place.key and (shown := self.shown_list()) is not None:
            shown.filter(self.place.key)

    async def opens(self, id: int) -> Place:
        """The fix of the item behind the row; its meter where none stands."""
        item = await self.ask(held.item_of, id)
        return Place("meter", self._point()) if item is None else Place("fix", "", item=item)

    def _point(self) -> str:
        return "" if (row := self.row()) is None else row[1]["point"]

    async def field_key(self) -> str:
        """The row's point."""
        return self._point()

    async def account_in_view(self) -> str | None:
        """The row's account."""
        return None if (row := self.row()) is None else row[1]["account"] or None

    def file_name(self) -> str:
        """What an export is called."""
        return "held-reads"

    async def tell(self) -> None:
        """How many are held, and how many of them a bill run waits for."""
        count, late = await self.ask(held.tally)
        self.head("Held reads")
        self.query_one("#counts", StatusBar).say(
            f"Held {count:,}" + (f"  Past their bill date {late:,}" if late else "")
        )

    # the row

    @on(QueueList.Highlighted, "#list")
    def _about_soon(self, event: QueueList.Highlighted) -> None:
        self.set_timer(PAUSE_SECONDS, lambda: self._about(event.id))

    def _about(self, id: int | None) -> None:
        shown = self.shown_list()
        if self.is_attached and shown is not None and shown.current_id == id:
            self.start(self._show_about(id))

    async def _show_about(self, id: int | None) -> None:
        lines: tuple[Line, ...] = ()
        if id is not None and (row := self.row()) is not None and row[0] == id:
            cells = row[1]
            lines = (
                Line("meter", f"{cells['meter']} · {cells['address']}"),
                Line("held for", f"{cells['for']} {cells['why']}" + await self._why(id)),
            )
        if self.is_attached:
            self.query_one("#about", Panel).show((*lines, Line("", WAYS)) if lines else ())

    async def _why(self, id: int) -> str:
        item = await self.ask(held.item_of, id)
        return "" if item is None else f": {(await self.ask(worklist.item, item)).why}"

    async def explained(self) -> tuple[str, tuple[Line, ...]] | None:
        """What the row's read was judged by."""
        if (row := self.row()) is None:
            return None
        lines = [Line(label, told) for label, told in await self.ask(held.explained, row[0])]
        return f"Held read of {row[1]['point']}, {row[1]['on']}", tuple(lines)

    # keys

    def do_list_explain(self) -> None:
        """What the row's read was judged by."""
        self.start(self._explain())

    async def _explain(self) -> None:
        if (told := await self.explained()) is not None:
            await self.show_lines(*told)

    def do_item_meter(self) -> None:
        """The history of the row's meter."""
        if point := self._point():
            self.router.go(Place("meter", point))

    def do_held_open(self) -> None:
        """The fix of the row."""
        self.do_run_open()

    def do_held_release(self) -> None:
        """Release what is marked, or the row."""
        self.start(self._decide("release"))

    def do_held_estimate(self) -> None:
        """Estimate what is marked, or the row."""
        self.start(self._decide("estimate"))

    def do_held_reread(self) -> None:
        """Send the crew to read what is marked, or the row, again."""
        self.start(self._decide("reread"))

    def do_held_defer(self) -> None:
        """Put what is marked, or the row, away until a day."""
        self.start(self._decide("defer"))

    def do_held_correct(self) -> None:
        """Write the right value of the row."""
        self.start(self._correct())

    async def _decide(self, decision: str) -> None:
        """Show what a decision would do to each read, ask for its reason once, then do it."""
        from ubtui.screens.rehearsed import carried_out

        shown = self.shown_list()
        if shown is None or (here := shown.current_id) is None:
            return
        reads = await self.ask(held.named, shown.marks or (here,))
        known = {"decision": decision, "reads": "\n".join(reads)}
        reason = FieldSpec("reason", "Reason", required=True, help="why, for the record; said once for all of them")
        specs = [reason]
        if decision == "release":
            specs.append(FieldSpec("otherwise", "Else", "choice", ELSE, help="of a read that cannot be released"))
            if len(reads) > 1:
                specs.append(FieldSpec("extremes", "Extremes too", "bool", value="no",
                             help="no: a read of extreme use stays held, to be looked at by itself"))  # fmt: skip
        if decision == "defer":
            tomorrow = await self.ask(worklist.next_office_day)
            specs.append(FieldSpec("until", "Until", "day", required=True, value=tomorrow.isoformat()))
        elif decision == "reread":
            specs.append(FieldSpec("until", "Read by", "day", help="empty: within three office days"))
        count = f"{len(reads):,} reads" if len(reads) > 1 else reads[0].partition("/")[0]

        async def preview(made: Form, answer: Done[Any] | Refused) -> tuple[Line, ...]:
            return would(answer)

        done: Done[Decided] | None = await carried_out(
            self, "read.decide", f"{VERBS[decision]} {count}", specs, known, preview, do=VERBS[decision].lower(),
            meanwhile={"reason": YET},
        )  # fmt: skip
        if done is None:
            return
        shown.clear_marks()
        await self.reread()
        got = done.result
        count = f"{got.done} of {got.done + got.left} done" if got.left else f"{got.done} done"
        others = got.left - got.spared
        stay = "1 stays as it is" if others == 1 else f"{others} stay as they are" if others else ""
        left = f"{count}{_by(got)}" + (f"; {stay}" if stay else "") + _spared(got)
        self.say(" · ".join(filter(None, (f"{VERBS[decision]}: {left}", news(done)))))
        if got.left:
            told = left.removeprefix(count).lstrip(",; ")
            await self.show_lines(f"{VERBS[decision]}: {count}", (Line("in all", told), *_left(got)))

    async def _correct(self) -> None:
        from ubtui.screens.rehearsed import carried_out
        from ubtui.screens.rehearsed import would as rehearsed

        if (row := self.row()) is None:
            return
        known = {**await self.ask(held.correction, row[0]), "decision": "corrected"}
        specs = (
            FieldSpec("value", "Right value", "int", required=True, help=f"as read {row[1]['value']}; expected use"
                      f" {row[1]['expected'] or 'unknown'}, {row[1]['range']}"),
            FieldSpec("reason", "Reason", required=True, help="why, for the record"),
        )  # fmt: skip

        async def shown(made: Form, answer: Done[Any] | Refused) -> tuple[Line, ...]:
            return rehearsed(answer)

        title = f"Correct the read of {row[1]['point']}, {row[1]['on']}"
        if await carried_out(self, "read.review", title, specs, known, shown, said="Corrected.") is not None:
            told = self.said()
            await self.reread()
            self.say(told)


def would(answer: Done[Any] | Refused) -> tuple[Line, ...]:
    """What a decision would do: how many, each that cannot be decided so, each extreme one, the first of the others,
    and what closes."""
    if isinstance(answer, Refused):
        return (Line("refused", answer.sentence(), "danger"),)
    got: Decided = answer.result
    lines = [
        Line("would be done", f"{got.done:,} of {got.done + got.left:,}{_by(got)}{_spared(got)}" + _told(news(answer)))
    ]
    lines += [
        Line(each.point, f"extreme: {each.extreme}", "warning") for each in got.rows if each.done and each.extreme
    ]
    done = sorted(
        (each for each in got.rows if each.done and not each.extreme), key=lambda each: each.by == got.decision
    )  # the odd ones first
    lines += [*_left(got), *(Line(each.point, each.told) for each in done[:FIRST_FEW])]
    if len(done) > FIRST_FEW:
        lines.append(Line("", f"and {len(done) - FIRST_FEW:,} more"))
    return tuple(lines)


def _by(got: Decided) -> str:
    """How many by each decision, where there was more than one."""
    return "".join(f", {VERBS[way].lower()} {count:,}" for way, count in got.by.items()) if len(got.by) > 1 else ""


def _spared(got: Decided) -> str:
    return f"; {got.spared:,} extreme stay{'s' if got.spared == 1 else ''} held" if got.spared else ""


def _told(news: str) -> str:
    return f"; {news}" if news else ""


def _left(got: Decided) -> list[Line]:
    return [Line(each.point, f"stays: {each.told}", "warning") for each in got.rows if not each.done]
