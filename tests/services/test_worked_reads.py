"""Use from raw reads over exchanges, compound meters and passes of zero, as published and against exact sums."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.detectors.scene import DAY, PERIODS, Customer, Scene, read_day
from tests.services import importing
from ubtui.act import Done
from ubtui.db.models import record
from ubtui.services import installs, reads, verify

WORKED = Path(__file__).parents[3] / "shared" / "data" / "worked_bills" / "worked_bills.json"
LITRES = {
    "cf": Fraction(1728) * Fraction(254, 10_000) ** 3 * 1000,
    "gal": Fraction(231) * Fraction(254, 10_000) ** 3 * 1000,
    "m3": Fraction(1000),
}
LITRES |= {"ccf": LITRES["cf"] * 100, "kgal": LITRES["gal"] * 1000}


@pytest.fixture
def scene(backend: str) -> Iterator[Scene]:
    made = Scene(backend)
    yield made
    made.close()


def published(name: str) -> dict[str, Any]:
    if not WORKED.exists():
        pytest.skip("the published bills lie beside the checkout, and are not there")
    found: list[dict[str, Any]] = json.loads(WORKED.read_text())["bills"]
    return next(each for each in found if each["id"] == name)


def enter(scene: Scene, c: Customer, on: date, value: int, **more: Any) -> Done[reads.Entered]:
    return scene.act(reads.enter, reads.Enter(point=c.point, value=value, on=on, **more))


def swap(c: Customer, on: date, **more: Any) -> installs.Exchange:
    return installs.Exchange(
        **{"point": c.point, "on": on, "maker": "badger", "serial": "777", "reason": "stopped"} | more
    )


def uses(scene: Scene, c: Customer, period: str = "") -> list[int | None]:
    """Uses of the reads that stand at a point, of one period or of all."""
    rows = scene.db.rows(
        "SELECT usage FROM read WHERE point_id = ? AND status <> 'void' AND (period = ? OR ? = '')"
        " AND kind IN ('regular', 'removal') ORDER BY read_on, seq, register_id",
        [c.point_id, period, period],
    )
    return [row[0] for row in rows]


def right(scene: Scene) -> None:
    """A full refresh changes nothing, and every use follows from its raw reads."""
    scene.steady()
    assert [*verify.uses(scene.db), *verify.summaries(scene.db)] == []


def test_a_published_read_is_truncated_before_it_is_subtracted(scene: Scene) -> None:
    c = scene.customer(unit="cf")
    enter(scene, c, read_day(PERIODS[-2]), 81_710)
    assert enter(scene, c, read_day(PERIODS[-1]), 82_999).result.usage == 829 - 817
    right(scene)


def test_the_published_exchange_bills_both_parts(scene: Scene) -> None:
    bill = published("cranberry-2017")
    c = scene.customer(unit="kgal")
    with scene.db.writing():
        scene.db.run("UPDATE service SET unit = 'kgal'")
    enter(scene, c, read_day(PERIODS[-2]), 120)
    done = scene.act(installs.exchange, swap(c, date(2026, 9, 2), removed_value=120 + bill["usage_old_meter"]))
    assert done.result.usage == bill["usage_old_meter"]
    assert enter(scene, c, read_day(PERIODS[-1]), bill["usage_new_meter"]).result.usage == bill["usage_new_meter"]
    assert sum(use or 0 for use in uses(scene, c, PERIODS[-1])) == bill["usage"]
    right(scene)


def test_the_fraction_that_the_old_meter_left_is_the_new_ones(scene: Scene) -> None:
    c = scene.customer(unit="cf")
    enter(scene, c, read_day(PERIODS[-2]), 1_000)
    out = swap(c, date(2026, 9, 2), removed_value=1_070, unit="gal", dials=6, installed_value=3)
    done = scene.act(installs.exchange, out).result
    assert (done.usage, done.old_face, done.new_face) == (0, "6 dials, cf", "6 dials, gal")
    # 0.7 ccf and 0.4 ccf: neither is a whole unit, and together they are one.
    assert enter(scene, c, read_day(PERIODS[-1]), 303).result.usage == 1
    assert scene.db.value("SELECT carry FROM read WHERE kind = 'installation'") is not None
    right(scene)


def test_a_last_read_put_right_moves_what_follows_it(scene: Scene) -> None:
    c = scene.customer(unit="cf")
    enter(scene, c, read_day(PERIODS[-2]), 1_000)
    scene.act(installs.exchange, swap(c, date(2026, 9, 2), removed_value=1_070))
    assert enter(scene, c, read_day(PERIODS[-1]), 40).result.usage == 1
    form = reads.Review(
        point=c.point, read_on=date(2026, 9, 2), code="R20", decision="corrected", value=1_050, reason="misread",
        meter="badger/90001",
    )  # fmt: skip
    scene.act(reads.review, form)
    assert uses(scene, c, PERIODS[-1]) == [0, 0], "0.5 and 0.4"
    right(scene)


def test_an_exchange_entered_late_moves_the_reads_that_were_the_new_meters(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 6, last=PERIODS[-2])
    enter(scene, c, read_day(PERIODS[-1]), 15)  # far below: it hangs there already
    assert scene.items("R09") == [f"R09:point:{c.point}@{PERIODS[-1]}"]
    form = swap(c, date(2026, 9, 1), removed_value=1_185, installed_value=2)
    with scene.desk() as desk:
        ahead = desk.perform(installs.exchange, form, dry_run=True)
    assert isinstance(ahead, Done)
    told = ahead.result
    assert (told.usage, told.new_usage, told.moved) == (5, 13, (f"2026-10-20: 15 for {PERIODS[-1]}",))
    assert scene.db.value("SELECT COUNT(*) FROM meter WHERE serial = '777'") == 0
    assert scene.act(installs.exchange, form).result == told
    assert uses(scene, c, PERIODS[-1]) == [5, 13]
    assert scene.db.rows("SELECT status, kind FROM read WHERE read_on = '2026-10-20' ORDER BY register_id") == [
        ("void", "regular"), ("released", "regular"),
    ]  # fmt: skip
    assert scene.db.one("SELECT code, decision FROM read_review") == ("R20", "void")
    assert scene.items("R09") == []
    right(scene)


def test_a_guess_of_the_old_counter_is_none_of_the_new_ones(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 6, last=PERIODS[-2])
    scene.act(reads.estimate, reads.Estimate(point=c.point, reason="no access"))
    done = scene.act(installs.exchange, swap(c, date(2026, 9, 1), removed_value=1_185))
    assert done.result.moved == (f"2026-10-20: 1,210 guessed, struck for {PERIODS[-1]}",)
    assert (uses(scene, c, PERIODS[-1]), done.result.new_usage) == ([5], None), "1,210 was never counted by it"
    assert [key.code for key in done.opened] == ["R01"], "the new meter is still to be read"
    assert enter(scene, c, read_day(PERIODS[-1]), 25).result.usage == 25
    right(scene)


def test_a_meter_of_the_store_shows_no_more_than_its_dials(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 6, last=PERIODS[-2])
    with scene.db.writing():
        meter = scene.db.insert(record.Meter, maker="badger", serial="777", size="5/8")
        scene.db.insert(record.Register, meter_id=meter, dials=4, mult_num=1, mult_den=1, unit="ccf", n=1)
    form = swap(c, date(2026, 9, 1), removed_value=1_185, installed_value=12_345)
    assert scene.refused(installs.exchange, form).reason == "12345 does not fit 4 dials"


def test_what_is_billed_as_the_old_meters_stays(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 7)
    no = scene.refused(installs.exchange, swap(c, date(2026, 8, 1), removed_value=1_160))
    assert "is billed as the old meter's" in no.reason
    assert scene.db.value("SELECT COUNT(*) FROM install") == 1


def test_reads_that_the_new_meter_cannot_have_shown_are_not_moved(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 7)
    no = scene.refused(installs.exchange, swap(c, date(2026, 9, 1), removed_value=1_185, dials=3))
    assert "does not fit 3 dials" in no.reason


def test_the_old_meters_use_is_never_dropped(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [60] * 6, last=PERIODS[-2])
    assert "is missing" in scene.refused(installs.exchange, swap(c, date(2026, 9, 19))).reason
    assert "a last read is given" in scene.refused(
        installs.exchange, swap(c, date(2026, 9, 19), removed_value=1_400, unreadable=True)
    ).reason  # fmt: skip
    done = scene.act(installs.exchange, swap(c, date(2026, 9, 19), unreadable=True)).result
    assert done.estimated and done.usage is not None and 25 <= done.usage <= 35, "30 of about 60 days"
    assert scene.db.one("SELECT source, status FROM read WHERE kind = 'removal'") == ("E", "released")
    right(scene)


def test_a_meter_that_never_told_a_value_needs_no_last_read(scene: Scene) -> None:
    c = scene.customer()
    done = scene.act(installs.exchange, swap(c, DAY)).result
    assert (done.usage, done.estimated) == (None, False)


def second(scene: Scene, c: Customer, unit: str = "cf") -> int:
    """A second register beside the customer's first."""
    with scene.db.writing():
        return int(
            scene.db.insert(record.Register, meter_id=c.meter_id, n=2, dials=6, mult_num=1, mult_den=1, unit=unit)
        )


