"""What every screen about one account does alike: leave to look, stepping on, contacts, payments, figures explained."""

from __future__ import annotations

from ubtui.desk import denied
from ubtui.screens.base import Place
from ubtui.screens.field_work import FieldWork
from ubtui.screens.stepping import Stepping
from ubtui.services import figures
from ubtui.services.accounts import AccountView
from ubtui.widgets.panel import Line


class OneAccount(FieldWork, Stepping):
    """`place.key` is the account's number; `account` what was read of it."""

    STEPS_TO = "account"

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.account: AccountView | None = None

    async def allowed(self) -> None:
        """Raise the refusal of a look, which is kept; call it before anything is shown."""
        if await self.ask(denied, "account.show"):
            await self.seen()

    async def seen(self) -> None:
        """Keep that the account was looked at."""
        await self.desk.viewing("account.show", account=self.place.key)

    async def reread(self) -> None:
        """Show the account as it stands now."""
        raise NotImplementedError

    async def account_in_view(self) -> str | None:
        """This account."""
        return self.place.key

    async def field_key(self) -> str:
        """This account."""
        return self.place.key

    async def at_item(self, id: int) -> Place | None:
        """The account of an item, another than this one."""
        from ubtui.services import worklist

        number = (await self.ask(worklist.item, id)).account
        return Place(self.place.name, number, item=id) if number and number != self.place.key else None

    # contacts and figures

    def do_contact_note(self) -> None:
        """Write down what was said."""
        self.start(self._note())

    async def _note(self) -> None:
        from ubtui.screens.contacting import note_contact

        if self.account is not None and await note_contact(self, self.account):
            told = self.said()
            await self.reread()
            self.say(told)

    def do_payment_take(self) -> None:
        """Take a payment at the counter."""
        self.start(self._take())

    async def _take(self) -> None:
        from ubtui.screens.counter import take_payment

        if self.account is not None and await take_payment(self, self.account.number):
            told = self.said()
            await self.reread()
            self.say(told)

    async def figure(self, figure: str) -> tuple[str, tuple[Line, ...]]:
        """A title and the lines that tell how a figure of the account came about."""
        found = await self.ask(figures.explain, self.place.key, figure)
        return found.title, tuple(Line(label, told) for label, told in found.rows)

    def do_account_change(self) -> None:
        """Address, autopay, e-bill, escrow demand, new owner."""
        self.start(self._change())

    async def _change(self) -> None:
        from ubtui.screens.at_account import change_account

        if self.account is not None and await change_account(self, self.account.number):
            told = self.said()
            await self.reread()
            self.say(told)

    async def explain(self, figure: str) -> None:
        """Show how a figure of the account came about."""
        await self.show_lines(*await self.figure(figure))
