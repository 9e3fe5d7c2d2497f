"""The ladder: the reminders of a run, the letters they are, and the record that they were mailed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Annotated, Any

import msgspec

from ubtui.act import Form, Look, Refused, Work, act
from ubtui.db.calendars import office
from ubtui.db.models.office import Letter
from ubtui.detectors.base import Ask
from ubtui.detectors.collections import DUE, HOLDERS, LADDER, REMINDER, Reminded, due_before, reminders, run_day
from ubtui.detectors.quality import MAIL_ORDER, MAIL_ROLES
from ubtui.documents import reminder
from ubtui.domain.canonical import canonical, sha256_hex
from ubtui.domain.errors import BadValue
from ubtui.domain.money import format_money
from ubtui.domain.numbers import format_account, parse_account
from ubtui.domain.text import clean_text
from ubtui.services.adjustments.plans import find_account
from ubtui.services.listing import Column, Field, Listing, Row
from ubtui.services.runs import Run, limits


class Remind(Form, frozen=True, kw_only=True):
    """The reminders of a ladder run, mailed today: of all its accounts, or of those named."""

    run: Annotated[str, msgspec.Meta(description="the run, as ladder/2026-11-18")]
    accounts: Annotated[tuple[str, ...], msgspec.Meta(description="only these accounts, one a line")] = ()


class MailedRun(msgspec.Struct, frozen=True):
    """What was mailed, and which accounts wait: no address, or linked to the person who acts."""

    run: str
    letters: int
    cents: int
    left: tuple[str, ...]


@dataclass(frozen=True)
class Reminder:
    """A reminder ready to mail: what it says, and where it goes (no lines where the address is not complete)."""

    account: str
    account_id: int
    cents: int
    items: tuple[int, ...]
    address: tuple[str, ...]
    text: str


@act("ladder.remind")
def remind(work: Work, form: Remind) -> MailedRun:
    """Record that the run's reminders are mailed today, each by its letter; its items are not reminded of again."""
    if form.run != run_key(work):
        raise Refused(f"{form.run[:40]} is not the run of today", rule="ladder", cure=f"the run is {run_key(work)}")
    ready = list(letters(work, form.accounts))
    if not ready:
        raise Refused("no account of these is on the run", rule="ladder", cure="open its list", bad_input=True)
    own = {n for (n,) in work.db.rows("SELECT account_number FROM staff_account WHERE staff = ?", [work.actor.name])}
    left, cents, mailed = [], 0, 0
    for each in ready:
        if not each.address or parse_account(each.account) in own:
            left.append(each.account)
            continue
        letter = work.db.insert(
            Letter, account_id=each.account_id, kind=REMINDER, template_version=reminder.VERSION,
            sha256=sha256_hex(each.text), address="\n".join(each.address), mailed_on=work.today,
            item_keys=canonical(list(each.items)),
        )  # fmt: skip
        work.db.load(
            "notice_item",
            ["item_id", "step", "letter_id", "run"],
            [(item, REMINDER, letter, form.run) for item in each.items],
        )
        cents, mailed = cents + each.cents, mailed + 1
    if not mailed:
        raise Refused("none of these can be mailed", rule="ladder", cure="mend the addresses first")
    work.touch("run", form.run)
    work.fact(run=form.run, letters=mailed, cents=cents, left=len(left))
    return MailedRun(form.run, mailed, cents, tuple(left))


def run_key(look: Look) -> str:
    """The key of the newest ladder run, as `ladder/2026-11-18`."""
    return f"{LADDER}{run_day(_ask(look))}"


def due(look: Look) -> tuple[Reminded, ...]:
    """The accounts of the newest ladder run that no reminder went to yet, the largest sum first."""
    return tuple(reminders(_ask(look)))


_ADDRESSED = (
    "SELECT q.name, q.mail_line1, q.mail_line2, q.mail_city, q.mail_state, q.mail_zip, q.mail_country"
    " FROM account_role o JOIN party q ON q.id = o.party_id WHERE o.account_id = ? AND o.to_on IS NULL"
    f" AND o.role IN {MAIL_ROLES} ORDER BY {MAIL_ORDER.format('o')} LIMIT 1"
)
_STATED = (
    "SELECT o.item_id, c.title, o.due_on, o.cents FROM open_item o JOIN receivable_item i ON i.id = o.item_id"
    " AND i.mailed_on IS NOT NULL JOIN charge_code c ON c.id = i.charge_code_id WHERE o.account_id = ?"
    " AND o.due_on < ? AND NOT EXISTS(SELECT 1 FROM notice_item n WHERE n.item_id = o.item_id AND n.step = 'reminder')"
    " AND NOT EXISTS(SELECT 1 FROM arrangement_item p JOIN arrangement r ON r.id = p.arrangement_id"
    f" AND r.ended_on IS NULL WHERE p.item_id = o.item_id) AND {HOLDERS} ORDER BY o.due_on, o.item_id"
)