def test_a_compound_meter_bills_the_sum_of_both_sides(scene: Scene) -> None:
    c = scene.customer(unit="cf")
    second(scene, c)
    for period, values in zip(PERIODS[-4:], ((0, 0), (60, 60), (190, 110), (210, 190)), strict=True):
        for n, value in enumerate(values, 1):
            enter(scene, c, read_day(period), value, register=n)
    assert [sum(use or 0 for use in uses(scene, c, p)) for p in PERIODS[-3:]] == [1, 2, 1]
    assert all(use is None or use >= 0 for use in uses(scene, c))
    right(scene)
    # The first side is put right: what the second bills follows it.
    form = reads.Review(
        point=c.point, read_on=read_day(PERIODS[-3]), code="R04", decision="corrected", value=20, reason="misread",
        register=1,
    )  # fmt: skip
    scene.act(reads.review, form)
    assert [sum(use or 0 for use in uses(scene, c, p)) for p in PERIODS[-3:]] == [0, 3, 1]
    right(scene)


def test_a_range_that_is_no_whole_number_of_units_is_carried_past_zero(scene: Scene) -> None:
    c = scene.customer(dials=4, unit="gal")
    enter(scene, c, read_day(PERIODS[-3]), 9_990)
    enter(scene, c, read_day(PERIODS[-2]), 300)
    form = reads.Review(
        point=c.point, read_on=read_day(PERIODS[-2]), code="R10", decision="rollover", reason="past zero"
    )
    scene.act(reads.review, form)
    enter(scene, c, read_day(PERIODS[-1]), 700)
    exact = [Fraction(v) * LITRES["gal"] / LITRES["ccf"] for v in (9_990, 10_700)]
    assert sum(use or 0 for use in uses(scene, c)) == floor(exact[1]) - floor(exact[0])
    right(scene)


