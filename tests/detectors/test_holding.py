"""What holds a read: found on it, kept through whatever moves, let go by a decision or with its cause."""
# Length: one rule of what holds a read, from every act that meets it.

from __future__ import annotations

import json
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.detectors.scene import PERIODS, Customer, Scene, read_day
from tests.services.office import DAY, NOW
from ubtui.db.models import field, record
from ubtui.detectors import heal
from ubtui.detectors.holding import Holding
from ubtui.detectors.readings.summaries import CLEARS, Usual
from ubtui.detectors.registry import DETECTORS
from ubtui.domain.register import BELOW, OVER
from ubtui.domain.scales import Scale, Scales
from ubtui.services import reads
from ubtui.services.reads import expecting
from ubtui.services.verify import summaries
from ubtui.services.worklist import Dismiss, Limits, adopt, dismiss
from ubtui.services.worklist.whatif import what_if

BEFORE, LAST, NEXT = PERIODS[-2], PERIODS[-1], "B2/2026-12"


def stands(scene: Scene, c: Customer, period: str = LAST) -> tuple[str, str | None]:
    """Status of the newest read of a period, and what holds it."""
    sql = "SELECT status, held_code FROM read WHERE register_id = ? AND period = ? ORDER BY read_on DESC, seq DESC"
    status, held = scene.db.rows(sql, [c.register_id, period])[0]
    return status, held if status == "held" else None


def review(scene: Scene, c: Customer, code: str, decision: str = "confirmed", period: str = LAST, **more: int) -> str:
    form = reads.Review(
        point=c.point, read_on=read_day(period), code=code, decision=decision, reason="looked at", **more,
    )  # type: ignore[arg-type]  # fmt: skip
    done = scene.act(reads.review, form)
    sound(scene)
    return str(done.result.status)


def enter(scene: Scene, c: Customer, value: int, on: date) -> tuple[str, str | None]:
    done = scene.act(reads.enter, reads.Enter(point=c.point, value=value, on=on)).result
    sound(scene)
    return done.status, done.held


def sound(scene: Scene) -> None:
    """A full refresh changes nothing, and the rows under judgement are as their reads say."""
    scene.steady()
    assert list(summaries(scene.db)) == []


def high(scene: Scene) -> Customer:
    c = scene.customer()
    scene.uses(c, [30, *[40] * 5, 90])
    return c


def test_what_holds_and_what_clears_are_one_list() -> None:
    holding = {d.code for d in DETECTORS if d.holds}
    assert holding == {"R04", "R05", "R06", "R07", "R09", "R10", "R11", "R13", "R17"}
    assert {code for codes in CLEARS.values() for code in codes} == holding
    assert set(CLEARS) == holding - set(CLEARS[BELOW]) | {BELOW, OVER}


def test_each_code_holds_under_its_name(scene: Scene) -> None:
    r04, r05, r06, r07, billed = (scene.customer() for _ in range(5))
    scene.uses(r04, [30, *[40] * 5, 90])
    scene.uses(r05, [20, 20, 20, 41])
    scene.uses(r06, [100, *[10] * 5, 150])
    scene.uses(r07, [100, *[40] * 5, 34])
    scene.uses(billed, [30, *[40] * 5, 90])
    with scene.db.writing():
        scene.db.run("UPDATE read SET status = 'billed' WHERE register_id = ?", [billed.register_id])
        reads.summarise(scene.db, [billed.register_id])
    scene.refresh()
    assert [stands(scene, c) for c in (r04, r05, r06, r07)] == [("held", f"R0{n}") for n in (4, 5, 6, 7)]
    assert stands(scene, billed) == ("billed", None), "a billed read is fixed"
    sound(scene)


def test_a_moved_median_lets_nothing_go_and_a_decision_does(scene: Scene) -> None:
    c = high(scene)
    scene.refresh()
    with scene.db.writing():
        assert scene.db.run("UPDATE cycle_median SET ratio_ppm = 3000000 WHERE period = ?", [LAST]) == 1
    sound(scene)
    assert stands(scene, c) == ("held", "R04") and scene.items() == [f"R04:point:{c.point}@{LAST}"]
    assert review(scene, c, "R04") == "released"
    assert stands(scene, c) == ("released", None) and scene.items() == []


