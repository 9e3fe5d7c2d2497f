"""Wide districts for the benchmarks, loaded in bulk: points with reads, a long worklist, a long ledger."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from importlib import resources
from pathlib import Path

import msgspec

from ubtui.act import Act, Done, Form, Work
from ubtui.db.session import Session
from ubtui.desk import Desk, Seat, open_session
from ubtui.domain.numbers import account_number
from ubtui.services import ledger, office

TODAY = date(2026, 11, 23)
NOW = "2026-11-23T16:00:00.000000Z"
WALK = 250
"""Points that a reader walks to in a day: a route."""


def empty(folder: Path | None = None) -> str:
    """A fresh sample district without accounts; its folder."""
    place = folder or Path(tempfile.mkdtemp(prefix="ubtui-bench-"))
    place.mkdir(parents=True, exist_ok=True)
    text = resources.files("ubtui.services.demo").joinpath("district.toml").read_text("utf-8")
    session = open_session(str(place), admin=True)
    session.database.connect()
    office.install(session, text, TODAY, NOW, place)
    session.database.close()
    return str(place)


def wide(data: str, points: int, reads: int, every: int = 61) -> list[int]:
    """`points` accounts with one metered service each and `reads` reads `every` so many days; the register ids."""
    with Desk(data) as desk:
        db = desk.session
        cycle = int(db.value("SELECT MIN(id) FROM cycle"))
        n = range(1, points + 1)
        routes = range(1, -(-points // WALK) + 1)
        with db.writing():
            db.load("route", ["id", "code", "title"], ((i, f"R{i}", f"Route {i}") for i in routes))
            db.load(
                "party",
                ["id", "name", "search_name", "mail_line1", "mail_city", "mail_state", "mail_zip"],
                ((i, f"Owner {i}", f"owner {i}", f"{i} Alder Ct", "Rincon Vista", "CA", "95900") for i in n),
            )
            db.load("premise", ["id", "address"], ((i, f"{i} Alder Ct") for i in n))
            db.load(
                "service_point",
                ["id", "number", "premise_id", "route_id", "sequence", "location_note"],
                ((i, f"SP-{i:06d}", i, 1 + (i - 1) // WALK, i, "left of the gate") for i in n),
            )
            db.load(
                "account",
                ["id", "number", "cycle_id", "opened_on"],
                ((i, account_number(100000 + i), cycle, "2015-01-01") for i in n),
            )
            db.load(
                "account_role",
                ["account_id", "party_id", "role", "from_on"],
                ((i, i, "owner", "2015-01-01") for i in n),
            )
            db.load(
                "service",
                ["id", "account_id", "point_id", "kind", "rate_code", "unit", "customer_class", "from_on"],
                ((i, i, i, "potable", "R1", "ccf", "residential", "2015-01-01") for i in n),
            )
            db.load("meter", ["id", "maker", "serial", "size"], ((i, "BADGER", f"{i:08d}", "5/8") for i in n))
            db.load(
                "register",
                ["id", "meter_id", "dials", "mult_num", "mult_den", "unit"],
                ((i, i, 6, 1, 1, "ccf") for i in n),
            )
            db.load("install", ["meter_id", "point_id", "on_date"], ((i, i, "2015-01-01") for i in n))
            db.load(
                "read",
                [
                    "register_id",
                    "read_on",
                    "seq",
                    "point_id",
                    "period",
                    "value",
                    "usage",
                    "days",
                    "source",
                    "status",
                    "entered_by",
                    "entered_at",
                ],
                _reads(points, reads, every),
            )
    return list(n)


def _reads(points: int, reads: int, every: int) -> Iterator[tuple[object, ...]]:
    days = [TODAY - timedelta(days=3 + every * k) for k in range(reads)][::-1]
    at = [(day.isoformat(), f"B1/{day:%Y-%m}", k % 6 * 5, k == reads - 1) for k, day in enumerate(days)]
    for i in range(1, points + 1):
        value = 100 + i % 900
        for day, period, season, newest in at:
            use = 14 + (i * 7 + season) % 31
            value += use
            yield (
                i,
                day,
                1,
                i,
                period,
                value,
                use,
                every,
                "A",
                "released" if newest else "billed",
                "ana",
                NOW,
            )


class Posted(msgspec.Struct, frozen=True):
    """How many bills were posted."""

    bills: int


class Bills(Form, frozen=True, kw_only=True):
    """Which accounts are billed, and how often."""

    first: int
    last: int
    times: int


def _bill(work: Work, form: Bills) -> Posted:
    def drafts() -> Iterator[ledger.BillDraft]:
        for n in range(form.times):
            day = TODAY - timedelta(days=61 * (form.times - n))
            for i in range(form.first, form.last + 1):
                lines = (ledger.BillLine("SVC", "Service", 4860), ledger.BillLine("USE", "Use", 1850 + i % 4000))
                yield ledger.BillDraft(
                    f"bench-{n}-{i:07d}",
                    f"{n:02d}{i:07d}",
                    i,
                    f"B1/{day:%Y-%m}",
                    day - timedelta(days=61),
                    day,
                    day,
                    day + timedelta(days=30),
                    lines,
                    day,
                )

    return Posted(ledger.post_bills(work, drafts()))


def ledger_of(data: str, accounts: int, times: int) -> None:
    """`times` bills of two lines for each of `accounts`, through the ledger, 20,000 accounts an act."""
    bill = Act("sample.fill", Bills, Posted, _bill)
    with Desk(data, Seat("service")) as desk:
        for first in range(1, accounts + 1, 20_000):
            done = desk.perform(bill, Bills(first=first, last=min(accounts, first + 19_999), times=times))
            if not isinstance(done, Done):
                raise SystemExit(done.sentence())


def queue(data: str, items: int) -> None:
    """`items` open work items."""
    with Desk(data) as desk, desk.session.writing():
        desk.session.load(
            "work_item",
            [
                "code",
                "grp",
                "subject_type",
                "subject_key",
                "period",
                "account",
                "cycle",
                "route",
                "title",
                "who",
                "place",
                "why",
                "consequence",
                "evidence",
                "detected_on",
                "detected_at",
                "last_seen_at",
                "priority",
                "priority_calc",
                "role",
                "raised_by",
            ],
            (
                (
                    "R09",
                    "R",
                    "point",
                    f"SP-{i:07d}",
                    "B1/2026-11",
                    "1204403",
                    "B1",
                    "R1",
                    "Read below the one before",
                    f"Ortiz {i}",
                    f"{i} Alder Ct",
                    "8,412 → 8,214",
                    "the bill cannot be calculated",
                    '{"value":8214}',
                    "2026-11-20",
                    NOW,
                    NOW,
                    40 + i * 7919 % 60,
                    40 + i * 7919 % 60,
                    "technician",
                    "R09@1",
                )
                for i in range(items)
            ),
        )


def connected(data: str) -> Session:
    """A seat's own session, connected."""
    session = open_session(data)
    session.database.connect()
    return session
