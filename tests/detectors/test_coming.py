"""Reads that do not come as they should: found exactly, silent just inside, and closed by the acts that fix them."""
# Length: one detector after another, each found, just inside, and closed.

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.detectors.scene import DAY, PERIODS, Customer, Scene, read_day
from ubtui.db.models import reads as read_models
from ubtui.detectors import heal
from ubtui.domain.subjects import Subject
from ubtui.services import orders, points, reads
from ubtui.services.reads import Review, review

LAST = PERIODS[-1]
FLAT = [30] * 6
ROUTE = f"R01:route:R07@{LAST}"


def key(code: str, c: Customer, period: str = LAST) -> str:
    return f"{code}:point:{c.point}@{period}"


def closed(scene: Scene, act: object, form: object) -> list[str]:
    done = scene.act(act, form)  # type: ignore[arg-type]
    scene.steady()
    return [str(k) for k in done.closed]


def missing(scene: Scene, uses: int = 6) -> Customer:
    """A customer whose reads end with the window before the newest."""
    c = scene.customer()
    scene.uses(c, FLAT[:uses], last=PERIODS[-2])
    return c


# -- R01 ---------------------------------------------------------------------------------------------------------


def test_r01_is_one_item_a_route_and_tells_which(scene: Scene) -> None:
    read, first, second = scene.customer(), missing(scene), missing(scene)
    scene.uses(read, [30] * 7)
    scene.refresh()
    assert scene.items("R01") == [ROUTE]
    why, evidence = scene.db.one("SELECT why, evidence FROM work_item WHERE code = 'R01'") or ("", "")
    assert why == "route R07: 2 of 3 meters are not read, the window ended Oct 23"
    assert f'"points":"{first.point} {second.point}"' in evidence
    assert scene.db.value("SELECT due_on FROM work_item WHERE code = 'R01'") == "2026-10-23"


def test_r01_closes_with_the_last_read(scene: Scene) -> None:
    first, second = missing(scene), missing(scene)
    scene.refresh()
    assert closed(scene, reads.enter, reads.Enter(point=first.point, value=1210, on=read_day(LAST))) == []
    assert scene.items("R01") == [ROUTE]
    skipped = reads.Skip(point=second.point, why="dog", note="ring first")
    assert closed(scene, reads.skip, skipped) == [ROUTE]
    assert scene.items() == []


def test_r01_a_whole_route_is_estimated_at_once(scene: Scene) -> None:
    some = [missing(scene) for _ in range(3)]
    never = scene.customer()
    scene.refresh()
    done = scene.act(reads.estimate, reads.Estimate(route="R07", reason="snow"))
    assert [guess.point for guess in done.result.reads] == [c.point for c in some]
    assert [each.point for each in done.result.left] == [never.point], "nothing is known of it"
    assert done.closed == ()
    assert closed(scene, reads.skip, reads.Skip(route="R07", why="snow")) == [ROUTE]


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [("state", "inactive", []), ("state", "closed", []), ("state", "active", [ROUTE])],
)
def test_r01_looks_at_active_points_alone(scene: Scene, column: str, value: str, expected: list[str]) -> None:
    c = missing(scene)
    with scene.db.writing():
        scene.db.run(f"UPDATE service_point SET {column} = ? WHERE id = ?", [value, c.point_id])
    scene.refresh()
    assert scene.items("R01") == expected


def test_r01_waits_for_the_end_of_the_window(scene: Scene) -> None:
    missing(scene)
    end = date(2026, 10, 23)  # the third office day after the 20th
    scene.refresh(end)
    assert scene.items("R01") == [], "the last day of the window"
    scene.refresh(end + timedelta(days=1))
    assert scene.items("R01") == [ROUTE]
    scene.policy("R01", after="30")
    healed = scene.refresh(end + timedelta(days=1))
    assert [str(k) for k in healed.closed] == [ROUTE]


