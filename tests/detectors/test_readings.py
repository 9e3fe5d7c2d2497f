"""Each readings detector: planted and found exactly, fixed by its act, closed in that commit; just inside, silent."""
# Length: one detector after another, each found, just inside, and closed.

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.detectors.scene import DAY, NOW, PERIODS, Customer, Scene, read_day
from ubtui.db.models import office as office_models
from ubtui.db.models import record
from ubtui.detectors import heal
from ubtui.domain.subjects import ItemKey, Subject
from ubtui.services import billing, points, seals, worklist
from ubtui.services.reads import Review, review
from ubtui.services.triage import triaged

LAST = PERIODS[-1]
FLAT = [30] * 6


def reviewed(scene: Scene, c: Customer, code: str, decision: str, **more: object) -> list[str]:
    """Review the read under judgement; the keys of the items that closed in the same commit."""
    form = Review(
        point=c.point, read_on=read_day(LAST), code=code, decision=decision, reason="seen on site", **more
    )  # fmt: skip
    done = scene.act(review, form)
    scene.steady()
    return [str(key) for key in done.closed]


def key(code: str, c: Customer, period: str = LAST) -> str:
    return f"{code}:point:{c.point}@{period}"


def test_r04_high_against_last_year(scene: Scene) -> None:
    # Last year 30 in 61 days; the periods before are high too, so that the average (R06) stays quiet.
    high, inside, small = (scene.customer() for _ in range(3))
    scene.uses(high, [30, *[40] * 5, 61])
    scene.uses(inside, [30, *[40] * 5, 60])
    scene.uses(small, [4, *[4] * 5, 9])
    scene.refresh()
    assert scene.items() == [key("R04", high)]
    assert reviewed(scene, high, "R04", "confirmed") == [key("R04", high)]
    assert scene.items() == []


def test_r04_changed_parameter_changes_what_is_found(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30, *[40] * 5, 50])
    scene.refresh()
    assert scene.items() == []
    scene.policy("R04", times="1.5")
    scene.refresh()
    assert scene.items() == [key("R04", c)]
    scene.policy("R04", times="1.5", least="51")
    other = scene.customer()
    scene.uses(other, [30, *[40] * 5, 50])
    assert scene.refresh() == heal.Healed(), "what is held stays until somebody decides; what comes is let pass"
    assert scene.items() == [key("R04", c)]


def test_r04_follows_the_cycle(scene: Scene) -> None:
    """A whole cycle that uses 1.5 × last year moves what is expected; the median needs thirty pairs."""
    crowd = [scene.customer() for _ in range(29)]
    for c in crowd:
        scene.uses(c, [20, *[25] * 5, 30])
    high = scene.customer()
    scene.uses(high, [20, *[25] * 5, 45])
    scene.refresh()
    assert scene.items() == []
    assert scene.db.rows("SELECT period, ratio_ppm, pairs FROM cycle_median") == [(LAST, 1_500_000, 30)]
    above = scene.customer()
    scene.uses(above, [20, *[25] * 5, 61])
    scene.refresh()
    assert scene.items() == [key("R04", above)]