def test_a_review_for_another_code_lets_nothing_go(scene: Scene) -> None:
    c = high(scene)
    scene.refresh()
    assert review(scene, c, "R07") == "held"
    assert stands(scene, c) == ("held", "R04")


def test_a_second_code_takes_over(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [*[40] * 6, 400])
    scene.refresh()
    assert stands(scene, c) == ("held", "R04")
    assert review(scene, c, "R04") == "held", "the answer says that it is not free yet"
    assert stands(scene, c) == ("held", "R06")
    assert review(scene, c, "R06") == "released"


def before(scene: Scene) -> Customer:
    """Held in the period before the last: 41 where its average is 20."""
    c = scene.customer()
    scene.uses(c, [20, 20, 20, 41], last=BEFORE)
    scene.refresh()
    assert stands(scene, c, BEFORE) == ("held", "R05")
    return c


def test_no_read_stands_on_a_held_one(scene: Scene) -> None:
    """The reads behind wait with it and are let go with it."""
    c = before(scene)
    assert enter(scene, c, 1101 + 21, read_day(LAST)) == ("held", "R17")
    scene.read(c, NEXT, 1101 + 37, on=date(2026, 11, 20), usage=16, days=31)
    with scene.db.writing():
        heal.heal(scene.db, [_subject(c)], DAY, NOW)
    assert stands(scene, c, NEXT) == ("held", "R17"), "and so on"
    assert [key[:3] for key in scene.items()] == ["R05", "R17", "R17"]
    for (evidence,) in scene.db.rows("SELECT evidence FROM work_item WHERE code = 'R17'"):
        told = json.loads(evidence)
        assert (told["prior_held"], told["prior_on"]) == ("R05", read_day(BEFORE).isoformat()), "where it begins"
    assert review(scene, c, "R05", period=BEFORE) == "released"
    assert stands(scene, c) == stands(scene, c, NEXT) == ("released", None)
    assert scene.items() == []


