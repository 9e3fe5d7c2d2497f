"""Deciding a proposal: the checker types the amount, or says why not; shared by the inbox and the proposal."""

from __future__ import annotations

from collections.abc import Awaitable

from ubtui.act import new_key
from ubtui.domain.errors import BadValue
from ubtui.domain.money import format_money, parse_money
from ubtui.screens.base import Ask, DeskScreen, news
from ubtui.screens.money import proposal_lines
from ubtui.services import adjustments
from ubtui.services.forms import FieldSpec


class Deciding(DeskScreen):
    """Asks and decides."""

    KEYS = "approvals"

    def _number(self) -> str | None:
        """The proposal in view."""
        raise NotImplementedError

    async def _read(self) -> None:
        """Read anew what is shown."""
        raise NotImplementedError

    def do_approval_approve(self) -> None:
        """Approve, which posts; the amount is typed again."""
        if (number := self._number()) is not None:
            self.start(self._decide(self.approve(number)))

    def do_approval_reject(self) -> None:
        """Reject with a reason."""
        if (number := self._number()) is not None:
            self.start(self._decide(self.reject(number)))

    async def _decide(self, decision: Awaitable[bool]) -> None:
        if await decision:
            told = self.said()
            await self._read()
            self.say(told)

    async def approve(self, number: str) -> bool:
        """Approve after the amount was typed again; True once it is decided or signed."""
        view = await self.ask(adjustments.proposal, number)
        if view.may_decide:
            self.say(f"{number}: {view.may_decide}.")
            return False

        def same(values: dict[str, str]) -> dict[str, str]:
            try:
                typed = parse_money(values["amount"])
            except BadValue as fault:
                return {"amount": str(fault)}
            if typed != view.amount_cents:
                return {"amount": f"{number} is for another amount: read it again, then type it."}
            return {}

        field = FieldSpec("amount", "Type the amount", "money", required=True, help="approval posts it at once")
        lines = tuple(
            line for line in proposal_lines(view, self.router.day, self.desk.district.zone) if line.label != "this year"
        )
        question = Ask(
            f"Approve {number}, made by {view.maker}", (field,), lines, "approve", False, same, act="adjust.approve"
        )
        if (values := await self.router.asked(question)) is None:
            return False
        form = adjustments.Approve(proposal=number, amount_cents=parse_money(values["amount"]))
        done = await self.perform(adjustments.approve, form)
        if done is None:
            return False
        got = done.result
        if got.journal_id is None:
            told = f"{number} is signed; it waits for {' and '.join(got.waits_for)}."
        else:
            told = f"{number} is posted as journal {got.journal_id}: balance {format_money(got.balance_cents)}."
        self.say(" ".join(part for part in (told, news(done)) if part))
        return True

    async def reject(self, number: str) -> bool:
        """Reject with a reason; True once it is decided."""
        field = FieldSpec("reason", "Reason", required=True, help="for its maker, who revises it or leaves it")
        key = new_key()

        async def rejected(values: dict[str, str]) -> object:
            form = adjustments.Reject(proposal=number, reason=values["reason"])
            return await self.perform(adjustments.reject, form, key=key, said=f"{number} is rejected.")

        question = Ask(f"Reject {number}", (field,), do="reject", by_enter=False, act="adjust.reject")
        return await self.until_done(question, rejected) is not None
