"""Interties: two agencies' figures of a period, apart, missing, corrected or agreed; exact through every unit."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tests.detectors.scene import DAY, PERIODS, Customer, Scene, read_day
from ubtui.detectors.readings.interties import Delivery, decimal_of
from ubtui.domain.subjects import ItemKey
from ubtui.domain.volume import Unit, convert
from ubtui.services import interties, reads, worklist
from ubtui.services.fixes.table import offers

LAST, BEFORE = PERIODS[-1], PERIODS[-2]


def tied(scene: Scene, uses: tuple[int, ...] = (4356, 4360, 5445), **more: str) -> Customer:
    """An intertie with three periods of ours: 10.000, 10.009 and 12.500 acre-feet."""
    c = scene.customer(customer_class="agency")
    scene.uses(c, list(uses))
    scene.refresh()
    form = interties.Set(point=c.point, agency="[b]Cerro\x1b[31m Water", from_on=date(2026, 1, 1), **more)
    scene.act(interties.set_intertie, form)
    return c


def stated(c: Customer, quantity: str, period: str = LAST, unit: str = "") -> interties.Statement:
    return interties.Statement(point=c.point, period=period, quantity=quantity, unit=unit, source="invoice 7")


def test_r28_a_statement_that_is_missing_far_off_corrected_and_agreed(scene: Scene) -> None:
    c = tied(scene)
    keys = [f"R28:point:{c.point}@{period}" for period in PERIODS[-3:]]
    assert scene.items("R28") == sorted(keys), "our reads are older than five days, and nobody stated anything"
    scene.steady()
    with scene.desk() as desk:
        item = desk.ask(worklist.item, ItemKey.parse(keys[-1]))
        assert item.why.startswith("[b]Cerro[31m Water stated nothing for")
        first = offers(desk.look(), item)[0]
        assert (first.act, first.likely, first.values()["period"]) == ("intertie.statement", True, LAST)
    for period, quantity, opens in ((PERIODS[-3], "10.2", False), (BEFORE, "10.2", False), (LAST, "12.249999", True)):
        done = scene.act(interties.statement, stated(c, quantity, period))
        key = f"R28:point:{c.point}@{period}"
        assert (key in map(str, done.closed)) is not opens
    # 2 % of 10 is the limit itself; 12.5 less 2 % is 12.25, and 12.249999 lies beyond it.
    assert scene.items("R28") == [keys[-1]]
    scene.steady()
    with scene.desk() as desk:
        item = desk.ask(worklist.item, ItemKey.parse(keys[-1]))
        assert item.why == "ours 12.500 af, [b]Cerro[31m Water 12.250: 2.000 % apart"
    done = scene.act(interties.statement, stated(c, "5337", unit="hcf"))
    assert [str(k) for k in done.closed] == [keys[-1]] and done.result.percent == "1.983"
    scene.act(interties.statement, stated(c, "25"))
    assert scene.items("R28") == [keys[-1]]
    no = scene.refused(interties.agree, interties.Agree(point=c.point, quantity="25", reason="their meter"), "ana")
    assert no.rule == "permission matrix"
    agreed = scene.act(interties.agree, interties.Agree(point=c.point, quantity="13.75", reason="mean of both"), "ben")
    assert [str(k) for k in agreed.closed] == [keys[-1]]
    assert (agreed.result.state, agreed.result.percent) == ("agreed", "10.000")
    scene.steady()
    with scene.desk() as desk:
        assert [(d.period, d.state, d.ours) for d in desk.ask(interties.log, c.point)] == [
            (PERIODS[-3], "stated", "10.000"), (BEFORE, "stated", "10.009"), (LAST, "agreed", "12.500"),
        ]  # fmt: skip
    assert scene.db.value("SELECT COUNT(*) FROM intertie_statement") == 6, "every statement is kept"


def test_r28_waits_five_days_and_judges_no_held_read(scene: Scene) -> None:
    c = tied(scene)
    on = read_day(LAST)
    for day, count in ((on + timedelta(days=5), 2), (on + timedelta(days=6), 3)):
        scene.refresh(day)
        assert len(scene.items("R28")) == count
    form = reads.Review(
        point=c.point, read_on=on, seq=1, code="R28", decision="corrected", value=15_016, reason="read again",
    )  # fmt: skip
    scene.act(interties.statement, stated(c, "12.5"))
    assert f"R28:point:{c.point}@{LAST}" in map(str, scene.act(reads.review, form).opened)
    with scene.db.writing():
        scene.db.run("UPDATE read SET status = 'held', held_code = 'R04' WHERE period = ? AND status <> 'void'", [LAST])
    scene.refresh()
    assert f"R28:point:{c.point}@{LAST}" not in scene.items("R28")


def test_an_ended_intertie_is_not_judged_and_what_may_not_be_said(scene: Scene) -> None:
    c, other = tied(scene), scene.customer()
    for wrong, said in (
        (stated(c, "1e5"), "is no quantity"), (stated(c, "-3"), "is no quantity"), (stated(c, "1.1234567"), "quantity"),
        (stated(c, "5", unit="buckets"), "Unit 'buckets'"), (stated(c, "5", "B2/2031-02"), "we read nothing of"),
        (stated(other, "5"), "is no intertie"),
        (interties.Statement(point=c.point, quantity="5", begin=9, end=3), "3 is below 9"),
    ):  # fmt: skip
        assert said in scene.refused(interties.statement, wrong).reason
    assert len(scene.items("R28")) == 3
    ended = scene.act(interties.end, interties.End(point=c.point, to_on=read_day(BEFORE), reason="shut"), "ben")
    assert [str(k) for k in ended.closed] == [f"R28:point:{c.point}@{LAST}"]
    scene.steady()


@given(st.integers(0, 10**7), st.fractions(0, 10**5, max_denominator=10**6), st.sampled_from(list(Unit)))
def test_variance_is_exact_in_any_unit(ours: int, theirs: Fraction, unit: Unit) -> None:
    made = Delivery(1, "SP-1", "x", LAST, DAY, ours, Unit.CCF, theirs, unit, False, DAY, False)
    again = Delivery(
        1, "SP-1", "x", LAST, DAY, ours, Unit.CCF, convert(theirs, unit, Unit.GAL), Unit.GAL, False, DAY, False
    )
    off = made.variance()
    assert off == again.variance() == abs(ours - convert(theirs, unit, Unit.CCF)) / max(1, ours) * 100
    shown = decimal_of(made.own())
    assert shown is not None and abs(Fraction(shown) - convert(ours, Unit.CCF, unit)) <= Fraction(1, 2000)