def test_a_hold_elsewhere_stands_while_another_read_is_held(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch judges points whose reads are held since long beside those that it holds: it ends, and both stand."""
    turns: list[set[str]] = []

    def once_more(*args: Any) -> set[str]:
        turns.append(settle(*args))
        assert len(turns) < 5, "what is held goes back and forth"
        return turns[-1]

    settle = Holding.settle
    old, new = before(scene), before(scene)
    assert enter(scene, old, 1101 + 21, read_day(LAST)) == ("held", "R17")
    scene.read(new, LAST, 1101 + 21, usage=21)
    monkeypatch.setattr(Holding, "settle", once_more)
    with scene.db.writing():
        heal.heal(scene.db, [_subject(old), _subject(new)], DAY, NOW)
    assert stands(scene, old) == stands(scene, new) == ("held", "R17")
    assert turns == [{new.point}, set()]
    sound(scene)


@pytest.mark.parametrize("decision", ["confirmed", "rollover"])
def test_nobody_lets_a_read_go_while_the_one_before_is_held(scene: Scene, decision: str) -> None:
    c = before(scene)
    enter(scene, c, 1101 + 21, read_day(LAST))
    form = reads.Review(
        point=c.point, read_on=read_day(LAST), code="R17", decision=decision, reason="looked at",  # type: ignore[arg-type]
    )  # fmt: skip
    assert scene.refused(reads.review, form).reason == f"the read of {read_day(BEFORE)} before it is held"
    assert stands(scene, c) == ("held", "R17")


@pytest.mark.parametrize("code", ["R17", "R20", "R04"])
def test_an_adjustment_lets_go_what_its_own_code_holds(scene: Scene, code: str) -> None:
    c = before(scene)
    enter(scene, c, 1101 + 21, read_day(LAST))
    with scene.db.writing():
        for period in (BEFORE, LAST):
            reads.let_go(scene.db, [(c.register_id, read_day(period).isoformat(), 1)], code)
    assert (stands(scene, c, BEFORE), stands(scene, c)) == (("held", "R05"), ("held", "R17"))


def test_what_is_let_go_with_its_cause_is_judged_again(scene: Scene) -> None:
    c = before(scene)
    assert enter(scene, c, 1101 + 21, read_day(LAST)) == ("held", "R17")
    review(scene, c, "R05", "corrected", period=BEFORE, value=1080)
    assert stands(scene, c) == ("held", "R05"), "42 since the right value"
    assert scene.items() == [f"R05:point:{c.point}@{LAST}"]


def test_of_two_codes_its_own_is_the_first(scene: Scene) -> None:
    c = before(scene)
    assert enter(scene, c, 1101 + 60, read_day(LAST)) == ("held", "R05")
    assert [key[:3] for key in scene.items()] == ["R05", "R05", "R17"]
    assert review(scene, c, "R05") == "held" and stands(scene, c) == ("held", "R17")
    assert review(scene, c, "R05", period=BEFORE) == "released" and stands(scene, c) == ("released", None)


def test_a_hold_speaks_of_its_use(scene: Scene) -> None:
    """Once the read before is put right this one uses what is expected: nobody has to look at it."""
    c = scene.customer()
    scene.uses(c, [30, *[40] * 4, 39], last=PERIODS[-2])
    scene.read(c, LAST, 1229 + 70, usage=70)
    scene.refresh()
    assert stands(scene, c) == ("held", "R04")
    with scene.db.writing():
        scene.db.run(
            "UPDATE read SET status = 'released' WHERE register_id = ? AND period = ?", [c.register_id, PERIODS[-2]]
        )
        reads.summarise(scene.db, [c.register_id])
    review(scene, c, "R07", "corrected", period=PERIODS[-2], value=1260)
    assert stands(scene, c) == ("released", None) and scene.items() == []


def test_a_dismissal_lets_nothing_go_and_the_bill_is_told_by_itself(scene: Scene) -> None:
    c = high(scene)
    scene.refresh()
    item = scene.items()[0]
    assert item.startswith("R04"), "the read's own item says so: no other is needed"
    done = scene.act(dismiss, Dismiss(item=item, reason="a pool", until=DAY + timedelta(days=30)))
    assert [str(key) for key in done.opened] == [f"R25:point:{c.point}@{LAST}"]
    sound(scene)
    assert stands(scene, c) == ("held", "R04")
    assert "R25" in str(scene.refresh(DAY + timedelta(days=31)).closed), "its own item is back"


def test_limits_that_are_adopted_let_go_what_they_would_not_hold(scene: Scene) -> None:
    c = high(scene)
    scene.refresh()
    done = scene.act(adopt, Limits(code="R04", limits=("times=3 below 40, 2",), reason="small uses"), who="ben").result
    assert (done.closed, done.limits["times"]) == (1, "3 below 40, 2")
    assert stands(scene, c) == ("released", None)
    sound(scene)


SETTINGS = [
    {},
    {"R04": {"times": "4 below 31, 1.5"}, "R07": {"times": "0.9 below 40, 0.1"}, "R06": {"times": "3"}},
    {"R04": {"times": "2", "times/irrigation": "6"}, "R07": {"times/irrigation": "0.01", "base": "10"}},
]


HISTORIES = [[30, *[40] * 5], [21, *[9] * 5], [8, *[8] * 5], [40, 40, 40]]
CASES = [(SETTINGS[0], each) for each in HISTORIES] + [(each, HISTORIES[n]) for each in SETTINGS[1:] for n in (0, 3)]


@pytest.mark.parametrize(("limits", "history"), CASES)
def test_the_range_is_what_the_detectors_let_pass(
    scene: Scene, limits: dict[str, dict[str, str]], history: list[int]
) -> None:
    """Each use at and beside the ends of the range, typed as a read of its own, is held exactly outside of it."""
    for code, values in limits.items():
        scene.policy(code, **values)
    classes = (
        ["residential", "irrigation"] if any("times/irrigation" in v for v in limits.values()) else ["residential"]
    )
    for customer_class in classes:
        probe = scene.customer(customer_class=customer_class)
        scene.uses(probe, [*history, 5][-7:] if len(history) == 6 else [*history, 5])
        with scene.desk() as desk:
            told = desk.ask(expecting.of_read, probe.register_id, read_day(LAST).isoformat(), 1)
        assert told.expected is not None and told.low is not None and told.high is not None
        assert told.low <= told.expected <= told.high
        for use in {told.low - 1, told.low, told.high, told.high + 1}:
            if use < 1:
                continue
            c = scene.customer(customer_class=customer_class)
            scene.uses(c, [*history, use][-7:] if len(history) == 6 else [*history, use])
            with scene.db.writing():
                heal.heal(scene.db, [_subject(c)], DAY, NOW)
            inside = told.low <= use <= told.high
            assert (stands(scene, c)[0] == "released") == inside, (customer_class, use, told)
            start = 1000 + sum(history)
            assert (told.low_value, told.high_value) == (start + told.low, start + told.high)


def _subject(c: Customer) -> heal.Subject:
    return heal.Subject("point", c.point)


def test_the_same_season_is_one_that_was_read(scene: Scene) -> None:
    """Last year's was a guess: the year before it counts, three at most."""
    guessed, never = scene.customer(), scene.customer()
    for c, sources in ((guessed, "AEE"), (never, "EEE")):
        value = 1000
        for n, (year, source) in enumerate(zip((2023, 2024, 2025), sources, strict=True)):
            value += 30 + n
            scene.read(
                c, f"B2/{year}-10", value, on=date(year, 10, 20), usage=30 + n, source=source, days=61, status="billed"
            )
        scene.read(c, LAST, value + 61, usage=61, days=61)
    rows = dict(scene.db.rows("SELECT register_id, ly_usage FROM read_summary WHERE period = ? AND newest = 1", [LAST]))
    assert rows == {guessed.register_id: 30, never.register_id: None}
    scene.refresh()
    assert scene.items("R04") == [f"R04:point:{guessed.point}@{LAST}"]


def test_an_average_of_guesses_holds_nothing(scene: Scene) -> None:
    """R05 measures by an average of which at most half was estimated; the limit is the district's."""
    half, more = scene.customer(), scene.customer()
    for c, sources in ((half, "AEAE"), (more, "AEEAE")):
        value = 1000
        for period, source in zip(PERIODS[1:], sources, strict=False):
            value += 20
            scene.read(c, period, value, usage=20, source=source, days=61, status="billed")
        scene.read(c, LAST, value + 60, usage=60, days=61)
    estimated = dict(scene.db.rows("SELECT register_id, avg_est FROM read_summary WHERE newest = 1"))
    assert (estimated[half.register_id], estimated[more.register_id]) == (50, 60)
    scene.refresh()
    assert scene.items("R05") == [f"R05:point:{half.point}@{LAST}"]
    scene.policy("R05", estimated="60")
    scene.refresh()
    assert len(scene.items("R05")) == 2


def order(scene: Scene, c: Customer, due: date, item: str, number: str) -> None:
    with scene.db.writing():
        scene.db.insert(
            field.FieldOrder, number=number, kind="reread", point_id=c.point_id, account_id=c.account_id, item=item,
            asked_on=due - timedelta(days=3), asked_by="ana", due_on=due, instructions="again", state="open",
        )  # fmt: skip


def test_r24_a_reread_that_does_not_come_back(scene: Scene) -> None:
    """Three office days past its due day, or one where the bill is near; other orders late are M08's."""
    late, near, bill, plain = (scene.customer() for _ in range(4))
    of = "R04:point:{}@{}".format
    order(scene, late, date(2026, 11, 16), of(late.point, "B2/2027-02"), "F-1")
    order(scene, near, date(2026, 11, 18), of(near.point, "B2/2027-02"), "F-2")
    order(scene, bill, date(2026, 11, 20), of(bill.point, LAST), "F-3")
    order(scene, plain, date(2026, 11, 16), "", "F-4")
    scene.refresh()
    assert scene.items("R24") == [f"R24:point:{late.point}@B2/2027-02", f"R24:point:{bill.point}@{LAST}"]
    assert scene.items("M08") == ["M08:order:F-4"]
    scene.policy("R24", days="2")
    scene.refresh()
    assert len(scene.items("R24")) == 3


def test_r25_a_word_holds_a_read_before_its_bill(scene: Scene) -> None:
    c, far = scene.customer(), scene.customer()
    for each, period in ((c, LAST), (far, "B2/2027-02")):
        scene.read(each, "", 1000, on=date(2026, 8, 20), kind="opening", status="billed")
        scene.read(each, period, 1020, on=date(2026, 10, 20), usage=20, days=61, status="held", held_code="waits")
    scene.refresh()
    assert scene.items() == [f"R25:point:{c.point}@{LAST}"]
    with scene.desk() as desk:
        assert desk.ask(what_if, "R25", {"within": "90"}).said() == "At within 90 R25 would raise 2 instead of 1."
    assert scene.db.value("SELECT why FROM work_item WHERE code = 'R25'").endswith("held: waits")
    assert review(scene, c, "R25") == "released"
    assert scene.items() == []


def test_r26_a_large_meter_fades(scene: Scene) -> None:
    """Under three quarters and not so low as R07 has it, by the sizes as people write them."""
    sizes = {"2": 74, "1-1/2": 74, "1": 74, '3"': 75, "6": 34}
    made = {}
    for size, use in sizes.items():
        made[size] = scene.customer()
        scene.uses(made[size], [100, *[90] * 5, use])
        with scene.db.writing():
            scene.db.update(record.Meter, made[size].meter_id, size=size)
    scene.refresh()
    assert scene.items("R26") == [f"R26:point:{made[size].point}@{LAST}" for size in ("2", "1-1/2")]
    assert scene.items("R07") == [f"R07:point:{made['6'].point}@{LAST}"]
    assert stands(scene, made["2"]) == ("released", None), "it is billed as it stands"
    review(scene, made["6"], "R07")
    assert len(scene.items("R26")) == 2, "decided as R07 it is not asked for again"


def test_an_expectation_is_told_of_older_and_unknown_reads(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30, *[40] * 5, 50])
    with scene.desk() as desk:
        told = desk.ask(expecting.of_read, c.register_id, read_day(PERIODS[-2]).isoformat(), 1)
        assert (told.expected, told.low, told.high) == (38, 0, 76), "its average, for it has no last year"
        assert desk.ask(expecting.of_read, c.register_id, "2026-10-21", 1) == expecting.Range()
        assert str(desk.ask(expecting.of_read, c.register_id, read_day(LAST).isoformat())) == "expected 30, 11 to 60"
        assert desk.ask(expecting.expectations).high.base.last == Fraction(2)