def test_estimates_cancelled_on_a_compound_meter_leave_the_sum_as_it_is(scene: Scene) -> None:
    c = scene.customer(unit="cf")
    second(scene, c)
    low = Customer(**{**c.__dict__, "register_id": scene.db.value("SELECT MAX(id) FROM register")})
    for side, values in ((c, (0, 950, 1_900)), (low, (0, 960, 1_960))):
        for period, value, use, source in zip(PERIODS[-4:], values, (None, 9, 10), "AEE", strict=False):
            scene.read(side, period, value, usage=use, source=source)
    day = read_day(PERIODS[-1])
    enter(scene, c, day, 1_550, register=1)
    enter(scene, c, day, 2_950, register=2)
    form = reads.Cancel(point=c.point, read_on=day, reason="guessed too high", register=1)
    scene.act(reads.cancel_estimates, form)
    assert sum(use or 0 for use in uses(scene, c)) == 45, "15.5 and 29.5"
    right(scene)


def test_reads_of_a_file_bill_what_the_fractions_add_up_to(scene: Scene, tmp_path: Path) -> None:
    c, both = scene.customer(unit="cf"), scene.customer(unit="cf")
    second(scene, both)
    enter(scene, c, read_day(PERIODS[-2]), 1_000)
    enter(scene, both, read_day(PERIODS[-2]), 0, register=1)
    enter(scene, both, read_day(PERIODS[-2]), 0, register=2)
    scene.act(installs.exchange, swap(c, date(2026, 9, 2), removed_value=1_070))
    day = read_day(PERIODS[-1])
    lines = [f"badger,777,1,{day},40", f"badger,90002,1,{day},1060", f"badger,90002,2,{day},1060"]
    path = importing.file(tmp_path, "\n".join(["maker,serial,register,date,value", *lines, ""]))
    with scene.desk() as desk:
        report = importing.bring(desk, "reads", path)
    assert report.accepted == 3, report
    assert uses(scene, c, PERIODS[-1]) == [0, 1], "0.7 and 0.4"
    assert uses(scene, both, PERIODS[-1]) == [10, 11], "10.6 and 10.6"
    right(scene)


