"""Rows under judgement are what the reads say, one register or many; a review changes unbilled reads and no other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.detectors.scene import DAY, NOW, PERIODS, Customer, Scene, read_day
from ubtui.db.errors import RecordError
from ubtui.db.models import office as office_models
from ubtui.services.reads import Review, review, summarise
from ubtui.services.verify import Report

LAST = PERIODS[-1]


@pytest.fixture
def scene(backend: str) -> Iterator[Scene]:
    made = Scene(backend)
    yield made
    made.close()


def summary(scene: Scene, c: Customer, columns: str) -> Any:
    return scene.db.one(f"SELECT {columns} FROM read_summary WHERE register_id = ? AND newest = 1", [c.register_id])


def asked(c: Customer, decision: str = "confirmed", period: str = LAST, code: str = "R04", **more: Any) -> Review:
    return Review(
        **{"point": c.point, "read_on": read_day(period), "code": code, "decision": decision, "reason": "seen"} | more
    )


def test_previous_last_year_and_average(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30, 31, 32, 33, 34, 35, 70])
    days = (read_day(LAST) - read_day(PERIODS[-2])).days
    last_year = (read_day(PERIODS[0]) - date(2025, 8, 20)).days
    assert summary(scene, c, "usage, days, prev_on, prev_value, ly_on, ly_usage, zero_run, decided") == (
        70, days, read_day(PERIODS[-2]).isoformat(), 1195, read_day(PERIODS[0]).isoformat(), 30, 0, "",
    )  # fmt: skip
    ly, average = summary(scene, c, "ly_milli, avg_milli")
    assert abs(Fraction(ly, 1000) - Fraction(30 * days, last_year)) <= Fraction(1, 1000)
    span = (read_day(PERIODS[-2]) - date(2025, 8, 20)).days
    assert abs(Fraction(average, 1000) - Fraction(195 * days, span)) <= Fraction(1, 1000)


def test_estimates_and_held_reads_are_no_measure(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 4, last=PERIODS[3])
    scene.read(c, PERIODS[4], 1999, usage=879, source="E")
    scene.read(c, PERIODS[5], 2999, usage=1000, status="held", held_code="over-limit")
    scene.read(c, LAST, 3029, usage=30)
    (average,) = summary(scene, c, "avg_milli")
    assert 29_000 < average < 32_000
    rows = scene.db.rows("SELECT period, newest FROM read_summary ORDER BY read_on")
    assert rows == [(PERIODS[5], 0), (LAST, 1)]


def test_use_without_a_meter(scene: Scene) -> None:
    """Reads that are use alone: no value, so no previous value, but a year and an average all the same."""
    c = scene.customer()
    for n, use in enumerate([30, 30, 30, 30, 30, 30, 90]):
        scene.read(c, PERIODS[n], None, usage=use, days=61)
    assert summary(scene, c, "usage, ly_usage, ly_milli, avg_milli, raw_use") == (90, 30, 30_000, 30_000, None)
    done = scene.act(review, asked(c, "corrected", value=31))
    assert (done.result.value, done.result.usage, done.result.status) == (None, 31, "released")


def test_units_are_truncated_before_they_are_subtracted(scene: Scene) -> None:
    """A register in gallons billed in hundred cubic feet: 748.05 gal are one unit."""
    c = scene.customer(unit="gal")
    scene.read(c, PERIODS[5], 700, kind="opening")
    scene.read(c, LAST, 699, status="held", held_code="below-previous")
    scene.act(review, asked(c, "corrected", code="R09", value=749))
    assert scene.db.value("SELECT usage FROM read WHERE seq = 2") == 1


@given(st.lists(st.tuples(st.integers(0, 80), st.sampled_from("AAE")), min_size=1, max_size=7))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_register_or_many_it_is_the_same(scene: Scene, uses: list[tuple[int, str]]) -> None:
    some = [scene.customer() for _ in range(2)]
    for c in some:
        value = 500
        for n, (use, source) in enumerate(uses):
            value += use
            scene.read(c, PERIODS[n], value, usage=use, source=source, days=61)
    alone = scene.db.rows("SELECT * FROM read_summary ORDER BY register_id, read_on, seq")
    everyone = [row[0] for row in scene.db.rows("SELECT id FROM register")]
    with scene.db.writing():
        summarise(scene.db, everyone)
    assert scene.db.rows("SELECT * FROM read_summary ORDER BY register_id, read_on, seq") == alone


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"point": "SP-99999"}, "has no read"),
        ({"period": "B2/2026-12"}, "has no read"),
        ({"period": PERIODS[0]}, "is billed"),
        ({"code": "Q01"}, "no code of readings"),
        ({"code": "R99"}, "no code of readings"),
        ({"decision": "corrected"}, "a value goes with a correction"),
        ({"value": 12}, "a value goes with a correction"),
        ({"decision": "rollover"}, "did not pass zero"),
        ({"decision": "corrected", "value": 1_000_000}, "does not fit 6 dials"),
        ({"decision": "corrected", "value": -1}, "does not fit"),
        ({"decision": "corrected", "value": 1210}, "the value it has"),
    ],
)
def test_what_a_review_refuses(scene: Scene, change: dict[str, Any], says: str) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 7)
    before = scene.db.rows("SELECT * FROM read ORDER BY register_id, read_on, seq")
    no = scene.refused(review, asked(c, **change))
    assert says in no.reason and no.cure
    assert scene.db.rows("SELECT * FROM read ORDER BY register_id, read_on, seq") == before
    assert scene.db.value("SELECT COUNT(*) FROM read_review") == 0


def test_a_void_read_is_not_reviewed_again(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 7)
    assert scene.act(review, asked(c, "void")).result.status == "void"
    assert "void" in scene.refused(review, asked(c)).reason


def test_a_correction_keeps_the_first_read(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 7)
    done = scene.act(review, asked(c, "corrected", value=1200))
    assert (done.result.seq, done.result.usage, done.result.status) == (2, 20, "released")
    rows = scene.db.rows("SELECT seq, value, usage, status, entered_by FROM read WHERE period = ? ORDER BY seq", [LAST])
    assert rows == [(1, 1210, 30, "void", "import"), (2, 1200, 20, "released", "ana")]
    assert scene.db.rows("SELECT seq, decision, by_staff, reason FROM read_review") == [(1, "corrected", "ana", "seen")]
    lower = scene.act(review, asked(c, "corrected", value=1100, seq=2))
    assert (lower.result.seq, lower.result.status, lower.result.usage) == (3, "held", None)
    assert [str(k) for k in lower.opened] == [f"R09:point:{c.point}@{LAST}"]


def test_a_confirmation_for_another_code_does_not_free_a_held_read(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 6, last=PERIODS[5])
    scene.read(c, LAST, 900, status="held", held_code="below-previous")
    assert scene.act(review, asked(c, code="R08")).result.status == "held"
    assert scene.act(review, asked(c, code="R09")).result.status == "released"


def test_a_void_read_gives_its_use_to_the_next(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 5, last=PERIODS[4])
    scene.read(c, PERIODS[5], 1200, usage=50)
    scene.read(c, LAST, 1230, usage=30)
    done = scene.act(review, asked(c, "void", period=PERIODS[5]))
    assert done.result.next_usage == 80
    days = (read_day(LAST) - read_day(PERIODS[4])).days
    assert scene.db.one("SELECT usage, days FROM read WHERE period = ?", [LAST]) == (80, days)


def test_a_read_confirmed_below_stays_confirmed_when_the_one_before_moves(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 5, last=PERIODS[4])
    scene.read(c, PERIODS[5], 1200, usage=50)
    scene.read(c, LAST, 1100, status="held", held_code="below-previous")
    scene.refresh()
    assert scene.act(review, asked(c, code="R09")).result.usage == 0
    done = scene.act(review, asked(c, "corrected", period=PERIODS[5], value=1190))
    assert (done.result.usage, done.result.next_usage) == (40, 0)
    assert scene.db.one("SELECT usage, status FROM read WHERE period = ?", [LAST]) == (0, "released")
    assert scene.items("R09") == []
    raised = scene.act(review, asked(c, "corrected", period=PERIODS[5], seq=2, value=1090))
    assert raised.result.status == "held" and raised.result.next_usage == 10
    scene.steady()


def test_a_rollover_that_was_none_is_confirmed_back_to_the_lower_read(scene: Scene) -> None:
    c = scene.customer()
    scene.read(c, "", 999_900, on=read_day(PERIODS[4]), kind="opening", status="billed")
    scene.read(c, PERIODS[5], 999_960, usage=60)
    scene.read(c, LAST, 20, status="held", held_code="below-previous")
    scene.refresh()
    assert scene.act(review, asked(c, "rollover", code="R09")).result.usage == 60
    assert scene.act(review, asked(c, "confirmed", code="R09")).result.usage == 0
    assert scene.db.one("SELECT status, usage, rolled FROM read WHERE period = ?", [LAST]) == ("released", 0, 0)
    scene.steady()
    assert [f for f in Report(scene.db, DAY, ()).findings() if f.table in ("read", "read_summary")] == []


def test_whatever_holds_a_read_shows_it(scene: Scene) -> None:
    """A rollover that the read before takes away, and gives back as a lower read: judged before, held again."""
    c = scene.customer()
    scene.read(c, "", 999_900, on=read_day(PERIODS[4]), kind="opening", status="billed")
    scene.read(c, PERIODS[5], 999_960, usage=60)
    scene.read(c, LAST, 20, status="held", held_code="below-previous")
    scene.refresh()
    assert scene.act(review, asked(c, "rollover", code="R09")).result.usage == 60
    scene.act(review, asked(c, "void", period=PERIODS[5], code="R04"))
    scene.read(c, PERIODS[5], 10, on=read_day(PERIODS[5]), seq=2, status="held", held_code="below-previous")
    scene.act(review, asked(c, "corrected", period=PERIODS[5], seq=2, code="R09", value=5))
    assert scene.db.one("SELECT usage, rolled FROM read WHERE period = ?", [LAST]) == (15, 0)
    scene.act(review, asked(c, "corrected", period=PERIODS[5], seq=3, code="R09", value=50))
    assert scene.db.one("SELECT status, usage FROM read WHERE period = ?", [LAST]) == ("held", None)
    assert f"R09:point:{c.point}@{LAST}" in [
        *scene.items("R09"),
        *(k.replace("R10", "R09") for k in scene.items("R10")),
    ]
    scene.steady()


def test_a_confirmation_is_of_the_use_it_saw(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30, *[40] * 4], last=PERIODS[4])
    scene.read(c, PERIODS[5], 1230, usage=40)
    scene.read(c, LAST, 1320, usage=90)
    scene.refresh()
    assert scene.items("R04") == [f"R04:point:{c.point}@{LAST}"]
    scene.act(review, asked(c))
    assert scene.items("R04") == []
    done = scene.act(review, asked(c, "corrected", period=PERIODS[5], value=1200))
    assert done.result.next_usage == 120 and scene.items("R04") == [f"R04:point:{c.point}@{LAST}"]
    scene.act(review, asked(c, "corrected", period=PERIODS[5], seq=2, value=1230))
    assert scene.items("R04") == []
    scene.steady()


def test_a_first_read_that_goes_leaves_the_next_nothing_to_be_measured_by(scene: Scene) -> None:
    c = scene.customer()
    scene.read(c, PERIODS[5], 1200)
    scene.read(c, LAST, 1100, status="held", held_code="below-previous")
    assert scene.act(review, asked(c, "void", period=PERIODS[5])).result.next_usage is None
    assert scene.db.one("SELECT status, held_code, usage FROM read WHERE period = ?", [LAST]) == (
        "released",
        None,
        None,
    )
    scene.steady()


@pytest.mark.parametrize("kind", ["installation", "opening"])
def test_a_meter_begins_with_no_use(scene: Scene, kind: str) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 5, last=PERIODS[4])
    scene.read(c, PERIODS[5], 1200, usage=50, kind="removal")
    scene.read(c, LAST, 1300, kind=kind)
    done = scene.act(review, asked(c, "corrected", code="R08", value=1400))
    assert (done.result.usage, done.result.status) == (None, "released")
    assert scene.act(review, asked(c, "corrected", code="R08", seq=2, value=900)).result.status == "released"


LIMITS = ("use limit", "register face", "what a record can hold")


@pytest.mark.parametrize("value", [1_000_000_001, 10**19, -1])
def test_a_use_has_a_bound(scene: Scene, value: int) -> None:
    c = scene.customer()
    scene.read(c, LAST, None, usage=60, days=61)
    assert scene.refused(review, asked(c, "corrected", value=value)).rule in LIMITS
    assert scene.act(review, asked(c, "corrected", value=1_000_000_000)).result.usage == 1_000_000_000


def test_the_record_itself_keeps_the_bound(scene: Scene) -> None:
    c = scene.customer()
    with pytest.raises(RecordError):
        scene.read(c, LAST, None, usage=1_000_000_001)
    assert scene.db.value("SELECT COUNT(*) FROM read") == 0


def test_no_face_counts_beyond_what_a_row_holds(scene: Scene) -> None:
    c = scene.customer(dials=12)
    with scene.db.writing():
        scene.db.run("UPDATE register SET fixed_zeros = 6, mult_num = 1000 WHERE id = ?", [c.register_id])
    scene.read(c, PERIODS[5], 999_999_999_999)
    scene.read(c, LAST, 7, status="held", held_code="below-previous")
    scene.refresh()
    assert scene.items("R09") == [f"R09:point:{c.point}@{LAST}"]
    assert scene.refused(review, asked(c, "rollover", code="R09")).rule == "use limit"
    done = scene.act(review, asked(c, "corrected", period=PERIODS[5], code="R06", value=0))
    assert done.result.next_usage is None
    assert scene.db.one("SELECT status, held_code FROM read WHERE period = ?", [LAST]) == ("held", "over-limit")
    assert scene.items("R06") == [f"R06:point:{c.point}@{LAST}"]
    assert scene.refused(review, asked(c, code="R06")).rule == "use limit"
    scene.steady()


def test_a_reason_of_invisible_characters_is_none(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 7)
    assert "reason is missing" in scene.refused(review, asked(c, reason="\u200b\u200b\u200b")).reason
    scene.act(review, asked(c, reason="seen\x1b[2J \u202eon site"))
    assert scene.db.value("SELECT reason FROM read_review") == "seen[2J on site"


def test_two_meters_read_the_same_day_must_be_told_apart(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 7)
    with scene.db.writing():
        meter, register = scene._meter("second", c.point_id, date(2020, 1, 1))
    other = Customer(c.account_id, c.account, c.point_id, c.point, register, meter, c.party_id, c.service_id)
    scene.read(other, LAST, 500, usage=10)
    assert "badger/second" in scene.refused(review, asked(c)).reason
    assert scene.act(review, asked(c, meter="badger/second", code="R07")).result.value == 500


def test_a_batch_is_judged_when_it_is_released(scene: Scene) -> None:
    """Its held reads show at once, in the act's own answer; a trainee may not release."""
    from ubtui.services.imports import release

    c = scene.customer()
    scene.uses(c, [30] * 6, last=PERIODS[5])
    sha = "a" * 64
    with scene.db.writing():
        batch = scene.db.insert(
            office_models.Batch, kind="reads", source="x.csv", profile="generic", sha256=sha, created_by="ana",
            created_at=NOW, accepted=0, held=1, control='{"complete":true}',
        )  # fmt: skip
        scene.db.load(
            "read",
            ["register_id", "read_on", "point_id", "period", "value", "source", "status", "held_code", "entered_by",
             "entered_at", "batch_id"],
            [(c.register_id, read_day(LAST).isoformat(), c.point_id, LAST, 900, "A", "held", "below-previous", "import",
              NOW, batch)],
        )  # fmt: skip
    assert [str(k) for k in scene.refresh().opened] == [f"R01:route:R07@{LAST}"], "not released: not read"
    done = scene.act(release.release, release.Release(kind="reads", sha256=sha))
    assert [str(k) for k in done.opened] == [f"R09:point:{c.point}@{LAST}"]
    assert [str(k) for k in done.closed] == [f"R01:route:R07@{LAST}"]
    scene.steady()


def test_days_of_an_opening_read_do_not_count(scene: Scene) -> None:
    c = scene.customer()
    scene.read(c, "", 1000, on=read_day(LAST) - timedelta(days=30), kind="opening")
    scene.read(c, LAST, 1045, usage=45)
    assert summary(scene, c, "usage, days, avg_milli, ly_milli, prev_value") == (45, 30, None, None, 1000)
