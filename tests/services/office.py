"""A district for tests of money: a few accounts, a desk for each person, acts that do what a test says."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from importlib import resources
from pathlib import Path
from typing import TypeVar

from tests import templates
from ubtui.act import Done, Refused, Work
from ubtui.db.models import record
from ubtui.db.session import Session
from ubtui.desk import Desk, Seat, is_url, open_session
from ubtui.domain.numbers import account_number, parse_account
from ubtui.services import ledger, office, worklist
from ubtui.services.listing import Query, ids

T = TypeVar("T")
DAY = date(2026, 11, 23)
NOW = "2026-11-23T16:00:00.000000Z"


def sample_settings() -> str:
    """The sample district's settings, as they are."""
    return resources.files("ubtui").joinpath("services/demo/district.toml").read_text("utf-8")


def text(limits: bool = False) -> str:
    """The sample district's settings; ben owns account 3, and account 4 is linked to ana.

    Its reasons give as often and as much as a test wishes, unless it is about their `limits`.
    """
    found = sample_settings()
    found = found if limits else re.sub(r"(?m)^(once_months|limit) = .*\n", "", found)
    found = re.sub(r"(?m)^(own|linked) = .*\n", "", found)
    found = re.sub(r"^(own|linked) = .*\n", "", found, flags=re.MULTILINE)
    found = found.replace('name = "ben"\n', f'name = "ben"\nown = ["{account_number(3)}"]\n')
    found = found.replace('name = "ana"\n', f'name = "ana"\nlinked = ["{account_number(4)}"]\n')
    return found + '\n[[staff]]\nname = "eve"\nfull_name = "Eve Stone"\nrole = "manager"\n'


def admin(data: str) -> Session:
    """A connected session without the seat's authorizer."""
    session = open_session(data, admin=True)
    session.database.connect()
    return session


def install(data: str, settings: str, day: date = DAY) -> None:
    """Set up the district that `settings` (TOML) describe at `data`, on `day`."""
    templates.stand(data, _install, settings, day)


def _install(data: str, settings: str, day: date) -> None:
    folder = None if is_url(data) else Path(data)
    if folder:
        folder.mkdir(mode=0o700)
    session = admin(data)
    office.install(session, settings, day, f"{day}T16:00:00.000000Z", folder)
    session.database.close()


def found(data: str, accounts: int = 5, day: date = DAY, limits: bool = False) -> None:
    """Set up the district at `data` with accounts 1 to `accounts`, one owner and one parcel each."""
    templates.stand(data, _found, accounts, day, limits)


def _found(data: str, accounts: int, day: date, limits: bool) -> None:
    _install(data, text(limits), day)
    session = admin(data)
    with session.writing():
        cycle = session.value("SELECT id FROM cycle WHERE code = 'B2'")
        for n in range(1, accounts + 1):
            party = session.insert(record.Party, name=f"Owner {n}", search_name=f"owner {n}", mail_line1=f"{n} Main St")
            account = session.insert(
                record.Account, number=account_number(n), cycle_id=cycle, opened_on=date(2020, 1, 1)
            )
            session.insert(
                record.AccountRole, account_id=account, party_id=party, role="owner", from_on=date(2020, 1, 1)
            )
    session.database.close()


def hire(session: Session, name: str, role: str) -> None:
    """Put one more person on the staff."""
    with session.writing():
        session.run("INSERT INTO staff(name, full_name, role) VALUES (?, ?, ?)", [name, name.title(), role])


def desk(data: str, who: str = "ana") -> Desk:
    """A desk for `who`."""
    return Desk(data, Seat(as_name=who))


def account(session: Session, n: int = 1) -> int:
    """The id of account n."""
    return int(session.value("SELECT id FROM account WHERE number = ?", [account_number(n)]))


def doing(at: Desk, call: Callable[[Work], T], key: str = "test-set-up", day: date | None = None) -> T:
    """Run `call` as `at`'s person in one write transaction, outside any act (to set a scene)."""
    look = at.look()
    work = Work(look.db, day or look.today, look.now, look.utc, look.district, look.actor, key)
    with look.db.writing():
        if look.db.kind == "postgres":
            look.db.execute("SELECT set_config('ubtui.actor', ?, true)", [look.actor.name])
        return call(work)


def bill(at: Desk, account_id: int, cents: int, on: date, *, charge: str = "USE", due: date | None = None) -> None:
    """Post a bill of one line."""
    count = at.session.value("SELECT COUNT(*) FROM bill")
    draft = ledger.BillDraft(
        key=f"bill-{count:06d}",
        number=f"{count + 1:06d}",
        account_id=account_id,
        period=f"B2/{on:%Y-%m}#{count}",
        from_on=on,
        to_on=on,
        billed_on=on,
        mailed_on=on,
        due_on=due or on,
        lines=[ledger.BillLine(charge, "Water", cents)],
    )
    doing(at, lambda work: ledger.post_bills(work, [draft]))


def pay(at: Desk, account_id: int, cents: int, on: date) -> None:
    """Post a receipt."""
    count = at.session.value("SELECT COUNT(*) FROM receipt")
    draft = ledger.ReceiptDraft(
        key=f"receipt-{count:06d}",
        number=f"{count + 1:06d}",
        account_id=account_id,
        received_on=on,
        cents=cents,
        source="counter",
        kind="check",
    )
    doing(at, lambda work: ledger.post_receipts(work, [draft]))


def done(answer: Done[T] | Refused) -> T:
    """The result of an act that must have been done."""
    assert isinstance(answer, Done), answer.sentence()
    return answer.result


def refused(answer: Done[T] | Refused) -> Refused:
    """The refusal of an act that must have been refused."""
    assert isinstance(answer, Refused), answer
    return answer


def owes(data: str, cents: int) -> None:
    """Bill the account of the worklist's first row."""
    with Desk(data, Seat("ana")) as desk:
        first = desk.ask(lambda look: worklist.item(look, ids(look, worklist.WORKLIST, Query(""))[0]))
        assert first.account
        id = desk.session.value("SELECT id FROM account WHERE number = ?", [parse_account(first.account)])
        bill(desk, id, cents, DAY)
