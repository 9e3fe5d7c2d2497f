"""What happened to one account of the sample: people, points, reads, bills and payments, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple


@dataclass(frozen=True)
class Person:
    """A party; `key` is the same for the same person of several accounts."""

    key: str
    kind: str
    name: str
    phone: str | None
    email: str | None
    line1: str | None
    city: str | None
    state: str | None
    zip: str | None
    returned: int = 0


@dataclass(frozen=True)
class Role:
    """What a person is to the account, and from when."""

    role: str
    person: Person
    from_on: date
    vesting: str | None = None
    scope: str | None = None
    to_on: date | None = None


@dataclass(frozen=True)
class ReadStory:
    """One read: value in the register's counts, use in billing units."""

    on: date
    period: str
    value: int
    usage: int | None
    days: int | None
    kind: str
    status: str
    held: str | None = None
    source: str = "A"
    trouble: str | None = None


@dataclass(frozen=True)
class MeterStory:
    """A meter in the days it hung at its point."""

    maker: str
    model: str
    serial: str
    size: str
    dials: int
    unit: str
    num: int
    den: int
    on: date
    off: date | None
    radio: str | None
    tested_on: date | None
    reads: tuple[ReadStory, ...]
    low: tuple[ReadStory, ...] = ()
    """Reads of a compound meter's second register, for slow flow; `reads` are then those of the fast one."""


@dataclass(frozen=True)
class Stray:
    """A row of the newest round's file that was kept back: why, what was decided, and what it says of its own."""

    reason: str = "duplicate-read"
    state: str = "staged"
    serial: str = ""
    """Where it names a meter that nobody knows."""
    value: int | None = None
    """Where it is not about what the meter's read says."""


@dataclass(frozen=True)
class SealStory:
    number: str
    placed_on: date
    placed_value: int
    locked: bool = True
    """Else open, and the point is used now and then."""
    verified_on: date | None = None
    removed_on: date | None = None
    rate_from: date | None = None


@dataclass(frozen=True)
class PointStory:
    """A service point with its service, its meters one after another and its seal."""

    number: str
    route: str | None
    sequence: int | None
    note: str
    state: str
    kind: str
    rate: str
    customer_class: str
    seasonal: bool
    from_on: date
    to_on: date | None
    meters: tuple[MeterStory, ...]
    seal: SealStory | None
    behind: bool = False
    """Its meter hangs behind the account's first one, which counts its use too."""


class Ref(NamedTuple):
    """What has an id once the account is written: `account`, `parcel`, its n-th `point` or `meter`, a person."""

    table: str
    at: int | str = 0


class RowStory(NamedTuple):
    """A row beside the account, by the columns of its table; a `name` lets later rows of the account refer to it."""

    table: str
    values: dict[str, Any]
    name: str = ""


class LineStory(NamedTuple):
    """A line of a bill; `point` is the place of its point in the account."""

    point: int
    charge: str
    label: str
    cents: int
    quantity: str
    rate: str
    trace: str = "{}"


@dataclass(frozen=True)
class BillStory:
    """A bill; its lines name the account's points by place until the services have ids."""

    number: str
    period: str
    from_on: date
    to_on: date
    billed_on: date
    mailed_on: date
    due_on: date
    lines: tuple[LineStory, ...]

    @property
    def cents(self) -> int:
        return sum(line.cents for line in self.lines)


@dataclass(frozen=True)
class ReceiptStory:
    number: str
    received_on: date
    cents: int
    source: str
    kind: str
    reference: str | None


@dataclass(frozen=True)
class Entry:
    """One item that a refresh must raise; no account where nobody is served."""

    code: str
    subject: str
    account: str | None


@dataclass(frozen=True)
class Story:
    """An account's whole story, and the trouble planted in it."""

    index: int
    number: str
    cycle: str
    customer_class: str
    opened_on: date
    closed_on: date | None
    apn: str
    address: str
    city: str
    zip: str
    roles: tuple[Role, ...]
    points: tuple[PointStory, ...]
    bills: tuple[BillStory, ...]
    receipts: tuple[ReceiptStory, ...]
    plant: str = ""
    strays: tuple[Stray, ...] = field(default=())
    """Rows of the newest round's file that were kept back."""
    skips: tuple[tuple[date, str, str], ...] = ()
    """Day, period and reason of each window in which nobody could read the first meter."""
    rows: tuple[RowStory, ...] = ()
    plan: tuple[date, ...] | None = None
    """A plan to pay what is open: the day it was made, then the days of its instalments."""
    off_route: bool = False
    """Its first point lost its place on the walk."""