SCALES = st.builds(
    lambda thousandths: Scales(Scale((), Fraction(thousandths, 1000))), st.integers(min_value=0, max_value=6000)
)
LEAST = st.integers(min_value=0, max_value=12)
BOUNDS = st.builds(expecting.Bounds, SCALES, LEAST, SCALES, LEAST, SCALES, LEAST, SCALES, LEAST)
MILLI = st.integers(min_value=0, max_value=60_000)
USUAL = st.builds(Usual, st.none() | MILLI, st.none() | MILLI, st.just(0), st.none() | st.integers(0, 3_000_000))


@given(BOUNDS, USUAL, st.none() | st.integers(min_value=0, max_value=60))
@example(expecting.Bounds(*[Scales(Scale((), Fraction(1))), 0] * 4), Usual(None, 1_600), None)
def test_what_is_expected_lies_in_its_range_wherever_the_exact_use_does(
    bounds: expecting.Bounds, known: Usual, most: int | None
) -> None:
    low, high = bounds.around(known, None, most)
    if (exact := known.expected) is not None and low is not None and high is not None:
        whole = expecting.whole(exact, low, high)
        assert abs(1000 * whole - exact) < 1000
        if 1000 * (low - 1) < exact < 1000 * (high + 1):
            assert low <= whole <= high
        else:
            assert whole == (exact + 500) // 1000


