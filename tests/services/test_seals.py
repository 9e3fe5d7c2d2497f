"""Seals from asked for to taken off: any order of acts keeps to one model, and a bill is told the rate of each day."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests.detectors.scene import PERIODS, Customer, Scene
from tests.sample import made
from tests.scale import SOAK
from tests.services.office import DAY, sample_settings
from ubtui.act import Done, Look
from ubtui.db.errors import RuleBroken
from ubtui.desk import Desk, Seat
from ubtui.detectors.heal import Healed
from ubtui.domain.seals import Hung, rate_on
from ubtui.domain.subjects import ItemKey
from ubtui.services import adjustments, fixes, orders, policies, seals, worklist
from ubtui.services.worklist import ItemView

DAYS = timedelta(days=1)


@pytest.fixture
def scene(backend: str) -> Iterator[Scene]:
    made = Scene(backend)
    yield made
    made.close()


def on(c: Customer, number: str = "9001", **more: Any) -> seals.Place:
    known: dict[str, Any] = {"point": c.point, "number": number, "placed_on": DAY}
    return seals.Place(**known | more)


def look(c: Customer, found: str = "on", **more: Any) -> seals.Verify:
    return seals.Verify(point=c.point, verified_on=DAY, found=found, **more)  # type: ignore[arg-type]


def item(scene: Scene, code: str) -> ItemView:
    with scene.desk() as desk:
        return desk.ask(worklist.item, ItemKey.parse(scene.items(code)[0]))


# -- the state machine -----------------------------------------------------------------------------------------


class Machine(RuleBasedStateMachine):
    """One point and whatever people do about its seal; the model knows where it must stand after each act."""

    scene: Scene
    desk: Any
    numbers = iter(range(10**6))

    def __init__(self) -> None:
        super().__init__()
        self.c = self.scene.customer(rate_code="R1-SEALED")
        self.scene.refresh()
        self.hung: str | None = None
        self.seen, self.locked, self.status, self.effect = "on", True, "sealed", "same_day"
        self.placed = DAY
        self.asked: set[str] = set()
        self.ordered: dict[str, str] = {}
        self.off = date.min

    def do(self, act: Any, form: Any, may: bool) -> Any:
        answer = self.desk.perform(act, form)
        assert isinstance(answer, Done) == may, answer
        return answer.result if isinstance(answer, Done) else None

    @rule(kind=st.sampled_from(["seal", "unseal"]), order=st.booleans())
    def request(self, kind: str, order: bool) -> None:
        may = kind not in self.asked and (self.hung is None) == (kind == "seal")
        got = self.do(seals.request, seals.Request(point=self.c.point, kind=kind, asked_by="Owner", order=order), may)  # type: ignore[arg-type]
        if may:
            self.asked.add(kind)
            if order:
                self.ordered[kind] = got.order

    @rule(kind=st.sampled_from(["seal", "unseal"]))
    def withdraw(self, kind: str) -> None:
        sent = self.desk.ask(lambda k: k.db.value(
            "SELECT order_id FROM seal_request WHERE point_id = ? AND kind = ? AND state = 'open'",
            [self.c.point_id, kind],
        ))  # fmt: skip
        form = seals.Withdraw(point=self.c.point, kind=kind, reason="not wanted")  # type: ignore[arg-type]
        self.do(seals.withdraw, form, kind in self.asked)
        if kind in self.asked and sent is not None:
            self.ordered.pop(kind, None)
        self.asked.discard(kind)

    @rule(
        how=st.sampled_from([("sealed", "locked"), ("occasional", "unlocked"), ("full", "locked")]),
        ago=st.integers(0, 400),
        effect=st.sampled_from(["policy", "same_day", "next_cycle", "month_of_use"]),
    )
    def place(self, how: tuple[str, str], ago: int, effect: str) -> None:
        number, day = f"S{next(self.numbers)}", DAY - ago * DAYS
        effect = "policy" if how[0] == "full" else effect
        may = self.hung is None and day >= self.off
        form = on(
            self.c, number, placed_on=day, rate=how[0], lock=how[1], effect=effect,
            why="vacant" if how[0] == "full" else "owner_request",
        )  # fmt: skip
        got = self.do(seals.place, form, may)
        if may:
            assert bool(got.fee) == (how[0] != "full"), "the fee of a seal at the owner's request"
            self.hung, self.seen, self.placed = number, "on", day
            self.status, self.locked = how[0], how[1] == "locked"
            usual = {"sealed": "same_day", "occasional": "month_of_use", "full": "never"}[how[0]]
            self.effect = usual if effect == "policy" else effect
            self.asked.discard("seal")
            self.ordered.pop("seal", None)

    @rule(found=st.sampled_from(["on", "broken", "missing", "other"]))
    def verify(self, found: str) -> None:
        form = look(self.c, found, other="X1" if found == "other" else "")
        self.do(seals.verify, form, self.hung is not None)
        if self.hung is not None:
            self.seen, self.placed = found, max(self.placed, DAY)

    @precondition(lambda self: self.hung is not None)
    @rule(how=st.sampled_from(["replaced", "misread"]))
    def replace(self, how: str) -> None:
        number = f"S{next(self.numbers)}"
        form = seals.Replace(point=self.c.point, on=DAY, new=number, how=how, reason="as it is")  # type: ignore[arg-type]
        self.do(seals.replace, form, True)
        self.hung, self.placed = number, DAY
        if how == "replaced":
            self.seen, self.off = "on", DAY

    @rule()
    def check_goes_out(self) -> None:
        open_one = any(kind == "seal_check" for kind in self.kinds())
        form = orders.Create(point=self.c.point, kind="seal_check", due_on=DAY)
        self.do(orders.create, form, self.hung is not None and not open_one)

    def kinds(self) -> list[str]:
        return [each.kind for each in self.desk.ask(orders.open_at, self.c.point_id)]

    @rule()
    def remove(self) -> None:
        form = seals.Remove(point=self.c.point, removed_on=DAY, reason="moves in")
        self.do(seals.remove, form, self.hung is not None)
        if self.hung is not None:
            self.hung, self.off = None, DAY
            self.asked.discard("unseal")
            self.ordered.pop("unseal", None)

    @invariant()
    def stands(self) -> None:
        now = self.desk.ask(seals.standing, self.c.point_id)
        if self.hung is None:
            state = "seal_ordered" if "seal" in self.ordered else "seal_requested" if self.asked else "unsealed"
        elif self.seen in ("broken", "missing"):
            state = "tampered"
        elif "unseal" in self.asked:
            state = "unseal_ordered" if "unseal" in self.ordered else "unseal_requested"
        else:
            state = "verify_due" if self.locked and self.placed < DAY - 180 * DAYS else "sealed"
        assert (now.state, now.seal) == (state, self.hung or ""), state

    @invariant()
    def tells(self) -> None:
        """What differs is an item, and so is a rate that is not the seal's; occasional use is no theft."""
        open_now = {key for key in self.scene.items() if key.split(":")[2].startswith(self.c.point)}
        wrong = self.hung is not None and self.seen != "on"
        assert (f"M09:point:{self.c.point}" in open_now) == wrong
        assert not any(key.startswith("R13") for key in open_now)

    @invariant()
    def heals(self) -> None:
        assert self.scene.refresh() == Healed()


