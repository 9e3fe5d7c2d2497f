"""What is on record of an account, changed from wherever it is in view: mail, autopay, e-bills, escrow, owner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from ubtui.act import Done, Form, Refused, permissions
from ubtui.screens.base import CHOOSE, Ask, DeskScreen
from ubtui.screens.rehearsed import carried_out, would
from ubtui.services.fixes.people import beginning
from ubtui.services.forms import FieldSpec, fields
from ubtui.widgets.panel import Line

AT_THE_ACCOUNT: Final = {
    "party.address": "Mailing address",
    "autopay.enrol": "Autopay",
    "autopay.stop": "End the autopay",
    "ebill.enrol": "Bills by e-mail",
    "ebill.stop": "Bills on paper again",
    "escrow.demand": "Escrow demand, with its statement",
    "owner.change": "New owner",
    "protection.set": "Extension, dispute or other protection",
    "arrangement.make": "Plan by instalments",
    "mail.returned": "Mail came back",
}
"""Acts on an account that need no item, by what they are called; the commonest first."""
OVERTYPED: Final = frozenset({"party.address"})  # what is on record is typed over first, and why comes last


async def change_account(screen: DeskScreen, account: str) -> bool:
    """Choose what is to be changed and ask for it until it is done or left; whether it was done."""
    mine = tuple((act, title) for act, title in AT_THE_ACCOUNT.items()
                 if screen.actor.role in permissions().get(act, frozenset()))  # fmt: skip
    if not mine:
        screen.say(f"The role {screen.actor.role} changes nothing of an account.")
        return False
    question = Ask(f"Change {account}", (FieldSpec("act", "What", "choice", mine, True, value=mine[0][0]),), do=CHOOSE)
    if (values := await screen.router.asked(question)) is None:
        return False
    return await _done(screen, account, values["act"])


async def _done(screen: DeskScreen, account: str, act: str) -> bool:
    begin = await screen.ask(beginning, account, act)
    specs = sorted((_spec(each, begin) for each in fields(act) if each.name != "account"),
                   key=lambda spec: (act in OVERTYPED and spec.name == "reason",
                                     not spec.required or bool(spec.value)))  # fmt: skip

    async def shown(_made: Form, answer: Done[Any] | Refused) -> tuple[Line, ...]:
        return tuple(line for line in _paper(answer) if line.value) or would(answer)

    title, named = AT_THE_ACCOUNT[act], {"account": account}
    done = await carried_out(screen, act, f"{title}, {account}", specs, named, shown, said=f"{title}: done.")
    if done is not None and (paper := _paper(done)):
        told = screen.said()
        await screen.show_lines(title, paper)
        screen.say(f"{told} It is kept with the account's documents.")
    return done is not None


def _paper(answer: Done[Any] | Refused) -> tuple[Line, ...]:
    """The statement that an act writes, where it writes one."""
    text = getattr(getattr(answer, "result", None), "text", "")
    return tuple(Line("", line) for line in text.splitlines())


def _spec(each: FieldSpec, begin: Mapping[str, str]) -> FieldSpec:
    value = begin.get(each.name, each.value)
    if each.kind == "choice" and not value:
        value = each.choices[0][0]
    return replace(each, value=value)
