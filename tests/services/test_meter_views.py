"""The parts of a meter: what its months, neighbours, tests, seals, orders and installs say, and how each came about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from statistics import median

import pytest

from tests.detectors.scene import PERIODS, Customer, Scene, read_day
from tests.services.office import DAY
from ubtui.cli import run_command
from ubtui.db.models import record
from ubtui.domain.errors import BadValue
from ubtui.services import meter_views, meters, neighbours
from ubtui.services.meter_views import PARTS, Part
from ubtui.services.orders import Create, create

LAST = PERIODS[-1]


@pytest.fixture
def scene(backend: str) -> Iterator[Scene]:
    made = Scene(backend)
    yield made
    made.close()


def part(scene: Scene, point: str, name: str) -> Part:
    with scene.desk() as desk:
        return desk.ask(meter_views.part, desk.ask(meters.history, point), name)


def why(scene: Scene, point: str, name: str, row: int = 0) -> dict[str, str]:
    with scene.desk() as desk:
        history = desk.ask(meters.history, point)
        return dict(desk.ask(meter_views.explained, history, desk.ask(meter_views.part, history, name), row)[1])


def cells(found: Part) -> list[dict[str, str]]:
    return [
        dict(zip((c.key for c in found.columns), each.row.cells, strict=True)) for each in found.entries
    ]  # fmt: skip


def test_months_stand_beside_the_last_year_and_are_told_read_by_read(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30, 31, 32, 33, 34, 35, 70])
    found = part(scene, c.point, "months")
    with scene.desk() as desk:
        months = desk.ask(meters.history, c.point).months
    rows = cells(found)
    assert [int(row["use"]) for row in rows] == list(months[:11:-1])
    assert [int(row["before"]) for row in rows] == list(months[11::-1])
    assert rows[0]["month"] == "Oct 2026" and rows[0]["bar"]
    for place, row in enumerate(rows):
        told = why(scene, c.point, "months", place)
        shares = [Fraction(re.findall(r": ([0-9.]+)$", text)[0]) for label, text in told.items() if "read" in label]
        assert abs(sum(shares, Fraction()) - int(row["use"])) <= Fraction(1, 2) + len(shares) * Fraction(1, 200)


def test_neighbours_are_measured_by_the_day_against_the_middle_of_the_route(scene: Scene) -> None:
    route = [scene.customer() for _ in range(7)]
    uses = {c.point: 20 + 7 * n for n, c in enumerate(route)}
    for c in route:
        scene.uses(c, [30] * 6, last=PERIODS[-2])
    for n, c in enumerate(route[:5]):
        scene.read(c, LAST, 1180 + uses[c.point], usage=uses[c.point], days=61 + n)
    scene.read(route[5], LAST, 1500, usage=320, days=61, source="E")
    mine = route[2]
    with scene.desk() as desk:
        found = desk.ask(neighbours.beside, mine.point, 2)
        alone = desk.ask(neighbours.beside, mine.point)
        nowhere = desk.ask(neighbours.beside, "SP-99999")
    assert found is not None and alone is not None and nowhere is None
    daily = sorted(Fraction(uses[c.point], 61 + n) for n, c in enumerate(route[:5]) if c is not mine)
    expected = median(daily)
    assert (found.median, found.read, found.route, found.period) == (expected, 4, "R07", LAST)
    assert [each.side for each in found.rows] == [-2, -1, 0, 1, 2]
    assert [each.status for each in alone.rows][-2:] == ["released", "unread"]
    rows = cells(part(scene, mine.point, "neighbours"))
    assert rows[2]["told"] == "this" and rows[6]["told"] == "unread"
    assert rows[5]["told"] == "E" and rows[2]["use"] == str(uses[mine.point])
    found_part = part(scene, mine.point, "neighbours")
    assert found_part.start == 2 and "median of 4 others on route R07" in found_part.said
    assert [each.point for each in found_part.entries if not each.point] == [""], "one's own row leads nowhere"


def test_the_parts_of_an_exchange_are_told_and_add_up(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 6, last=PERIODS[-2])
    on = read_day(PERIODS[-2]) + timedelta(days=20)
    scene.read(c, LAST, 1192, on=on, usage=12, kind="removal", days=20)
    new = scene.exchange(c, on)
    scene.read(new, LAST, 0, on=on, kind="installation")
    scene.read(new, LAST, 25, usage=25, days=41)
    told = why(scene, c.point, "reads")
    assert told["period in all"] == "37"
    assert "12 by badger/90001" in told[f"{on} counter 1"] and "1,180 to 1,192" in told[f"{on} counter 1"]
    assert (
        "25 by badger/x" in told[f"{read_day(LAST)} counter 1"] and "this read" in told[f"{read_day(LAST)} counter 1"]
    )
    rows = cells(part(scene, c.point, "installs"))
    assert [(row["meter"], row["off"], row["use"]) for row in rows] == [
        (f"badger/x{c.meter_id}", "now", "25"), ("badger/90001", str(on), "192"),
    ]  # fmt: skip
    assert rows[0]["face"] == "6 dials x 1 ccf"


def test_the_counters_of_a_compound_meter_are_told_together(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 6, last=PERIODS[-2])
    with scene.db.writing():
        second = scene.db.insert(record.Register, meter_id=c.meter_id, dials=5, mult_num=1, mult_den=1, unit="ccf", n=2)
    scene.read(c, LAST, 1187, usage=7, days=61)
    scene.read(replace(c, register_id=second), LAST, 64, usage=64, days=61)
    for row in (0, 1):
        told = why(scene, c.point, "reads", row)
        parts = [text for label, text in told.items() if " counter " in label]
        assert told["period in all"] == "71" and len(parts) == 2
        assert {part.split(" ")[0] for part in parts} == {"7", "64"} and sum("this read" in part for part in parts) == 1
    assert cells(part(scene, c.point, "installs"))[0]["face"].endswith(", 2 counters")


def test_a_use_in_other_units_is_told_exactly(scene: Scene) -> None:
    c = scene.customer(unit="cf")
    scene.read(c, "", 4099, on=read_day(PERIODS[-2]), kind="opening", status="billed")
    scene.read(c, LAST, 7250, usage=32, days=61)
    told = why(scene, c.point, "reads")
    assert told["billing unit"].startswith("ccf: 72.5 and before it 40.99, each cut to whole units")
    assert (told["present"], told["use"]) == (f"7,250 on {read_day(LAST)}", "32 over 61 days, 0.52 a day")


def test_a_read_tells_what_it_makes_up_for(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 5, last=PERIODS[-3])
    scene.read(c, PERIODS[-2], 1190, usage=40, source="E", status="billed", days=61)
    scene.read(c, LAST, 1201, usage=11, days=61)
    told = why(scene, c.point, "reads")
    assert told["makes up for"].startswith("51 ccf were really used in the ")
    shares = [int(text.split(" in ")[0]) for label, text in told.items() if label.startswith("  to ")]
    assert len(shares) == 2 and sum(shares) == 51
    assert "estimated" in why(scene, c.point, "reads", 1)


def test_seals_orders_and_the_card(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 7)
    with scene.db.writing():
        scene.db.insert(
            record.Seal, point_id=c.point_id, number="4471\x1b[31m", lock_state="locked", lock_reason="owner_request",
            rate_status="sealed", placed_on=date(2026, 1, 5), placed_value=1000,
        )  # fmt: skip
    made = scene.act(
        create, Create(point=c.point, kind="verify", due_on=DAY + timedelta(days=2), instructions="\x1b]0;x\x07gate")
    )
    seal, order = cells(part(scene, c.point, "seals"))[0], cells(part(scene, c.point, "orders"))[0]
    assert (seal["lock"], seal["why"], seal["placed"]) == ("locked", "owner request", "2026-01-05")
    assert (order["order"], order["state"]) == (made.result.order, "open")
    assert why(scene, c.point, "seals")["placed"] == "2026-01-05, at 1,000"
    with scene.desk() as desk:
        around = desk.ask(meter_views.around, desk.ask(meters.history, c.point))
    assert len(around.orders) == 1 and around.orders[0].startswith(made.result.order)
    assert around.orders[0].endswith(f"due {DAY + timedelta(days=2)}")
    told = [text for name in PARTS for row in cells(part(scene, c.point, name)) for text in row.values()]
    told += [text for name in ("seals", "orders") for text in why(scene, c.point, name).values()]
    assert "\x1b" not in "".join(told)


def test_a_part_that_there_is_not(scene: Scene) -> None:
    c: Customer = scene.customer()
    with pytest.raises(BadValue, match="no part of a meter"):
        part(scene, c.point, "dreams")
    assert part(scene, c.point, "neighbours").said == "It is on no route, or was never read."
    assert all(part(scene, c.point, name).entries == () for name in ("tests", "orders", "reads"))


def test_from_the_shell(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    c = scene.customer()
    scene.uses(c, [30, 31, 32, 33, 34, 35, 70])
    at = ["--data", scene.data, "--as", "ana"]
    for name in PARTS:
        assert run_command(["meter", "show", c.point, name, *at]) == 0
    assert "Oct 2026" in capsys.readouterr().out
    assert run_command(["meter", "show", c.point, "reads", "--explain", "1", *at]) == 0
    assert "1,265 on 2026-10-20" in capsys.readouterr().out
    assert run_command(["meter", "show", c.point, "tests", "--explain", "1", *at]) == 2