def test_any_order_of_acts_keeps_to_the_states_of_a_seal(scene: Scene) -> None:
    scene.refresh()
    with scene.desk() as desk:
        Machine.scene, Machine.desk = scene, desk
        run_state_machine_as_test(
            Machine,
            settings=settings(
                max_examples=200 if SOAK else 10, stateful_step_count=15, deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )  # fmt: skip


# -- the rate of a day -----------------------------------------------------------------------------------------

BEGIN = date(2026, 1, 1)
_days = st.integers(0, 300).map(lambda n: BEGIN + n * DAYS)


@st.composite
def hung(draw: st.DrawFn) -> Hung:
    placed, begins, off, ends = (draw(_days) for _ in range(4))
    rate = draw(st.sampled_from(["full", "sealed", "occasional"]))
    effect = "never" if rate == "full" else draw(st.sampled_from(["same_day", "next_cycle", "month_of_use"]))
    return Hung(
        str(draw(st.integers(0, 99))), rate, effect, placed,  # type: ignore[arg-type]
        None if effect in ("never", "month_of_use") else begins, draw(st.none() | st.just(off)),
        draw(st.none() | st.just(ends)),
    )  # fmt: skip


@given(st.lists(hung(), max_size=4), _days, st.sampled_from([True, False, None]))
def test_a_day_has_the_rate_of_the_newest_seal_that_holds(all_: list[Hung], day: date, ran: bool | None) -> None:
    got = rate_on(all_, day, lambda _: ran)
    holding = []
    for each in all_:
        if each.rate == "full":
            continue
        first, last = each.rate_from or each.placed_on, each.full_from or each.removed_on
        if first <= day and (last is None or (day < last and first < last)):
            holding.append(each)
    if not holding:
        assert (got.status, got.seal, got.waits) == ("full", "", False)
        return
    newest = max(each.placed_on for each in holding)
    assert got.seal in {each.number for each in holding if each.placed_on == newest}
    seal = next(each for each in holding if each.placed_on == newest)
    if seal.effect != "month_of_use":
        assert (got.status, got.waits) == (seal.rate, False)
    else:
        assert (got.status, got.waits) == ("full" if ran else seal.rate, ran is None)


def test_a_bill_is_told_its_days_rate_by_rate(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 7)
    scene.act(seals.place, on(c, placed_on=date(2026, 9, 1)))
    scene.act(seals.remove, seals.Remove(point=c.point, removed_on=date(2026, 10, 10), reason="moves in"))
    with scene.desk() as desk:
        spans = desk.ask(seals.rates, c.point_id, date(2026, 8, 20), date(2026, 10, 19))
        assert [(each.from_on, each.to_on, each.status) for each in spans] == [
            (date(2026, 8, 20), date(2026, 8, 31), "full"), (date(2026, 9, 1), date(2026, 10, 9), "sealed"),
            (date(2026, 10, 10), date(2026, 10, 19), "full"),
        ]  # fmt: skip
        days = [date(2026, 8, 20) + n * DAYS for n in range(61)]
        assert [each.status for each in spans for _ in range((each.to_on - each.from_on).days + 1)] == [
            desk.ask(seals.rate_on, c.point_id, day).status for day in days
        ]


def test_what_was_billed_behind_seals_is_what_a_bill_is_told(tmp_path: Path) -> None:
    """Every bill of a whole district: the status of the rate that it was made by, from its days and seals alone."""
    told: Counter[tuple[str, str]] = Counter()
    with Desk(made(str(tmp_path / "district"), accounts=900, years=1), Seat(as_name="ana")) as desk:
        status = {rate.code: rate.status for rate in desk.district.rates}

        def billed(look: Look) -> None:
            for begin, end, trace, point, begins in look.db.rows(
                "SELECT b.from_on, b.to_on, l.trace, z.point_id, z.rate_from FROM bill_line l"
                " JOIN bill b ON b.id = l.bill_id JOIN service s ON s.id = l.service_id"
                " JOIN seal z ON z.point_id = s.point_id WHERE l.trace <> '{}'"
            ):
                if begins is not None and begins > DAY.isoformat():
                    continue  # planted: its rate is still to begin
                last = date.fromisoformat(end) - DAYS
                (span,) = seals.rates(look, point, date.fromisoformat(begin), last)
                told[str(status[json.loads(trace)["rate"]]), span.status] += 1

        desk.ask(billed)
    assert set(told) == {(each, each) for each in ("full", "sealed", "occasional")}, told
    assert sum(told.values()) > 900


def test_occasional_use_is_billed_in_the_months_of_use_and_is_no_theft(scene: Scene) -> None:
    c = scene.customer(rate_code="R1-OCC")
    scene.uses(c, [0, 0, 14, 0, 0, 0, 0])
    placed = on(c, placed_on=date(2025, 9, 1), lock="unlocked", rate="occasional")
    assert scene.act(seals.place, placed).result.rate_from is None
    assert scene.items("R13") == scene.items("M05") == []
    with scene.desk() as desk:
        found = {day: desk.ask(seals.rate_on, c.point_id, day) for day in
                 (date(2026, 1, 5), date(2026, 2, 19), date(2026, 2, 20), date(2026, 11, 1))}  # fmt: skip
    used = PERIODS[2]  # December 20 to February 20
    assert used == "B2/2026-02"
    assert [(each.status, each.waits) for each in found.values()] == [
        ("full", False), ("full", False), ("occasional", False), ("occasional", True),
    ]  # fmt: skip
    scene.steady()


def test_m05_the_rate_for_occasional_use_needs_its_seal(scene: Scene) -> None:
    c, plain = scene.customer(rate_code="R1-OCC"), scene.customer()
    scene.refresh()
    assert scene.items("M05") == [f"M05:point:{c.point}"]
    scene.act(seals.place, on(plain, lock="unlocked", rate="occasional"))
    assert scene.items("M05") == [f"M05:point:{c.point}", f"M05:point:{plain.point}"]
    scene.act(seals.place, on(c, "9002", lock="unlocked", rate="occasional"))
    assert scene.items("M05") == [f"M05:point:{plain.point}"]
    scene.steady()


# -- what it costs ---------------------------------------------------------------------------------------------


def test_what_a_seal_costs_is_proposed_and_never_posted_by_itself(scene: Scene) -> None:
    c, vacant, free = scene.customer(), scene.customer(), scene.customer()
    done = scene.act(seals.place, on(c)).result
    assert done.fee == "P-000001"
    assert scene.db.one("SELECT reason, amount_cents, state, maker FROM proposal") == (
        "seal-fee", 25_00, "submitted", "ana",
    )  # fmt: skip
    assert scene.db.value("SELECT fee_cents FROM seal") == 25_00
    assert scene.act(seals.place, on(vacant, "9002", why="vacant")).result.fee == ""
    assert scene.act(seals.place, on(free, "9003", fee_cents=0)).result.fee == ""
    left = scene.customer()
    with scene.db.writing():
        scene.db.run("UPDATE service SET to_on = ? WHERE id = ?", [(DAY - DAYS).isoformat(), left.service_id])
        scene.db.run("UPDATE account SET state = 'closed', closed_on = ? WHERE id = ?",
                     [(DAY - DAYS).isoformat(), left.account_id])  # fmt: skip
    typed = on(left, "9004", fee_cents=10_00)
    assert "no open account pays" in scene.refused(seals.place, typed).reason, "what was typed is charged, or refused"
    assert scene.act(seals.place, msgspec.structs.replace(typed, fee_cents=None)).result.fee == ""
    assert scene.db.value("SELECT COUNT(*) FROM journal") == 0
    scene.act(adjustments.approve, adjustments.Approve(proposal=done.fee, amount_cents=25_00), who="ben")
    assert scene.db.rows("SELECT cents FROM receivable_item") == [(25_00,)]
    scene.steady()


def test_f1_tells_the_district_s_terms_of_a_seal(scene: Scene) -> None:
    with scene.desk() as desk:
        told = dict(desk.ask(policies.of_act, "seal.place").lines)
    assert told["fees"] == "seal 25.00, tampering 150.00"
    assert told["rate"] == "sealed from same day, occasional use from month of use"


@pytest.mark.parametrize(
    ("restart", "full"), [("as_placed", "2026-11-23"), ("same_day", "2026-11-23"), ("this_cycle", "2026-10-20"),
                          ("next_cycle", "2026-12-20")]
)  # fmt: skip
def test_a_district_says_from_when_a_service_is_full_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, restart: str, full: str
) -> None:
    text = sample_settings().replace('restart = "as_placed"', f'restart = "{restart}"')
    monkeypatch.setattr("tests.detectors.scene.sample_settings", lambda: text)
    scene = Scene(str(tmp_path / "district"))
    try:
        c = scene.customer()
        scene.act(seals.place, on(c, placed_on=DAY - 90 * DAYS))
        done = scene.act(seals.remove, seals.Remove(point=c.point, removed_on=DAY, reason="moves in"))
        assert str(done.result.full_from) == full
        scene.steady()
    finally:
        scene.close()