def test_r01_what_was_not_there_to_be_read(scene: Scene) -> None:
    late, ended, stand_in, nobody = (missing(scene, 2) for _ in range(4))
    with scene.db.writing():
        scene.db.run("UPDATE install SET on_date = ? WHERE meter_id = ?", [read_day(LAST).isoformat(), late.meter_id])
        scene.db.run("UPDATE service SET to_on = ? WHERE id = ?", ["2026-10-01", ended.service_id])
        scene.db.run("UPDATE meter SET placeholder = 1 WHERE id = ?", [stand_in.meter_id])
        scene.db.run("UPDATE service SET kind = 'fire_line' WHERE id = ?", [nobody.service_id])
    scene.refresh()
    assert scene.items("R01") == []


def test_r01_an_installation_is_no_read_of_the_period(scene: Scene) -> None:
    c = missing(scene)
    new = scene.exchange(c, date(2026, 10, 5))
    scene.read(new, LAST, 0, on=date(2026, 10, 5), kind="installation")
    scene.refresh()
    assert scene.items("R01") == [ROUTE]
    scene.read(new, LAST, 12, usage=12)
    scene.refresh()
    assert scene.items("R01") == []


def test_r01_a_later_read_is_a_read_too(scene: Scene) -> None:
    c = missing(scene)
    scene.read(c, "B2/2026-12", 1230, on=DAY, usage=50)
    scene.refresh()
    assert scene.items("R01") == []


def test_r01_a_struck_read_is_missing_again(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 7)
    scene.refresh()
    form = Review(point=c.point, read_on=read_day(LAST), code="R09", decision="void", reason="wrong meter")
    done = scene.act(review, form)
    assert [str(k) for k in done.opened] == [ROUTE]
    scene.steady()


def test_r01_comes_with_a_customer(scene: Scene) -> None:
    """A point that comes into service is to be read: the act that opens it says so at once."""
    c = missing(scene)
    with scene.db.writing():
        scene.db.run("UPDATE service_point SET state = 'inactive' WHERE id = ?", [c.point_id])
    scene.refresh()
    done = scene.act(points.activate, points.Activate(point=c.point, account=c.account, from_on=date(2026, 9, 1)))
    assert [str(k) for k in done.opened] == [ROUTE]
    scene.steady()


# -- R02, R03 ----------------------------------------------------------------------------------------------------


def skip(scene: Scene, c: Customer, *periods: str) -> None:
    with scene.db.writing():
        for period in periods:
            scene.db.insert(
                read_models.ReadSkip, point_id=c.point_id, period=period, skipped_on=read_day(period), why="dog",
                note="", by_staff="ana", at="2026-11-23T16:00:00.000000Z",
            )  # fmt: skip
        heal.heal(scene.db, [Subject("point", c.point)], DAY, "2026-11-23T16:00:00.000000Z")


def test_r02_skipped_twice_in_a_row(scene: Scene) -> None:
    twice, once, between = scene.customer(), scene.customer(), scene.customer()
    for c in (twice, once, between):
        scene.uses(c, FLAT[:4], last=PERIODS[-4])
    scene.read(between, PERIODS[-2], 1200, usage=30)
    skip(scene, twice, PERIODS[-2], LAST)
    skip(scene, once, LAST)
    skip(scene, between, PERIODS[-3], LAST)
    scene.refresh()
    assert scene.items() == [key("R02", twice)]
    scene.policy("R02", periods="1")
    scene.refresh()
    assert scene.items("R02") == [key("R02", c) for c in (twice, once, between)]
    scene.policy("R02", periods="2")
    scene.refresh()
    entered = reads.Enter(point=twice.point, value=1140, on=read_day(LAST) + timedelta(days=2))
    assert key("R02", twice) in closed(scene, reads.enter, entered)


def test_r02_an_estimate_is_no_read_and_an_order_is_an_answer(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, FLAT[:5], last=PERIODS[-3])
    skip(scene, c, PERIODS[-2], LAST)
    scene.read(c, LAST, 1180, usage=30, source="E")
    scene.refresh()
    assert scene.items("R02") == [key("R02", c)]
    form = orders.Create(point=c.point, kind="access", due_on=DAY + timedelta(days=3), item=key("R02", c))
    done = scene.act(orders.create, form)
    assert [str(k) for k in done.closed] == [key("R02", c)]
    scene.steady()
    done = scene.act(orders.cancel, orders.Cancel(order=done.result.order, reason="not needed"))
    assert [str(k) for k in done.opened] == [key("R02", c)]
    scene.steady()


