"""A small district for tests of detectors: customers with a history of reads, and trouble put where a test wants it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tests.services.office import DAY, NOW, admin, install, sample_settings
from ubtui.act import Act, Done, Form, Refused
from ubtui.db.models import office as office_models
from ubtui.db.models import reads as read_models
from ubtui.db.models import record
from ubtui.db.session import Session
from ubtui.desk import Desk, Seat
from ubtui.detectors import heal
from ubtui.domain.canonical import canonical
from ubtui.domain.numbers import account_number, format_account
from ubtui.services import reads

PERIODS = [f"B2/{2025 + (9 + 2 * n) // 12}-{(9 + 2 * n) % 12 + 1:02d}" for n in range(7)]
"""Bi-monthly: B2/2025-10 … B2/2026-10; the last is under judgement, the first is its last year."""


@dataclass(frozen=True)
class Customer:
    """Ids and printed keys of one account, its point and its meter's register."""

    account_id: int
    account: str
    point_id: int
    point: str
    register_id: int
    meter_id: int
    party_id: int
    service_id: int


def read_day(period: str) -> date:
    return date(int(period[-7:-3]), int(period[-2:]), 20)


class Scene:
    """The record of a sample district with admin's rights; `desk` gives a seat's."""

    def __init__(self, data: str) -> None:
        self.data = data
        install(data, sample_settings())
        self.db: Session = admin(data)
        with self.db.writing():
            self.route = self.db.insert(record.Route, code="R07", title="Alder")
        self.cycles: dict[str, int] = dict(self.db.rows("SELECT code, id FROM cycle"))
        self.count = 0
        self.radio = True
        """Whether meters made from now on are read by radio."""

    def close(self) -> None:
        self.db.database.close()

    def desk(self, who: str = "ana") -> Desk:
        return Desk(self.data, Seat(as_name=who))

    def act(self, act: Act[Any, Any], form: Form, who: str = "ana") -> Done[Any]:
        with self.desk(who) as desk:
            answer = desk.perform(act, form)
        assert isinstance(answer, Done), answer.sentence()
        return answer

    def refused(self, act: Act[Any, Any], form: Form, who: str = "ana") -> Refused:
        with self.desk(who) as desk:
            answer = desk.perform(act, form)
        assert isinstance(answer, Refused), answer
        return answer

    def customer(self, dials: int = 6, unit: str = "ccf", opened: date = date(2020, 1, 1), **service: Any) -> Customer:
        """A complete, untroubled customer without reads."""
        self.count += 1
        n = self.count
        with self.db.writing():
            party = self.db.insert(
                record.Party, name=f"Owner {n}", search_name=f"owner {n}", mail_line1=f"{n} Alder Ct",
                mail_city="Rincon", mail_state="CA", mail_zip="95945",
            )  # fmt: skip
            premise = self.db.insert(record.Premise, address=f"{n} Alder Ct", city="Rincon", zip="95945")
            number = f"SP-{n:05d}"
            point = self.db.insert(
                record.ServicePoint, number=number, premise_id=premise, route_id=self.route, sequence=n,
                location_note="front yard",
            )  # fmt: skip
            account = self.db.insert(
                record.Account, number=account_number(n), cycle_id=self.cycles["B2"], opened_on=opened
            )
            self.db.insert(record.AccountRole, account_id=account, party_id=party, role="owner", from_on=opened)
            columns = {"kind": "potable", "rate_code": "R1", "unit": "ccf", "customer_class": "residential"} | service
            served = self.db.insert(record.Service, account_id=account, point_id=point, from_on=opened, **columns)
            meter, register = self._meter(f"{90000 + n}", point, date(2020, 1, 1), dials, unit)
        return Customer(account, format_account(account_number(n)), point, number, register, meter, party, served)

    def _meter(self, serial: str, point: int, on: date, dials: int = 6, unit: str = "ccf") -> tuple[int, int]:
        meter = self.db.insert(record.Meter, maker="badger", serial=serial, size="5/8")
        register = self.db.insert(record.Register, meter_id=meter, dials=dials, mult_num=1, mult_den=1, unit=unit, n=1)
        self.db.insert(record.Install, meter_id=meter, point_id=point, on_date=on)
        if self.radio:
            self.db.insert(record.Endpoint, meter_id=meter, radio=f"8{serial}", from_on=on)
        return meter, register

    def exchange(self, c: Customer, on: date) -> Customer:
        """Another meter on the point from a day on."""
        with self.db.writing():
            self.db.run("UPDATE install SET off_date = ? WHERE meter_id = ?", [on.isoformat(), c.meter_id])
            meter, register = self._meter(f"x{c.meter_id}", c.point_id, on)
        return Customer(c.account_id, c.account, c.point_id, c.point, register, meter, c.party_id, c.service_id)

    def uses(
        self, c: Customer, uses: Sequence[int], start: int = 1000, source: str = "A", last: str = PERIODS[-1]
    ) -> None:
        """Released reads whose uses are `uses`, the last of them in period `last`, older ones billed."""
        place = PERIODS.index(last) + 1
        periods = PERIODS[place - len(uses) : place]
        value = start
        self.read(c, "", value, on=read_day(periods[0]) - timedelta(days=61), kind="opening", status="billed")
        for n, (period, use) in enumerate(zip(periods, uses, strict=True)):
            value += use
            status = "released" if n == len(uses) - 1 else "billed"
            self.read(c, period, value, usage=use, source=source, status=status)

    def read(self, c: Customer, period: str, value: int | None, on: date | None = None, **columns: Any) -> None:
        """One read, as an import leaves it."""
        row: dict[str, Any] = {
            "register_id": c.register_id, "read_on": on or read_day(period), "seq": 1, "point_id": c.point_id,
            "period": period, "value": value, "usage": None, "days": None, "kind": "regular", "source": "A",
            "status": "released", "rolled": 0, "entered_by": "import", "entered_at": NOW,
        } | columns  # fmt: skip
        with self.db.writing():
            self.db.insert(read_models.Read, **row)
            reads.summarise(self.db, [c.register_id])

    def policy(self, code: str, **parameters: str) -> None:
        """Change a detector's parameters as a district does."""
        kind = f"detector:{code}"
        version = 1 + int(self.db.value("SELECT COUNT(*) FROM policy WHERE kind = ?", [kind]))
        with self.db.writing():
            self.db.insert(
                office_models.Policy, kind=kind, version=version, body=canonical(parameters), adopted_on=DAY,
                adopted_by="ben",
            )  # fmt: skip

    def refresh(self, today: date = DAY) -> heal.Healed:
        with self.db.writing():
            return heal.refresh(self.db, today, NOW)

    def items(self, code: str | None = None) -> list[str]:
        """Keys of the items that are open, claimed or waiting; R01 when asked for: few customers here are ever read."""
        rows = self.db.rows(
            "SELECT code, subject_type, subject_key, period FROM work_item"
            " WHERE state IN ('open', 'claimed', 'waiting') ORDER BY code, subject_type, subject_key, period"
        )
        keys = [
            f"{a}:{b}:{c}" + (f"@{d}" if d else "") for a, b, c, d in rows if code == a or (code is None and a != "R01")
        ]
        return keys

    def steady(self) -> None:
        """After any act, a full refresh adds and closes nothing."""
        assert self.refresh() == heal.Healed()