def test_a_broken_seal_is_charged_from_its_item_and_comes_off(scene: Scene) -> None:
    c = scene.customer(rate_code="R1-SEALED")
    scene.act(seals.place, on(c, placed_on=DAY - 90 * DAYS, fee_cents=0))
    scene.act(seals.verify, look(c, "broken", note="wire cut"))
    found = item(scene, "M09")
    assert found.title == "Seal broken" and found.account == c.account
    with scene.desk() as desk:
        offered = {each.act: each for each in desk.ask(fixes.offers, found)}
    charge = offered["adjust.propose"].values()
    assert (charge["reason"], charge["amount_cents"], charge["account"]) == ("seal-tamper", "150.00", c.account)
    assert set(offered) >= {"seal.remove", "seal.replace", "seal.verify", "order.create"}
    assert "meter.exchange" not in offered and "point.place" not in offered
    off = offered["seal.remove"].values()
    assert (off["removed_on"], off["number"], off["reason"]) == (DAY.isoformat(), "9001", "found broken")
    scene.act(seals.verify, look(c, note="was mended"))
    assert scene.items("M09") == [], "the newest look counts"
    scene.steady()


def test_a_row_that_the_record_cannot_hold_is_a_fault_and_no_answer(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n, c in enumerate(pair := [scene.customer(), scene.customer()]):
        scene.act(seals.place, on(c, f"900{n}", why="vacant"))
    both = seals.Round(verified_on=DAY, rows=(seals.Found(seal="9000"), seals.Found(seal="9001")))
    keep, broken = seals.checked.looked, "UPDATE seal SET verified_on = placed_on, point_id = -1 WHERE number = '9001'"

    def looked(work: Any, *told: Any) -> Any:
        if told[2] == pair[1].point:
            work.db.run(broken)
        return keep(work, *told)

    monkeypatch.setattr(seals.checked, "looked", looked)
    with pytest.raises(RuleBroken):
        scene.act(seals.round_in, both)
    assert scene.db.value("SELECT COUNT(*) FROM seal_check") == 0, "nothing of it was kept"
