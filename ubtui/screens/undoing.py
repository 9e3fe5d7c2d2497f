"""Undo of money: the reversing entry of a journal, shown before it is proposed; what was posted stays."""

from __future__ import annotations

from ubtui.act import Refused, new_key
from ubtui.screens.base import Ask, DeskScreen
from ubtui.screens.money import plan_lines
from ubtui.services import adjustments
from ubtui.services.adjustments import Reverse
from ubtui.services.forms import FieldSpec
from ubtui.widgets.panel import Line


async def take_back(screen: DeskScreen, journal: int) -> bool:
    """Ask why, with the balance before and after beside it, and propose the reversal; whether it was."""

    async def preview(values: dict[str, str]) -> tuple[Line, ...]:
        try:
            made = await screen.ask(adjustments.reversal, journal)
        except Refused as no:
            return (Line("refused", no.sentence(), "danger"),)
        return plan_lines(made, screen.router.day)

    key = new_key()
    field = FieldSpec("note", "Reason", required=True, help="why it is taken back; whoever decides reads it")
    title = f"Take journal {journal} back by a reversing entry"
    question = Ask(title, (field,), (), "propose it", False, act="ledger.reverse", preview=preview)
    done = await screen.until_done(
        question,
        lambda values: screen.perform(adjustments.reverse, Reverse(journal=journal, note=values["note"]), key=key),
    )
    if done is None:
        return False
    who = " or ".join(done.result.approvers)
    told = f"waits for {who}" if done.result.journal_id is None else f"posted as journal {done.result.journal_id}"
    screen.say(f"{done.result.number} takes journal {journal} back: {told}.")
    return True