def letters(look: Look, accounts: Sequence[str] = ()) -> Iterator[Reminder]:
    """The reminders of the newest run as they would be mailed today; of `accounts` alone where they are named."""
    ask = _ask(look)
    wanted = [find_account(look, account)[1] for account in accounts] if accounts else None
    for each in reminders(ask, wanted):
        stated = look.db.rows(_STATED, [each.account_id, due_before(ask).isoformat()])
        name, *mail = look.db.one(_ADDRESSED, [each.account_id]) or ("",) * 7
        address = _address(name, mail)
        said = reminder.render(
            look.district.name, look.today, format_account(each.number), address,
            [(title, date.fromisoformat(on), cents) for _, title, on, cents in stated],
        )  # fmt: skip
        items = tuple(item for item, _, _, _ in stated)
        yield Reminder(format_account(each.number), each.account_id, each.cents, items, address, said)


def _address(name: str, mail: Sequence[str | None]) -> tuple[str, ...]:
    line1, line2, city, state, zip_code, country = ((part or "").strip() for part in mail)
    home = country == "US"
    if not (line1 and city and (not home or (state and zip_code))):
        return ()
    last = " ".join(filter(None, (f"{city}," if state else city, state, zip_code)))
    return tuple(filter(None, (name, line1, line2, last, "" if home else country)))


def _ask(look: Look) -> Ask:
    """What the run's detector is asked with today."""
    return Ask(
        look.db, look.today, look.now, look.district, None, limits(look, "C01"), lambda a, b: office(look.db, a, b)
    )


def _row(look: Look, cells: tuple[Any, ...]) -> Row:
    number, owner, place, cents, items, oldest = cells
    days = (look.today - date.fromisoformat(oldest)).days
    shown = (format_account(number), clean_text(owner), clean_text(place), format_money(cents), str(items), oldest)
    return Row((*shown, f"{days}d"))


def _listing(look: Look, day: str) -> Listing:
    known = limits(look, "C01")
    try:
        before = date.fromisoformat(day) - timedelta(days=int(known["days"]))
    except ValueError as exc:
        raise BadValue(f"{day[:20]!r} is no day: write 2026-11-18.") from exc
    owner = (
        "COALESCE((SELECT MIN(q.name) FROM account_role r JOIN party q ON q.id = r.party_id"
        " WHERE r.account_id = d.account_id AND r.to_on IS NULL AND r.role = 'owner'), '')"
    )
    place = (
        "COALESCE((SELECT MIN(m.address) FROM service s JOIN service_point p ON p.id = s.point_id"
        " JOIN premise m ON m.id = p.premise_id WHERE s.account_id = d.account_id), '')"
    )
    return Listing(
        name="reminders",
        columns=(
            Column("account", "Account", 8), Column("owner", "Owner", 20, grow=1),
            Column("address", "Address", 18, priority=2, grow=1), Column("money", "Past due", 10, "right"),
            Column("items", "Items", 5, "right", 3), Column("oldest", "Oldest", 10, priority=1),
            Column("age", "Days", 5, "right"),
        ),
        source="(SELECT o.account_id, CAST(SUM(o.cents) AS bigint) AS cents, COUNT(*) AS items, MIN(o.due_on) AS oldest"
        f" FROM open_item o WHERE {DUE} GROUP BY o.account_id HAVING SUM(o.cents) >= ?) d"
        " JOIN live_account a ON a.id = d.account_id",
        id="d.account_id", cells=f"a.number, {owner}, {place}, d.cents, d.items, d.oldest", row=_row,
        order=(("d.cents", True), ("a.number", False)),
        sorts={
            "account": (("a.number", False),), "owner": ((f"lower({owner})", False),), "money": (("d.cents", True),),
            "address": ((f"lower({place})", False),), "items": (("d.items", True),), "oldest": (("d.oldest", False),),
            "age": (("d.oldest", False),),
        },
        fields={"account": Field("a.number", "account"), "age": Field("d.oldest", "age")},
        words={"account": "a.number", "who": owner, "where": place},
        params=(before.isoformat(), int(Fraction(known["least"]) * 100)),
    )  # fmt: skip


RUN = Run(
    "Reminders",
    _listing,
    lambda look, id: ("account", str(look.db.value("SELECT number FROM account WHERE id = ?", [id]))),
)
