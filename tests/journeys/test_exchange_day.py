"""An exchange in mid-period: both parts billed together, whether it is told before the period's read or after it."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from typing import Any

from tests.faults.record import asked, assert_clean
from tests.journeys.day import Sitting, shell, sitting
from tests.sample import DAY
from ubtui.domain.numbers import parse_account
from ubtui.screens.field_work import AT_THE_METER

ROUTE = "301"  # monthly: its window is open on the sample's day


def stops(data: str) -> list[dict[str, Any]]:
    """Meters of the route that wait for their read: with one register, alone at their account."""
    found: list[dict[str, Any]] = json.loads(shell(data, "reads", "route", ROUTE, "--format", "json").out)
    read = [stop["point"] for stop in found]
    points = "SELECT COUNT(DISTINCT point_id) FROM service s JOIN account a ON a.id = s.account_id WHERE a.number ="
    return [
        stop
        for stop in found
        if stop["state"] == "open" and 100 < (stop["prior"] or 0) < 900_000 and read.count(stop["point"]) == 1
        and asked(data, f"{points} '{parse_account(stop['account'])}'") == [(1,)]
    ]  # fmt: skip


def uses(data: str, point: str, period: str) -> list[tuple[str, int]]:
    """Kind and use of the reads of a point and period that stand, oldest first."""
    rows = asked(
        data,
        "SELECT r.kind, r.usage FROM read r JOIN service_point p ON p.id = r.point_id"
        f" WHERE p.number = '{point}' AND r.period = '{period}' AND r.status <> 'void' AND r.usage IS NOT NULL"
        " ORDER BY r.read_on, r.register_id, r.seq",
    )
    return [(kind, use) for kind, use in rows]


def nine_days(data: str, point: str) -> int:
    """What a point uses in nine days, by its last bill's month."""
    last = "SELECT r.usage FROM read r JOIN service_point p ON p.id = r.point_id WHERE p.number ="
    return int(asked(data, f"{last} '{point}' AND r.kind = 'regular' ORDER BY r.read_on DESC LIMIT 1")[0][0]) * 9 // 30


def at_the_meter(desk: Sitting, account: str, serial: str, removed: int, on: date) -> None:
    """The form of an exchange, filled in: maker, serial, why, the old meter's last read, and the day."""
    desk.press("f")
    desk.see("Accounts old and new")
    desk.type(account)
    desk.press("enter")
    desk.see(f"Account  {account}", "balance")
    desk.press("M")
    desk.see("At the meter")
    desk.press(str(AT_THE_METER.index("meter.exchange") + 1))
    desk.see("Serial")
    for text in ("Neptune", serial, "it stood still"):
        desk.type(text)
        desk.press("tab")
    desk.type(str(removed))
    desk.press("tab", "tab", "tab")
    desk.type(on.isoformat())


def typed(desk: Sitting, serial: str, value: int, says: str) -> None:
    """A read typed on the route, at the meter of that serial."""
    desk.press("g", "r")
    desk.see("Read day", "shown")
    desk.press("end")
    desk.see(f"▸  {ROUTE}")
    desk.press("enter")
    desk.see(f"Route {ROUTE}", "typed as of")  # it stands at the first open one
    desk.down_to(serial)
    desk.type(str(value))
    desk.press("enter")
    desk.see("enter keeps it")
    desk.press("enter")
    desk.see(says)
    desk.press("escape")
    desk.see("Read day", "shown")
    desk.press("g", "w")
    desk.see("Team ")


def test_an_exchange_in_mid_period(sample: str) -> None:
    some = [(nine_days(sample, stop["point"]), stop) for stop in stops(sample)]
    (use, first), (other, late) = [each for each in some if each[0] > 10][:2]
    period, day = first["period"], DAY - timedelta(days=9)

    with sitting(sample, "ana") as ana:
        # Told before the read: what would be billed is seen before it is done, and the read that comes bills the rest.
        at_the_meter(ana, first["account"], "70099001", first["prior"] + use, day)
        ana.see("would close", f"usage {use}")
        ana.press("f5")
        ana.see("done.")
        typed(ana, "70099001", use, f"use {use}")
        assert uses(sample, first["point"], period) == [("removal", use), ("regular", use)]

        # Told after the read, which was of the new meter: it waits as below the one before, and is moved.
        typed(ana, late["serial"], other, "held")
        assert uses(sample, late["point"], period) == []
        at_the_meter(ana, late["account"], "70099002", late["prior"] + other, day)
        ana.see(f"usage {other}", "moved")
        ana.press("f5")
        ana.see("done.")
        ana.press("g", "w")
        ana.see("Team ")
        ana.leave()

    assert uses(sample, late["point"], period) == [("removal", other), ("regular", other)]
    listed = json.loads(shell(sample, "worklist", "export", "--format", "json", "--filter", "code:R09").out)
    assert f"point:{late['point']}" not in [item["subject"] for item in listed]
    told = shell(sample, "meter", "history", late["point"]).out
    assert "70099002" in told and "removal" in told
    assert re.search(r"\d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d  \S", told), "from and to when the old one hung"
    assert_clean(sample)
