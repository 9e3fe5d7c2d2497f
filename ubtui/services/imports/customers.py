"""Customers and service points of a file of uses, as far as the record has them: made by an import, or served here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ubtui.db.session import Session
from ubtui.domain.errors import BadValue
from ubtui.domain.numbers import parse_account
from ubtui.exchange.profile import Profile
from ubtui.services.imports.taking import found, ordinal


@dataclass(slots=True)
class Customer:
    """An account of the file: its id is None until the chunk that makes it is written."""

    key: str
    customer_class: str
    account_id: int | None = None
    cycle: str = ""


@dataclass(slots=True)
class Point:
    """The k-th service point of a customer in a class, and the uses it has by day."""

    customer: Customer
    customer_class: str
    k: int
    point_id: int | None = None
    register_id: int | None = None
    unit: str = ""
    known: dict[str, int | None] = field(default_factory=dict)
    seqs: dict[str, int] = field(default_factory=dict)
    earlier: list[int] = field(default_factory=list)


Key = tuple[str, str, int]
"""A service point as a file of uses names it: customer, class, and which of those."""


class Served:
    """The customers and points that an import has asked for so far; None where the record has none."""

    def __init__(self, db: Session, profile: Profile, billing_unit: str) -> None:
        self.db, self.profile, self.billing_unit = db, profile, billing_unit
        self.customers: dict[str, Customer | None] = {}
        self.points: dict[Key, Point | None] = {}

    def resolve(self, keys: list[Key]) -> None:
        """Find customers and points that the record already has."""
        system = self.profile.system
        new = [key[0] for key in keys if key[0] not in self.customers]
        for name in new:
            self.customers.setdefault(name, None)
        sql = (
            "SELECT x.value, a.id, a.customer_class, c.code FROM external_id x"
            " JOIN live_account a ON a.id = x.subject_id"
            " JOIN cycle c ON c.id = a.cycle_id WHERE x.system = ? AND x.kind = 'account' AND x.value IN ({marks})"
        )
        rows = found(self.db, sql, new, system)
        if not self.profile.creates:
            numbers = {number: name for name in new if (number := _number(name))}
            own = (
                "SELECT a.number, a.id, a.customer_class, c.code FROM live_account a JOIN cycle c ON c.id = a.cycle_id"
                " WHERE a.number IN ({marks})"
            )
            rows += [(numbers[row[0]], *row[1:]) for row in found(self.db, own, numbers)]
        for name, account_id, customer_class, cycle in rows:
            self.customers[name] = Customer(name, customer_class, account_id, cycle)
        if self.profile.creates:
            self._resolve_made(keys, system)
        else:
            self._resolve_served([key for key in keys if self.customers[key[0]] is not None])
        self._recall(dict.fromkeys(keys))

    def _resolve_made(self, keys: list[Key], system: str) -> None:
        named = {f"{c}/{kind}/{k}": (c, kind, k) for c, kind, k in keys if self.customers.get(c) is not None}
        sql = (
            "SELECT x.value, p.id, r.id, r.unit FROM external_id x JOIN live_point p ON p.id = x.subject_id"
            " JOIN live_install i ON i.point_id = p.id AND i.off_date IS NULL"
            " JOIN register r ON r.meter_id = i.meter_id AND r.n = 1"
            " WHERE x.system = ? AND x.kind = 'point' AND x.value IN ({marks})"
        )
        for value, point_id, register_id, _unit in found(self.db, sql, named, system):
            self._known(named[value], point_id, register_id, self.billing_unit)

    def _resolve_served(self, keys: list[Key]) -> None:
        """The k-th metered service of an account, by number of its point."""
        by_account: dict[int, list[Key]] = {}
        for key in keys:
            customer = self.customers[key[0]]
            assert customer is not None and customer.account_id is not None
            by_account.setdefault(customer.account_id, []).append(key)
        sql = (
            "SELECT s.account_id, s.customer_class, p.id, r.id, s.unit FROM live_service s"
            " JOIN live_point p ON p.id = s.point_id JOIN live_install i ON i.point_id = p.id AND i.off_date IS NULL"
            " JOIN register r ON r.meter_id = i.meter_id AND r.n = 1"
            " WHERE s.to_on IS NULL AND s.account_id IN ({marks}) ORDER BY p.number"
        )
        served: dict[int, list[tuple[Any, ...]]] = {}
        for row in found(self.db, sql, by_account):
            served.setdefault(row[0], []).append(row)
        for account_id, wanted in by_account.items():
            for key in wanted:
                fit = [row for row in served.get(account_id, []) if not key[1] or row[1] == key[1]]
                if len(fit) >= key[2]:
                    row = fit[key[2] - 1]
                    self._known(key, row[2], row[3], row[4])
                    point = self.points[key]
                    assert point is not None
                    point.customer_class = row[1]

    def _known(self, key: Key, point_id: int, register_id: int, unit: str) -> None:
        customer = self.customers[key[0]]
        assert customer is not None
        self.points[key] = Point(customer, key[1], key[2], point_id, register_id, unit)

    def _recall(self, keys: Iterable[Key]) -> None:
        """Put the uses that the record has of points by them."""
        by_register: dict[int, list[Point]] = {}
        for key in keys:
            if (point := self.points.get(key)) is not None and point.register_id is not None:
                by_register.setdefault(point.register_id, []).append(point)
        sql = "SELECT register_id, read_on, usage, status, seq FROM live_read WHERE register_id IN ({marks})"
        for register_id, day, use, status, seq in found(self.db, sql, by_register):
            for point in by_register[register_id]:
                point.seqs[day] = max(seq, point.seqs.get(day, 0))
                if status != "void":
                    point.known[day] = use
                    point.earlier.append(ordinal(day))


def _number(name: str) -> str:
    try:
        return parse_account(name)
    except BadValue:
        return ""