def test_r03_estimated_again_and_an_actual_read_in_its_place(scene: Scene) -> None:
    again, once = scene.customer(), scene.customer()
    for c, first in ((again, "E"), (once, "A")):
        scene.uses(c, FLAT[:5], last=PERIODS[-3])
        scene.read(c, PERIODS[-2], 1180, usage=30, source=first, status="billed")
        scene.read(c, LAST, 1210, usage=30, source="E")
    scene.refresh()
    assert scene.items() == [key("R03", again)]
    form = reads.Enter(point=again.point, value=1195, on=read_day(LAST) + timedelta(days=1))
    done = scene.act(reads.enter, form)
    assert (done.result.usage, done.result.replaced, done.result.status) == (15, 1210, "released")
    assert [str(k) for k in done.closed] == [key("R03", again)]
    scene.steady()
    scene.policy("R03", periods_longer="1")
    scene.refresh()
    assert scene.items("R03") == [], "one estimate is never a row of them"
    scene.read(once, "B2/2026-12", 1240, usage=30, source="E")
    scene.refresh()
    assert scene.items("R03") == [key("R03", once, "B2/2026-12")]
    confirmed = Review(
        point=once.point, read_on=read_day("B2/2026-12"), code="R03", decision="confirmed", reason="no road in winter"
    )
    assert closed(scene, review, confirmed) == [key("R03", once, "B2/2026-12")]


def test_r03_monthly_needs_three(scene: Scene) -> None:
    c = scene.customer()
    with scene.db.writing():
        scene.db.run("UPDATE cycle SET months = 1 WHERE id = ?", [scene.cycles["B2"]])
    scene.uses(c, FLAT[:4], last=PERIODS[-4])
    for n, period in enumerate(PERIODS[-3:]):
        scene.refresh()
        assert scene.items("R03") == []
        scene.read(c, period, 1150 + 30 * n, usage=30, source="E")
    scene.refresh()
    assert scene.items("R03") == [key("R03", c)]


# -- R11, R17 ----------------------------------------------------------------------------------------------------


def over(scene: Scene, status: str = "released", value: int = 1165) -> Customer:
    c = scene.customer()
    scene.uses(c, FLAT[:5], last=PERIODS[-3])  # 1150
    scene.read(c, PERIODS[-2], 1200, usage=50, source="E", status=status)
    scene.read(c, LAST, value, status="held", held_code="below-previous")
    scene.refresh()
    return c


def test_r11_cancelled_estimates_give_their_periods_a_share(scene: Scene) -> None:
    c = over(scene)
    assert scene.items() == [key("R11", c)]
    done = scene.act(reads.cancel_estimates, reads.Cancel(point=c.point, read_on=read_day(LAST), reason="read low"))
    assert (done.result.estimates, done.result.usages, done.result.status) == (1, [7, 8], "held"), "R07: 8 is low"
    assert [str(k) for k in done.closed] == [key("R11", c)]
    scene.steady()
    rows = scene.db.rows(
        "SELECT period, value, usage, source, status FROM read WHERE register_id = ? AND read_on > ?"
        " ORDER BY read_on, seq",
        [c.register_id, read_day(PERIODS[-3]).isoformat()],
    )
    assert rows == [
        (PERIODS[-2], 1200, 50, "E", "void"), (PERIODS[-2], 1157, 7, "E", "released"), (LAST, 1165, 8, "A", "held"),
    ]  # fmt: skip


def test_r11_or_none_of_it(scene: Scene) -> None:
    c = over(scene)
    form = reads.Cancel(point=c.point, read_on=read_day(LAST), reason="read low", spread=False)
    done = scene.act(reads.cancel_estimates, form)
    assert done.result.usages == [15]
    scene.steady()


