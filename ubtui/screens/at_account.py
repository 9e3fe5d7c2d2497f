"""What is on record of an account, changed from wherever it is in view: mail, autopay, e-bills, escrow, owner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from ubtui.act import Look, new_key, permissions
from ubtui.domain.errors import BadValue
from ubtui.screens.base import CHOOSE, Ask, DeskScreen
from ubtui.screens.rehearsed import would
from ubtui.services.adjustments.plans import find_account
from ubtui.services.fixes.field import soon
from ubtui.services.fixes.people import mailed, served
from ubtui.services.forms import FieldSpec, act_named, fields, form
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
    begin = await screen.ask(_begins, account, act)
    known = {"account": account}
    specs = sorted((_spec(each, begin) for each in fields(act) if each.name != "account"),
                   key=lambda spec: (act in OVERTYPED and spec.name == "reason",
                                     not spec.required or bool(spec.value)))  # fmt: skip

    def wrong(values: dict[str, str]) -> dict[str, str]:
        try:
            form(act, {**known, **values})
        except BadValue as fault:
            return {specs[0].name: str(fault)}
        return {}

    async def preview(values: dict[str, str]) -> tuple[Line, ...]:
        try:
            made = form(act, {**known, **values})
        except BadValue as fault:
            return (Line("still to do", str(fault)),)
        answer: Any = await screen.desk.performing(act_named(act), made, dry_run=True)
        if text := getattr(getattr(answer, "result", None), "text", ""):
            return tuple(Line("", line) for line in text.splitlines() if line)
        return would(answer)

    lines: tuple[Line, ...] = ()
    key = new_key()
    while True:
        title = f"{AT_THE_ACCOUNT[act]}, {account}"
        question = Ask(title, tuple(specs), lines, "do it", False, wrong, act=act, preview=preview)
        if (values := await screen.router.asked(question)) is None:
            return False
        told = f"{AT_THE_ACCOUNT[act]}: done."
        made = form(act, {**known, **values})
        if (done := await screen.perform(act_named(act), made, key=key, said=told)) is not None:
            if text := getattr(done.result, "text", ""):
                said = screen.said()
                await screen.show_lines(AT_THE_ACCOUNT[act], tuple(Line("", line) for line in text.splitlines()))
                screen.say(f"{said} It is kept with the account's documents.")
            return True
        specs = [replace(each, value=values[each.name]) for each in specs]
        lines = (Line("refused", screen.said(), "danger"),)


def _spec(each: FieldSpec, begin: Mapping[str, str]) -> FieldSpec:
    value = begin.get(each.name, each.value)
    if each.kind == "choice" and not value:
        value = each.choices[0][0]
    return replace(each, value=value)


def _begins(look: Look, account: str, act: str) -> dict[str, str]:
    """What the fields of an act begin with: what is on record, or where the water goes."""
    account_id, _ = find_account(look, account)
    if act == "party.address":
        return mailed(look, account_id)
    if act == "owner.change":
        return {**served(look, account_id), "state": "CA", "on": look.today.isoformat()}
    if act == "arrangement.make":
        return {"count": "3", "first_on": soon(look, 10).isoformat()}
    if act == "protection.set":
        return {"kind": "extension"}
    return {"returned_on": look.today.isoformat()} if act == "mail.returned" else {}