def test_a_carry_that_somebody_changed_is_found(scene: Scene) -> None:
    c = scene.customer(unit="cf")
    enter(scene, c, read_day(PERIODS[-2]), 1_000)
    enter(scene, c, read_day(PERIODS[-1]), 1_250)
    with scene.db.writing():
        scene.db.run("UPDATE read SET carry = '1/5' WHERE value = 1250")
    (found,) = verify.uses(scene.db)
    assert "carries 1/5, the read before it says 0" in str(found)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    made = Scene(str(tmp_path_factory.mktemp("ground") / "district"))
    yield made
    made.close()


@settings(max_examples=12)
@given(seed=st.integers(0, 2**32))
def test_over_any_reads_and_exchanges_the_bills_sum_to_the_exact_total_truncated(ground: Scene, seed: int) -> None:
    rng = random.Random(seed)
    sides = rng.choice((1, 1, 2))
    unit = rng.choice(("cf", "gal", "m3"))
    c = ground.customer(unit=unit)
    if sides == 2:
        second(ground, c, unit)
    each = LITRES[unit] / LITRES["ccf"]  # ccf of one count
    shows, start = [rng.randrange(1_000) for _ in range(sides)], None
    total, parts, swaps = sum(shows) * each, 0, 0
    for period in PERIODS:
        day, late = read_day(period), None
        if start is not None and rng.random() < 0.4:
            swaps += 1
            for side in range(sides):
                ran = rng.randrange(200)
                shows[side], total = shows[side] + ran, total + ran * each
            face = {}
            if sides == 1:
                new = rng.choice(("cf", "gal", "m3"))
                num, den = rng.choice(((1, 1), (1, 3), (1, 10)))
                face = {"unit": new, "multiplier": f"{num}/{den}", "dials": 6}
                each = LITRES[new] * Fraction(num, den) / LITRES["ccf"]
            last = dict(zip(("removed_value", "removed_value_2"), shows, strict=False))
            began = rng.randrange(50)
            out = swap(
                c, day - timedelta(days=rng.randrange(5, 40)), serial=f"{c.point}-{swaps}", installed_value=began,
                **last, **face,
            )  # fmt: skip
            shows = [began] * sides
            late = out if rng.random() < 0.5 else None
            if late is None:
                ground.act(installs.exchange, out)
        for side in range(sides):
            ran = rng.randrange(400) if start is not None else 0
            shows[side], total = shows[side] + ran, total + ran * each
            enter(ground, c, day, shows[side], register=side + 1 if sides > 1 else 0)
        if late is not None:
            ground.act(installs.exchange, late)
        if start is None:
            start = floor(total)
        parts = sum(use or 0 for use in uses(ground, c))
        assert parts == floor(total) - start, period
    right(ground)