def test_r11_a_billed_estimate_is_an_adjustments_matter(scene: Scene) -> None:
    c = over(scene, status="billed")
    assert scene.items() == [key("R11", c)]
    no = scene.refused(reads.cancel_estimates, reads.Cancel(point=c.point, read_on=read_day(LAST), reason="read low"))
    assert "no unbilled estimate" in no.reason and "adjustment" in no.cure
    confirmed = Review(point=c.point, read_on=read_day(LAST), code="R11", decision="confirmed", reason="it is right")
    assert closed(scene, review, confirmed) == [key("R11", c)]


def test_r11_begins_at_the_last_actual_value(scene: Scene) -> None:
    at, below = over(scene, value=1150), over(scene, value=1149)
    assert scene.items() == [key("R09", below), key("R11", at)]
    no = scene.refused(
        reads.cancel_estimates, reads.Cancel(point=below.point, read_on=read_day(LAST), reason="read low")
    )
    assert "is below 1150" in no.reason


@pytest.mark.parametrize("decision", ["confirmed", "void", "corrected"])
def test_r17_the_read_before_is_settled_first(scene: Scene, decision: str) -> None:
    c = scene.customer()
    scene.uses(c, FLAT[:5], last=PERIODS[-3])
    scene.read(c, PERIODS[-2], 900, status="held", held_code="below-previous")
    scene.read(c, LAST, 1210, usage=310)
    scene.policy("R06", times="1000")
    scene.refresh()
    assert key("R17", c) in scene.items() and key("R09", c, PERIODS[-2]) in scene.items()
    form = Review(
        point=c.point, read_on=read_day(PERIODS[-2]), code="R09", decision=decision,  # type: ignore[arg-type]
        value=1180 if decision == "corrected" else None, reason="seen on site",
    )  # fmt: skip
    assert {key("R17", c), key("R09", c, PERIODS[-2])} <= set(closed(scene, review, form))
    assert scene.items("R17") == []


# -- R12, R16, R22 -----------------------------------------------------------------------------------------------


def test_r12_the_same_use_three_times_by_hand(scene: Scene) -> None:
    by_radio = scene.customer()
    scene.radio = False
    same, twice, little, guessed = (scene.customer() for _ in range(4))
    for c in (by_radio, same):
        scene.uses(c, [20, 21, 22, 23, 30, 30, 30])
    scene.uses(twice, [20, 21, 22, 23, 29, 30, 30])
    scene.uses(little, [5, 6, 7, 8, 9, 9, 9])
    scene.uses(guessed, [20, 21, 22, 23, 30, 30, 30], source="E")
    scene.refresh()
    assert scene.items("R12") == [key("R12", same)]
    confirmed = Review(point=same.point, read_on=read_day(LAST), code="R12", decision="confirmed", reason="looked at")
    assert closed(scene, review, confirmed) == [key("R12", same)]
    scene.policy("R12", periods="2", least="9")
    scene.refresh()
    assert scene.items("R12") == [key("R12", c) for c in (twice, little)]


def route(scene: Scene, days: int, count: int = 3) -> list[Customer]:
    """Customers of a route that was read `days` after the read before."""
    on = read_day(PERIODS[-2]) + timedelta(days=days)
    out = []
    for _ in range(count):
        c = scene.customer()
        scene.uses(c, FLAT, last=PERIODS[-2])
        scene.read(c, LAST, 1210, usage=30, on=on)
        out.append(c)
    return out


ODD = f"R16:route:R07@{LAST}"


@pytest.mark.parametrize(("days", "found"), [(53, True), (54, False), (68, False), (69, True)])
def test_r16_a_route_read_off_its_days(scene: Scene, days: int, found: bool) -> None:
    route(scene, days)
    scene.refresh()
    assert scene.items("R16") == [ODD] * found


