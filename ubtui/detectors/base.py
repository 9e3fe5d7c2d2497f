"""What a detector is: a predicate in SQL with parameters a district may change, and how what it finds is said."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from ubtui.db.session import Session
from ubtui.domain.calendars import Calendar
from ubtui.domain.numbers import parse_account
from ubtui.domain.scales import Scales
from ubtui.domain.subjects import Subject
from ubtui.settings import District, in_force

GROUPS = {
    "R": "Readings",
    "B": "Billing",
    "P": "Payments",
    "A": "Adjustments",
    "C": "Collections",
    "M": "Meters, seals, connections",
    "Q": "Data quality",
    "X": "Requests",
}


METERED_KINDS = "('potable', 'irrigation', 'raw', 'recycled')"
"""The kinds of service that a meter measures, as a list in SQL."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A limit of a detector: an exact decimal as text, its unit, and what it means.

    One that is a `scale` may differ by the use that is expected, and by class under `name/class`.
    """

    value: str
    unit: str
    says: str
    scale: bool = False


@dataclass(slots=True)
class Found:
    """One cause on one subject: the words and numbers of its work item.

    `evidence` holds scalars and, under `reads`, a list of them; `deadline_on` is a date set by law,
    `bill_on` the bill date that a held read blocks; `who` is named where no account's holder can be. `read` is the
    read that it is about (register, day, number), which `stands` (status, what holds it) as it is.
    """

    subject_key: str
    period: str
    title: str
    why: str
    evidence: dict[str, Any]
    subject_type: str = ""
    account_id: int | None = None
    point_id: int | None = None
    money_cents: int = 0
    units: int = 0
    due_on: date | None = None
    due_source: str | None = None
    deadline_on: date | None = None
    bill_on: date | None = None
    role: str = ""
    who: str = ""
    read: tuple[int, str, int] | None = None
    stands: tuple[str, str | None] = ("", None)


@dataclass(frozen=True)
class Ask:
    """What a detector is asked with: the record, the day, its parameters, and the subjects (None: all).

    A read that is held stays found by what holds it, whatever moved since; `anew` asks as if nothing were held.
    """

    db: Session
    today: date
    now: str
    district: District
    subjects: Mapping[str, Sequence[str]] | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    calendar: Callable[[date, date], Calendar] | None = None
    anew: bool = False

    def keys(self, subject_type: str) -> Sequence[str] | None:
        """The subjects of one type asked for; None asks for all of them, an empty list for none."""
        return None if self.subjects is None else self.subjects.get(subject_type, ())

    def only(self, subject_type: str, column: str) -> tuple[str, list[str]] | None:
        """What narrows a question to the subjects of a type asked for, as SQL and its values; None where none is."""
        keys = self.keys(subject_type)
        if keys is None:
            return "", []
        return (f" AND {column} IN ({marks(keys)})", [*keys]) if keys else None

    def accounts(self) -> tuple[str, list[str]] | None:
        """What narrows a question to the accounts `a` asked for, by their numbers as they are stored."""
        narrow = self.only("account", "a.number")
        return None if narrow is None else (narrow[0], [parse_account(key) for key in narrow[1]])

    def wants(self, subject: Subject) -> bool:
        """Whether one subject is asked for."""
        keys = self.keys(subject.type)
        return keys is None or subject.key in keys

    def milli(self, name: str) -> int:
        """A parameter in thousandths, exact as far as thousandths go."""
        return int(Fraction(self.parameters[name]) * 1000)

    def scales(self, name: str) -> Scales:
        """A parameter that may differ by the use expected and by class."""
        return Scales.among(self.parameters, name)

    def whole(self, name: str) -> int:
        """A parameter that counts something."""
        return int(Fraction(self.parameters[name]))

    def business_days(self, a: date, b: date) -> int:
        """Office days after `a` up to and with `b`."""
        assert self.calendar is not None
        return self.calendar(min(a, b), max(a, b)).between(a, b)

    def add_business(self, day: date, n: int) -> date:
        """The n-th office day after (before) `day`."""
        assert self.calendar is not None
        return self.calendar(day, day).add(day, n)


@dataclass(frozen=True)
class Detector:
    """One kind of trouble: how it is found, why it matters, who fixes it and by which acts.

    A `project` kind is about the record's quality: what it finds waits in a backlog that a daily quota releases.
    What a kind that `holds` finds on an unbilled read holds it: no bill takes it until a person has decided. What a
    kind that stands `alone` finds is an item only where no kind that holds has one of the same subject and period.
    Of a kind with `stock` only what it finds beyond a day's quota at once waits there, as on the first day.
    What is to be `decided` is dismissed by nobody: a decision closes it, either way.
    `also` gives, by the type of subject that was touched, what must be judged besides: a run whose list it may end
    or begin.
    """

    code: str
    title: str
    subject_types: tuple[str, ...]
    predicate: str
    consequence: str
    fixes: tuple[str, ...]
    source: str
    find: Callable[[Ask], Iterable[Found]]
    role: str = "technician"
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    sla_days: int | None = None
    by_hand: bool = False
    project: bool = False
    stock: bool = False
    holds: bool = False
    alone: bool = False
    decided: bool = False
    also: Mapping[str, Callable[[Ask], Iterable[Subject]]] = field(default_factory=dict)

    @property
    def group(self) -> str:
        """The letter of the code's group."""
        return self.code[0]

    @property
    def subject_type(self) -> str:
        """The type of subject that its items have."""
        return self.subject_types[0]

    def values(self, overrides: Mapping[str, str]) -> dict[str, str]:
        """The parameters in force: its own, replaced by the district's, and those of classes that have their own."""
        out = {name: overrides.get(name, p.value) for name, p in self.parameters.items()}
        return out | {name: text for name, text in sorted(overrides.items()) if self.of_class(name)}

    def of_class(self, name: str) -> bool:
        """Whether `name` is one of its scales for a class: `times/irrigation`."""
        own, slash, _ = name.partition("/")
        return bool(slash) and own in self.parameters and self.parameters[own].scale


def district_of(db: Session) -> District:
    """The district's settings as the record keeps them."""
    return in_force(db.value("SELECT value FROM meta WHERE key = 'district'"))


def parameters(db: Session) -> dict[str, dict[str, str]]:
    """What the district changed of each detector: its newest policy of kind `detector:CODE`."""
    rows = db.rows("SELECT kind, body FROM policy WHERE kind >= 'detector:' AND kind < 'detector;' ORDER BY version")
    return {kind.partition(":")[2]: {k: str(v) for k, v in json.loads(body).items()} for kind, body in rows}


def marks(values: Sequence[object]) -> str:
    """Question marks for an IN list."""
    return ", ".join("?" * len(values))


def parts(ids: Sequence[Any], size: int = 500) -> Iterator[list[Any]]:
    """`ids` in lists that an IN list holds."""
    return (list(ids[i : i + size]) for i in range(0, len(ids), size))


def decimal(milli: int | None) -> str:
    """Thousandths as the shortest decimal, at most one place: 36000 gives 36, 36450 gives 36.5."""
    if milli is None:
        return "unknown"
    tenths = (abs(milli) + 50) // 100
    sign = "-" if milli < 0 and tenths else ""
    return f"{sign}{tenths // 10:,}" + (f".{tenths % 10}" if tenths % 10 else "")
