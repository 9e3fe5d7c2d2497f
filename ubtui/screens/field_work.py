"""Field work from wherever an account or a meter is in view: an order out, its result in, a seal, an exchange."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final

from ubtui.act import Done, Form, Look, Refused, permissions
from ubtui.screens.base import CHOOSE, Ask, DeskScreen
from ubtui.screens.rehearsed import carried_out, would
from ubtui.services import orders
from ubtui.services.fixes import connecting, field
from ubtui.services.fixes.field import soon
from ubtui.services.forms import FieldSpec, fields
from ubtui.services.orders.ahead import ahead, asked
from ubtui.widgets.panel import Line

AT_THE_METER: Final = (
    "seal.request", "seal.place", "seal.remove", "seal.replace", "seal.verify", "seal.withdraw", "meter.exchange",
    "service.rate", "seal.fee", "point.place", "order.move", "order.cancel", "request.make", "request.close",
    "intertie.statement",
)  # fmt: skip
TITLES: Final = {**field.TITLES, **connecting.TITLES}

DOES: Final = {"order.create": "send it out", "order.result": "write it down"}


class FieldWork(DeskScreen):
    """A screen with service points in view; `field_key` names the account or the point."""

    async def field_key(self) -> str:
        """The account or service point in view; "" where there is none."""
        raise NotImplementedError

    async def order_in_view(self) -> str:
        """The order that is meant where several are open; "" where none is."""
        return ""

    async def reread(self) -> None:
        """Show what is in view as it stands now."""
        raise NotImplementedError

    def do_order_create(self) -> None:
        """Send the crew out."""
        self.start(self._field("order.create"))

    def do_order_result(self) -> None:
        """Bring an order's result in."""
        self.start(self._field("order.result"))

    def do_field_act(self) -> None:
        """Seal, unseal, exchange: what is done at the meter."""
        self.start(self._choose())

    async def _choose(self) -> None:
        mine = [act for act in AT_THE_METER if self.actor.role in permissions().get(act, frozenset())]
        choices = tuple((act, TITLES[act]) for act in mine)
        if not mine:
            self.say(f"The role {self.actor.role} does nothing at a meter.")
            return
        question = Ask("At the meter", (FieldSpec("act", "What", "choice", choices, True, value=mine[0]),), do=CHOOSE)
        if (values := await self.router.asked(question)) is not None:
            await self._field(values["act"])

    async def _field(self, act: str) -> None:
        """Ask for an act's form until it is done or left; what was typed stays while it is refused."""
        key = await self.field_key()
        points, out, due = await self.ask(_known, key)
        mine = await self.order_in_view()
        out = tuple(sorted(out, key=lambda each: each[0] != mine))
        if not points:
            self.say("There is no service point in view.")
            return
        if act.startswith("order.") and act != "order.create" and not out:
            self.say("No order is open here.")
            return
        specs, known = _asked(act, points, out, self.router.day, due)
        lines: tuple[Line, ...] = tuple(Line("out there", each) for _, each in out) if act == "order.create" else ()

        async def shown(made: Form, answer: Done[Any] | Refused) -> tuple[Line, ...]:
            facts, tried = await self.ask(_facts, made), would(answer)
            known_already = (("would close", "nothing"), *(("result", line.value) for line in tried))
            return (*facts, *(line for line in tried if not facts or (line.label, line.value) not in known_already))

        title = ", ".join(filter(None, (TITLES[act], known.get("point"))))
        does, said = DOES.get(act, "do it"), f"{TITLES[act]}: done."
        done = await carried_out(self, act, title, specs, known, shown, lines=lines, do=does, said=said)
        if done is not None:
            told = self.said()
            await self.reread()
            number, read = getattr(done.result, "order", ""), getattr(done.result, "read", "")
            self.say(" ".join(filter(None, (number, told, f"Read {read}." if read else ""))))


def _facts(look: Look, made: Form) -> tuple[Line, ...]:
    """What an order will be, or what a result belongs to."""
    if isinstance(made, orders.Create):
        return tuple(Line(*fact) for fact in ahead(look, made))
    return tuple(Line(*fact) for fact in asked(look, made)) if isinstance(made, orders.Result) else ()


def _asked(
    act: str, points: tuple[tuple[str, str], ...], out: tuple[tuple[str, str], ...], today: date, due: date
) -> tuple[list[FieldSpec], Mapping[str, str]]:
    """The fields to ask for, what must be given first, and the values that need no asking."""
    known: dict[str, str] = {}
    specs = []
    for each in fields(act):
        if each.name == "point" and len(points) == 1:
            known["point"] = points[0][0]
            continue
        if each.name in ("item", "place"):
            continue
        if each.name in ("point", "order") and each.kind == "text":
            choices = points if each.name == "point" else out
            each = replace(each, kind="choice", choices=choices, value=choices[0][0])
        elif each.kind == "choice" and each.required:
            words = orders.KINDS if act == "order.create" else dict(each.choices)
            each = replace(each, value=next(iter(words)), choices=tuple(words.items()))
        elif each.kind == "day" and each.required:
            each = replace(each, value=(due if each.name == "due_on" else today).isoformat())
        specs.append(each)
    return sorted(specs, key=lambda spec: not spec.required), known


def _known(look: Look, key: str) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...], Any]:
    """Service points of an account or the point itself, the orders that are open there, and a day to be due."""
    points = orders.places(look, key)
    out = [each for number, _ in points for each in orders.open_by_number(look, number)]
    told = tuple((each.order, f"{each.order} {orders.KINDS[each.kind].lower()} due {each.due_on}") for each in out)
    return points, told, soon(look, 3)
