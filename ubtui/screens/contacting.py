"""Writing down a contact, from wherever an account is in view: what was said, and the promise in one line."""

from __future__ import annotations

from ubtui.act import new_key
from ubtui.domain.errors import BadValue
from ubtui.domain.promise import parse_promise
from ubtui.screens.base import Ask, DeskScreen
from ubtui.services import contacts
from ubtui.services.accounts import AccountView
from ubtui.widgets.field import FieldSpec

KINDS = (("call", "call"), ("counter", "counter"), ("mail", "mail"), ("email", "e-mail"), ("field", "in the field"),
         ("note", "note"))  # fmt: skip


async def note_contact(screen: DeskScreen, view: AccountView) -> bool:
    """Ask for a contact and keep it; whether it was kept."""

    def wrong(values: dict[str, str]) -> dict[str, str]:
        try:
            if values["promise"].strip():
                parse_promise(values["promise"], screen.router.day)
        except BadValue as fault:
            return {"promise": str(fault)}
        return {}

    roles = dict.fromkeys(each.role for each in view.parties if each.to_on is None)
    people = tuple((role, _who(view, role)) for role in (*roles, *([] if "other" in roles else ["other"])))
    fields = (
        FieldSpec("text", "What was said", required=True, help="it stays as it is written"),
        FieldSpec("promise", "Promise", help="day and money, as fri 120.00; a day alone: call back; empty: none"),
        FieldSpec("with_role", "With", "choice", people, value=people[0][0], help="its letters, digit, or arrows"),
        FieldSpec("kind", "How", "choice", KINDS, value="call", help="its letters, digit, or arrows"),
    )
    question = Ask(
        f"Contact with {view.number}", fields, do="note it (F5 from any field)", check=wrong, act="contact.note"
    )
    key = new_key()

    async def noted(values: dict[str, str]) -> object:
        typed = values["promise"].strip()
        day, cents = parse_promise(typed, screen.router.day) if typed else (None, None)
        form = contacts.Note(
            account=view.number, text=values["text"], kind=_kind(values["kind"]), with_role=_role(values["with_role"]),
            promise_on=day, promise_cents=cents,
        )  # fmt: skip
        told = "Noted." if day is None else f"Noted; it comes back on {day:%a} {day}."
        return await screen.perform(contacts.note, form, key=key, said=told)

    return await screen.until_done(question, noted) is not None


def _who(view: AccountView, role: str) -> str:
    name = next((each.name for each in view.parties if each.role == role and each.to_on is None), "")
    return f"{contacts.ROLES.get(role, role)} {name}".strip()


def _kind(text: str) -> contacts.Kind:
    return next((kind for kind in contacts.KINDS if kind == text), "call")


def _role(text: str) -> contacts.Role:
    return next((role for role in contacts.ROLE_NAMES if role == text), "other")