def test_a_review_moves_no_median(scene: Scene) -> None:
    """A held read that is released would be a pair more: the next refresh must find what the act found."""
    for n in range(30):
        scene.uses(scene.customer(), [20, *[25] * 5, 30 + n // 15])
    held = scene.customer()
    scene.uses(held, [20, *[25] * 5], start=999_800, last=PERIODS[-2])
    scene.read(held, LAST, 5, status="held", held_code="below-previous")
    scene.refresh()
    before = scene.db.rows("SELECT period, ratio_ppm, pairs FROM cycle_median")
    reviewed(scene, held, "R10" if scene.items("R10") else "R09", "rollover")
    assert scene.db.rows("SELECT period, ratio_ppm, pairs FROM cycle_median") == before


@pytest.mark.parametrize("times", ["2", "0", "0.0001", "1000000", "99999999999999999999"])
def test_uses_at_the_bound_are_compared_exactly(scene: Scene, times: str) -> None:
    """The largest use there is against the largest and the least: no step leaves the numbers of either database."""
    most = 1_000_000_000
    for code in ("R04", "R05", "R06", "R07"):
        scene.policy(code, times=times)
    crowd = [scene.customer() for _ in range(33)]
    for n, c in enumerate(crowd):
        scene.read(c, PERIODS[0], None, usage=most if n < 2 else 1, days=1 if n < 2 else 3000)
        scene.read(c, LAST, None, usage=most if n % 2 else n + 1, days=3000 if n < 2 else 1)
    fresh = scene.customer()
    scene.read(fresh, PERIODS[5], None, usage=most, days=1)
    scene.read(fresh, LAST, None, usage=most, days=3000)
    scene.refresh()
    assert scene.db.value("SELECT MAX(ly_milli) FROM read_summary") == most * 1000
    assert 0 < scene.db.value("SELECT MAX(ratio_ppm) FROM cycle_median") <= 1_000_000_000
    assert scene.items("R06"), "over every class limit"
    scene.steady()


def test_a_median_under_thirty_pairs_is_one(scene: Scene) -> None:
    for _ in range(29):
        scene.uses(scene.customer(), [20, *[25] * 5, 30])
    scene.refresh()
    assert scene.db.rows("SELECT ratio_ppm, pairs FROM cycle_median") == [(1_000_000, 29)]


def test_r05_high_against_average_without_a_last_year(scene: Scene) -> None:
    high, inside, new = scene.customer(), scene.customer(), scene.customer(opened=read_day(PERIODS[-2]))
    scene.uses(high, [20, 20, 20, 41])
    scene.uses(inside, [20, 20, 20, 40])
    scene.uses(new, [20, 20, 20, 90])
    scene.refresh()
    assert scene.items("R05") == [key("R05", high)]
    assert reviewed(scene, high, "R05", "corrected", value=1080) == [key("R05", high)]
    assert scene.items("R05") == []
    assert scene.db.value("SELECT usage FROM read WHERE register_id = ? AND seq = 2", [high.register_id]) == 20


def test_r05_new_owner_is_let_pass_one_cycle(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [20, 20, 20, 41])
    with scene.db.writing():
        scene.db.run(
            "UPDATE account_role SET from_on = ? WHERE account_id = ?",
            [read_day(PERIODS[-2]).isoformat(), c.account_id],
        )
    scene.refresh()
    assert scene.items() == []
    with scene.db.writing():
        day = (read_day(PERIODS[-2]) - timedelta(days=1)).isoformat()
        scene.db.run("UPDATE account_role SET from_on = ? WHERE account_id = ?", [day, c.account_id])
    scene.refresh()
    assert scene.items() == [key("R05", c)]


def test_r06_class_limit_average_and_hold(scene: Scene) -> None:
    limit, inside, five, four, held = (scene.customer() for _ in range(5))
    scene.uses(limit, [*[200] * 6, 301])
    scene.uses(inside, [*[200] * 6, 300])
    scene.uses(five, [*[30] * 6, 153])
    scene.uses(four, [*[30] * 6, 150])
    scene.uses(held, FLAT, last=PERIODS[-2])
    scene.read(held, LAST, 1000 + 180 + 40, usage=40, status="held", held_code="over-limit")
    scene.refresh()
    assert scene.items("R06") == [key("R06", c) for c in (limit, five, held)]
    assert key("R06", held) in reviewed(scene, held, "R06", "confirmed")
    status = scene.db.value("SELECT status FROM read WHERE register_id = ? AND period = ?", [held.register_id, LAST])
    assert status == "released"
    scene.policy("R06", times="6")
    assert key("R06", five) in [str(k) for k in scene.refresh().closed]
    assert scene.items("R06") == [key("R06", limit)]


def test_r07_low_against_last_year(scene: Scene) -> None:
    low, inside, small, zero = (scene.customer() for _ in range(4))
    scene.uses(low, [40, *[30] * 5, 13])
    scene.uses(inside, [40, *[30] * 5, 14])
    scene.uses(small, [19, *[15] * 5, 2])
    scene.uses(zero, [40, *[30] * 5, 0])
    scene.refresh()
    assert scene.items() == [key("R07", low)]
    assert reviewed(scene, low, "R07", "confirmed") == [key("R07", low)]


def test_r08_no_use_on_active(scene: Scene) -> None:
    stopped, once, little, resting, sealed = (
        scene.customer(), scene.customer(), scene.customer(), scene.customer(seasonal=1), scene.customer()
    )  # fmt: skip
    for c in (stopped, resting, sealed):
        scene.uses(c, [0, 30, 30, 30, 30, 0, 0])
    scene.uses(once, [0, 30, 30, 30, 30, 30, 0])
    scene.uses(little, [0, 9, 9, 9, 9, 0, 0])
    seal(scene, sealed, read_day(PERIODS[-3]))
    scene.refresh()
    assert scene.items() == [key("R08", stopped)]
    done = scene.act(points.seasonal, points.Seasonal(point=stopped.point, seasonal=True, reason="summer cabin"))
    assert [str(k) for k in done.closed] == [key("R08", stopped)]
    scene.steady()
    scene.policy("R08", before="9")
    scene.refresh()
    assert scene.items() == [key("R08", little)]


def test_r08_monthly_needs_three_periods(scene: Scene) -> None:
    c = scene.customer()
    with scene.db.writing():
        scene.db.run("UPDATE cycle SET months = 1 WHERE id = ?", [scene.cycles["B2"]])
    scene.uses(c, [30, 30, 30, 30, 30, 0, 0])
    scene.refresh()
    assert scene.items() == []
    other = scene.customer()
    scene.uses(other, [30, 30, 30, 30, 0, 0, 0])
    scene.refresh()
    assert scene.items() == [key("R08", other)]


def test_r08_a_district_may_look_at_the_first_period_already(scene: Scene) -> None:
    once, resting, used = scene.customer(), scene.customer(seasonal=1), scene.customer()
    for c in (once, resting):
        scene.uses(c, [30] * 6 + [0])
    scene.uses(used, [30] * 7)
    scene.refresh()
    assert scene.items() == []
    scene.policy("R08", periods_longer="1")
    scene.refresh()
    assert scene.items() == [key("R08", once)]
    assert scene.db.value("SELECT why FROM work_item WHERE code = 'R08'") == "no use for a period, 30 before"


def below(scene: Scene, previous: int, value: int, dials: int = 6, source: str = "A") -> Customer:
    c = scene.customer(dials=dials)
    scene.uses(c, FLAT, start=previous - sum(FLAT), last=PERIODS[-2], source=source)
    scene.read(c, LAST, value, status="held", held_code="below-previous")
    return c


def test_r09_and_r10_share_out_the_low_reads(scene: Scene) -> None:
    negative = below(scene, 8412, 8214)
    rolled = below(scene, 999_990, 20)
    often = below(scene, 999_990, 81)  # 91 is more than three times its average of 30 in 61 days
    scene.refresh()
    assert scene.items() == [key("R09", negative), key("R09", often), key("R10", rolled)]
    assert reviewed(scene, rolled, "R10", "rollover") == [key("R10", rolled)]
    assert scene.db.one(
        "SELECT status, usage, rolled FROM read WHERE register_id = ? AND period = ?", [rolled.register_id, LAST]
    ) == ("released", 30, 1)
    assert reviewed(scene, negative, "R09", "corrected", value=8441) == [key("R09", negative)]
    assert reviewed(scene, often, "R09", "rollover") == [key("R09", often)]
    assert scene.items("R09") == scene.items("R10") == []


def test_an_over_estimated_read_before_is_no_rollover(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30, 30, 30, 30], start=999_990 - 150, last=PERIODS[-3])
    scene.read(c, PERIODS[-2], 999_990, usage=30, source="E")
    scene.read(c, LAST, 999_970, status="held", held_code="below-previous")
    scene.refresh()
    assert scene.items() == [key("R11", c)]


def test_r11_what_the_last_actual_read_carries_counts(scene: Scene) -> None:
    """A meter before left half a unit: 1,122 gallons with it are one unit, as 748 were."""
    c = scene.customer(unit="gal")
    scene.read(c, "", 0, on=read_day(PERIODS[-4]), kind="opening", status="billed", carry="1/2")
    scene.read(c, PERIODS[-3], 748, usage=1, status="billed", carry="1/2")
    scene.read(c, PERIODS[-2], 1_900, usage=2, source="E", carry="1/2")
    scene.read(c, LAST, 1_122, status="held", held_code="below-previous", carry="1/2")
    scene.refresh()
    assert scene.items() == [key("R11", c)]
    with scene.desk() as desk:
        item = desk.ask(worklist.item, ItemKey.parse(key("R11", c)))
        causes = desk.ask(triaged, item)
    assert item.evidence["since_actual"] == 0
    assert causes is not None and {each.kind: each.use for each in causes.causes}["over-estimate"] == 0


def test_r09_void_takes_the_read_out(scene: Scene) -> None:
    c = below(scene, 8412, 8214)
    scene.refresh()
    assert reviewed(scene, c, "R09", "void") == [key("R09", c)]
    assert scene.db.rows("SELECT period FROM read_summary WHERE register_id = ?", [c.register_id]) == [(PERIODS[-2],)]


def test_r09_confirmed_bills_no_use(scene: Scene) -> None:
    c = below(scene, 8412, 8214)
    scene.refresh()
    assert reviewed(scene, c, "R09", "confirmed") == [key("R09", c)]
    assert scene.db.one(
        "SELECT status, usage FROM read WHERE register_id = ? AND period = ?", [c.register_id, LAST]
    ) == ("released", 0)


def test_a_corrected_read_frees_the_one_after_it(scene: Scene) -> None:
    """A misread that stood too high is put right; the next read, held for standing lower, goes with it."""
    c = scene.customer()
    scene.uses(c, [30] * 5, last=PERIODS[-3])
    scene.read(c, PERIODS[-2], 1810, usage=660)
    scene.read(c, LAST, 1210, status="held", held_code="below-previous")
    scene.refresh()
    assert key("R09", c) in scene.items()
    form = Review(
        point=c.point, read_on=read_day(PERIODS[-2]), code="R09", decision="corrected", value=1180, reason="misread"
    )
    done = scene.act(review, form)
    assert done.result.next_usage == 30
    assert [str(k) for k in done.closed] == [key("R09", c)]
    assert scene.items() == []
    scene.steady()


def seal(scene: Scene, c: Customer, on: date, value: int | None = None, **facts: object) -> None:
    columns = {"lock_state": "locked", "lock_reason": "owner_request", "rate_status": "sealed"} | facts
    columns.setdefault("rate_from", date(2099, 1, 1))  # its rate is another detector's matter
    with scene.db.writing():
        scene.db.insert(
            record.Seal, point_id=c.point_id, number=f"S{c.point_id}", placed_on=on, placed_value=value, **columns
        )
    with scene.db.writing():
        heal.heal(scene.db, [Subject("point", c.point)], DAY, NOW)


def test_r13_a_counter_that_passes_zero_behind_a_seal(scene: Scene) -> None:
    after, earlier = scene.customer(), scene.customer()
    placed = read_day(PERIODS[-2]) + timedelta(days=20)
    for c, at in ((after, 999_990), (earlier, 3)):
        scene.read(c, "", 999_700, on=read_day(PERIODS[-3]), kind="opening", status="billed")
        scene.read(c, PERIODS[-2], 999_980, usage=280, status="billed")
        seal(scene, c, placed, at)
        scene.read(c, LAST, 15, usage=35, rolled=1)
    scene.refresh()
    told = dict(scene.db.rows("SELECT subject_key, units FROM work_item WHERE code = 'R13'"))
    assert told == {after.point: 25, earlier.point: 12}, "past zero behind the seal, and before it was on"
    scene.steady()


def test_r13_use_behind_a_seal(scene: Scene) -> None:
    thief, occasional, before, partly, unsealed = (scene.customer() for _ in range(5))
    for c in (thief, occasional, before, partly, unsealed):
        scene.uses(c, [30, 30, 30, 30, 30, 30, 6])
    start = read_day(PERIODS[-2])
    scene.policy("R07", base="1000")
    seal(scene, thief, start)
    seal(scene, occasional, start, lock_state="unlocked", rate_status="occasional")
    seal(scene, before, start + timedelta(days=20), 1186)  # all of its use came before the seal
    seal(scene, partly, start + timedelta(days=20), 1182)
    seal(scene, unsealed, start, removed_on=read_day(LAST))
    scene.refresh()
    assert scene.items() == [key("R13", thief), key("R13", partly)]
    form = seals.Remove(point=thief.point, removed_on=DAY, value=1190, reason="owner moves back in")
    done = scene.act(seals.remove, form)
    assert [str(k) for k in done.closed] == [key("R13", thief)]
    scene.steady()
    scene.policy("R13", more_than="4")
    scene.refresh()
    assert scene.items() == []


def test_r14_use_with_nobody_billed(scene: Scene) -> None:
    used, inside = scene.customer(), scene.customer()
    for c, use in ((used, 2), (inside, 1)):
        scene.uses(c, [15, 15, 15, 15, 15, 15, use])
        with scene.db.writing():
            scene.db.run("UPDATE service_point SET state = 'inactive' WHERE id = ?", [c.point_id])
    scene.refresh()
    assert scene.items() == [key("R14", used)]
    form = points.Activate(point=used.point, account=used.account, from_on=DAY)
    done = scene.act(points.activate, form)
    assert [str(k) for k in done.closed] == [key("R14", used)]
    assert scene.db.value("SELECT state FROM service_point WHERE id = ?", [used.point_id]) == "active"
    scene.steady()
    scene.policy("R14", more_than="0")
    scene.refresh()
    assert scene.items() == [key("R14", inside)]


def test_r14_what_was_used_up_to_the_end_of_a_service_is_billed(scene: Scene) -> None:
    ended, after = scene.customer(), scene.customer()
    for c in (ended, after):
        scene.uses(c, [15] * 7)
    read_on = date.fromisoformat(scene.db.value("SELECT MAX(read_on) FROM live_read"))
    done = scene.act(billing.stop, billing.Stop(account=ended.account, last_on=read_on, reason="moved out"))
    assert (done.result.idle, done.opened) == ((ended.point,), ())
    done = scene.act(billing.stop, billing.Stop(
        account=after.account, last_on=read_on - timedelta(days=1), reason="moved out"))  # fmt: skip
    assert [str(k) for k in done.opened] == [key("R14", after)]
    scene.steady()


@pytest.mark.parametrize("state", ["kept", "dropped"])
def test_r15_second_read_staged(scene: Scene, state: str) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 7)
    with scene.db.writing():
        batch = scene.db.insert(
            office_models.Batch, kind="reads", source="nov.csv", profile="generic", sha256="0" * 64, created_by="ana",
            created_at=NOW,
        )  # fmt: skip
        for row_no, reason in ((4, "duplicate-read"), (5, "unknown-meter")):
            scene.db.insert(
                office_models.StagedRow, batch_id=batch, row_no=row_no, kind="reads", reason=reason, sentence="twice",
                raw="x", fields="{}", point_id=c.point_id, register_id=c.register_id, period=LAST,
            )  # fmt: skip
    scene.refresh()
    assert scene.items() == []  # not released: nobody sees it
    with scene.db.writing():
        scene.db.run("UPDATE batch SET released_at = ?, released_by = 'ana' WHERE id = ?", [NOW, batch])
    scene.refresh()
    assert scene.items() == [key("R15", c)]
    with scene.db.writing():
        scene.db.run("UPDATE staged_row SET state = ? WHERE row_no = 4", [state])
        healed = heal.heal(scene.db, [Subject("point", c.point)], DAY, NOW, "staged.decide", "ana")
    assert [str(k) for k in healed.closed] == [key("R15", c)]
    scene.steady()


