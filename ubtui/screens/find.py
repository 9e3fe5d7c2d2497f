"""Going to an account by the number somebody says on the phone."""

from __future__ import annotations

from ubtui.domain.errors import BadValue
from ubtui.domain.numbers import format_account, parse_account
from ubtui.screens.base import Ask, Router
from ubtui.widgets.field import FieldSpec


def _wrong(values: dict[str, str]) -> dict[str, str]:
    try:
        parse_account(values["number"])
    except BadValue as fault:
        return {"number": str(fault)}
    return {}


async def account_question(router: Router) -> str | None:
    """Ask for an account's number; in its printed form, None when nothing was asked for."""
    field = FieldSpec("number", "Account", required=True, help="120440-3, with or without the hyphen")
    values = await router.asked(Ask("Go to an account", (field,), do="open it", check=_wrong))
    return None if values is None else format_account(parse_account(values["number"]))