def test_what_is_expected_moves_with_the_cycle_as_the_detectors_say(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [100] * 6 + [30])
    with scene.db.writing():
        scene.db.run("DELETE FROM cycle_median WHERE period = ?", [LAST])
        scene.db.run(
            "INSERT INTO cycle_median(period, ratio_ppm, pairs, as_of) VALUES (?, 800000, 40, ?)",
            [LAST, DAY.isoformat()],
        )
    with scene.desk() as desk:
        told = desk.ask(expecting.of_read, c.register_id, read_day(LAST).isoformat())
    assert told.expected == 80, "a fifth less than a year ago, as the whole cycle"


def test_what_is_expected_of_many_is_what_is_expected_of_each(scene: Scene) -> None:
    made = [scene.customer() for _ in range(3)]
    for n, c in enumerate(made):
        scene.uses(c, [30 + n, *[40 + n] * 5, 50])
    keys = [
        (c.register_id, read_day(period).isoformat(), seq) for c in made for period in PERIODS[-3:] for seq in (1, 2)
    ]
    with scene.desk() as desk:
        alone = [desk.ask(expecting.of_read, *key) for key in keys]
        assert desk.ask(expecting.of_reads, keys) == alone and len(set(alone)) > 3
        assert desk.ask(expecting.of_reads, []) == []