def test_history_runs_on_through_an_exchange(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30, 30, 30, 30, 30, 30], last=PERIODS[-2])
    new = scene.exchange(c, read_day(PERIODS[-2]))
    scene.read(new, PERIODS[-2], 0, on=read_day(PERIODS[-2]), kind="installation")
    scene.read(new, LAST, 61, usage=61)
    scene.refresh()
    assert scene.items("R04") == [key("R04", c)]


def test_reads_of_a_batch_not_released_are_not_judged(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, FLAT, last=PERIODS[-2])
    with scene.db.writing():
        batch = scene.db.insert(
            office_models.Batch, kind="reads", source="nov.csv", profile="generic", sha256="0" * 64, created_by="ana",
            created_at=NOW,
        )  # fmt: skip
    scene.read(c, LAST, 2000, usage=820, batch_id=batch)
    scene.refresh()
    assert scene.items() == []
    assert scene.db.value("SELECT period FROM read_summary WHERE register_id = ?", [c.register_id]) == PERIODS[-2]


def test_an_older_held_read_is_judged_beside_the_newest(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 5, last=PERIODS[-3])
    scene.read(c, PERIODS[-2], 900, status="held", held_code="below-previous")
    scene.read(c, LAST, 930, usage=30)
    scene.refresh()
    assert scene.items("R09") == [key("R09", c, PERIODS[-2])]