def test_r16_is_confirmed_or_its_day_is_put_right(scene: Scene) -> None:
    some = route(scene, 75)
    scene.refresh()
    assert scene.items() == [ODD]
    wrong = read_day(PERIODS[-2]) + timedelta(days=75)
    moved = reads.Days(
        route="R07", period=LAST, decision="corrected", was=wrong, right=read_day(LAST), reason="wrong date in the file"
    )
    assert closed(scene, reads.days, moved) == [ODD]
    for c in some:
        row = scene.db.one("SELECT read_on, days, usage, status FROM read_summary WHERE point_id = ?", [c.point_id])
        assert row == ("2026-10-20", 61, 30, "released")
    scene.policy("R16", longer_least="31")
    scene.refresh()
    assert scene.items() == [ODD]
    confirmed = reads.Days(route="R07", period=LAST, decision="confirmed", reason="read before the holidays")
    assert closed(scene, reads.days, confirmed) == [ODD]


def test_r16_single_accounts_are_another_matter(scene: Scene) -> None:
    route(scene, 75, 2)
    scene.refresh()
    assert scene.items("R16") == [], "fewer than three"
    route(scene, 75, 1)
    route(scene, 61, 3)
    scene.refresh()
    assert scene.items("R16") == [ODD], "three of six"
    route(scene, 61, 1)
    scene.refresh()
    assert scene.items("R16") == [], "three of seven"
    scene.policy("R16", share="40")
    scene.refresh()
    assert scene.items("R16") == [ODD]


def test_r16_billed_reads_are_past(scene: Scene) -> None:
    for c in route(scene, 75):
        with scene.db.writing():
            scene.db.run("UPDATE read SET status = 'billed' WHERE register_id = ?", [c.register_id])
            reads.summarise(scene.db, [c.register_id])
    scene.refresh()
    assert scene.items("R16") == []


@pytest.mark.parametrize(
    ("before", "now", "found"),
    [
        (None, "stuck", True), ("stuck", "stuck", False), ("Stuck", "stuck ", False), ("leak", "stuck", True),
        (None, "Seal missing", True), (None, "ok", False), ("stuck", None, False),
    ],
)  # fmt: skip
def test_r22_a_new_code_of_the_reader(scene: Scene, before: str | None, now: str | None, found: bool) -> None:
    c = scene.customer()
    scene.uses(c, FLAT[:5], last=PERIODS[-3])
    scene.read(c, PERIODS[-2], 1180, usage=30, trouble_code=before)
    scene.read(c, LAST, 1210, usage=30, trouble_code=now and now.strip())
    scene.refresh()
    assert scene.items() == [key("R22", c)] * found


def test_r22_is_answered_by_an_order_or_a_word(scene: Scene) -> None:
    stuck, dog = scene.customer(), scene.customer()
    for c, code in ((stuck, "stuck"), (dog, "dog")):
        scene.uses(c, FLAT, last=PERIODS[-2])
        scene.read(c, LAST, 1210, usage=30, trouble_code=code)
    scene.refresh()
    assert scene.items() == [key("R22", c) for c in (stuck, dog)]
    form = orders.Create(point=stuck.point, kind="exchange", due_on=DAY + timedelta(days=3), item=key("R22", stuck))
    done = scene.act(orders.create, form)
    assert [str(k) for k in done.closed] == [key("R22", stuck)]
    scene.steady()
    scene.act(orders.cancel, orders.Cancel(order=done.result.order, reason="wrong house"))
    assert scene.items("R22") == [key("R22", c) for c in (stuck, dog)], "an order taken back is no answer"
    confirmed = Review(point=dog.point, read_on=read_day(LAST), code="R22", decision="confirmed", reason="a puppy")
    assert closed(scene, review, confirmed) == [key("R22", dog)]
    scene.policy("R22", codes="leak fogged")
    scene.refresh()
    assert scene.items("R22") == []


def test_a_meter_in_two_cycles_is_looked_for_in_its_accounts_own(scene: Scene) -> None:
    """Newest read of B2/2026-08, the account now in B1: nothing is missing before a window of B1 has ended."""
    c = missing(scene)
    with scene.db.writing():
        scene.db.run("UPDATE account SET cycle_id = ? WHERE id = ?", [scene.cycles["B1"], c.account_id])
    scene.refresh(date(2026, 11, 10))
    assert scene.items("R01") == ["R01:route:R07@B1/2026-09"]
