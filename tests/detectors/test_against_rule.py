"""Whether reads come, judged a second time: the rules in plain words over the raw rows, against what detectors find."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest

from tests.detectors.scene import Customer, Scene
from ubtui.db.models import reads as read_models
from ubtui.db.models import record
from ubtui.detectors import heal
from ubtui.domain.subjects import Subject
from ubtui.services import reads

NOW = "2026-11-23T16:00:00.000000Z"
CODES = {"R01", "R02", "R03", "R09/R10", "R11", "R12", "R16", "R17", "R22"}
# Ends of windows: B1 is read on Sep 20, a Sunday, and Nov 20, B2 on Oct 20, a Tuesday; three office days follow.
TODAYS = [date(2026, 10, 23), date(2026, 10, 26), date(2026, 11, 23), date(2026, 11, 25), date(2026, 12, 18)]
TROUBLE = [None, None, None, "stuck", "dog", "Dog", "ok"]


@dataclass
class Told:
    """What was made up of one customer: reads as (day, period, value, use, source, status, trouble, reviewed)."""

    customer: Customer
    cycle: str
    route: str
    radio: bool
    active: bool
    reads: list[tuple[date, str, int, int | None, str, str, str | None, str]] = field(default_factory=list)
    skips: list[tuple[date, str]] = field(default_factory=list)


def windows(cycle: str) -> list[tuple[date, str]]:
    """Read days and periods of a bi-monthly cycle, July 2025 to December 2026."""
    odd = cycle == "B1"
    months = [(y, m) for y in (2025, 2026) for m in range(1, 13) if (m % 2 == 1) == odd and (y, m) >= (2025, 7)]
    return [(date(y, m, 20), f"{cycle}/{y}-{m:02d}") for y, m in months]


def make(scene: Scene, dice: random.Random, today: date) -> list[Told]:
    """A district of some forty customers on two cycles and four routes, with every sort of trouble at random."""
    with scene.db.writing():
        routes = {code: scene.db.insert(record.Route, code=code, title=code) for code in ("A1", "A2", "B1", "B2")}
    out = []
    for n in range(40):
        scene.radio = dice.random() < 0.5
        cycle = ("B1", "B2")[n % 2]
        told = Told(scene.customer(), cycle, f"{'AB'[n % 4 // 2]}{n % 2 + 1}", scene.radio, dice.random() < 0.92)
        with scene.db.writing():
            scene.db.run(
                "UPDATE account SET cycle_id = ? WHERE id = ?", [scene.cycles[cycle], told.customer.account_id]
            )
            scene.db.run(
                "UPDATE service_point SET route_id = ?, state = ? WHERE id = ?",
                [routes[told.route], "active" if told.active else "inactive", told.customer.point_id],
            )
        history(dice, told, today, off=0 if told.route != "A1" else dice.choice([0, 11, -12]))
        out.append(told)
    with scene.db.writing():
        for told in out:
            write(scene, told)
        reads.summarise(scene.db, [told.customer.register_id for told in out])
    return out


def history(dice: random.Random, told: Told, today: date, off: int) -> None:
    """One customer's windows up to today: read, estimated, skipped or forgotten; now and then below the one before."""
    value, guesses, same = 3000, dice.random() < 0.25, dice.random() < 0.3
    came = [(on, period) for on, period in windows(told.cycle) if on <= today]
    for k, (on, period) in enumerate(came):
        late = k >= len(came) - 3
        fate = dice.random()
        if late and fate < 0.2:
            told.skips.append((on, period))
            if fate < 0.14:
                continue
        elif late and fate < 0.28:
            continue
        use = 12 if same else dice.choice([9, 10, 15, 15, 30])
        source = "E" if late and (guesses or dice.random() < 0.1) else "A"
        before = value
        value += use
        if late and dice.random() < 0.15:
            value = before - dice.choice([5, 12, 400])
        day = on + timedelta(days=off if k == len(came) - 1 else 0)
        low = bool(told.reads) and value < before
        status = "held" if low else "released" if late else "billed"
        if late and not low and dice.random() < 0.06:
            status = "void"
        reviewed = dice.choice(["R12", "R22", "R11", "R03"]) if late and dice.random() < 0.15 and not low else ""
        kept = None if low or not told.reads else use
        told.reads.append((min(day, today), period, value, kept, source, status, dice.choice(TROUBLE), reviewed))
        if status == "void":
            value = before


def write(scene: Scene, told: Told) -> None:
    c = told.customer
    for on, period, value, use, source, status, trouble, reviewed in told.reads:
        scene.db.insert(
            read_models.Read, register_id=c.register_id, read_on=on, seq=1, point_id=c.point_id, period=period,
            value=value, usage=use, days=None, kind="regular", source=source, status=status,
            held_code="below-previous" if status == "held" else None, trouble_code=trouble, rolled=0,
            entered_by="import", entered_at=NOW,
        )  # fmt: skip
        if reviewed:
            scene.db.insert(
                read_models.ReadReview, register_id=c.register_id, read_on=on, seq=1, code=reviewed,
                decision="confirmed", reason="seen", by_staff="ana", at=NOW, usage=use,
            )  # fmt: skip
    for on, period in told.skips:
        scene.db.insert(
            read_models.ReadSkip, point_id=c.point_id, period=period, skipped_on=on, why="dog", note="",
            by_staff="ana", at=NOW,
        )  # fmt: skip


# -- the rules ---------------------------------------------------------------------------------------------------


def rules(some: list[Told], today: date) -> set[str]:
    """Every item that the rules call for, as keys; the two codes of a read below that is no over-estimate as one."""
    found = {key for told in some for key in of_point(told)}
    found |= {f"R01:route:{told.route}@{period}" for told in some if (period := is_missing(told, today))}
    routes: dict[tuple[str, str], list[tuple[int, bool]]] = defaultdict(list)
    for told in some:
        standing = [r for r in told.reads if r[5] != "void"]
        if len(standing) > 1:
            days = (standing[-1][0] - standing[-2][0]).days
            routes[told.route, standing[-1][1]].append((days, standing[-1][5] == "billed"))
    for (route, period), spans in routes.items():
        begun = max(p for on, p in windows(period[:2]) if on <= today)
        odd = [days for days, billed in spans if not billed and not 54 <= days <= 68]
        if period >= begun and len(odd) >= 3 and 2 * len(odd) >= len(spans):
            found.add(f"R16:route:{route}@{period}")
    return found


def is_missing(told: Told, today: date) -> str:
    """The newest period whose window ended before today and that has neither read nor skip nor a read after it."""
    if not told.active:
        return ""
    due = [(on, period) for on, period in windows(told.cycle) if after_office_days(on, 3) < today]
    on, period = due[-1]
    read = any(r[1] >= period or r[0] > on for r in told.reads if r[5] != "void")
    return "" if read or any(p == period for _, p in told.skips) else period


def after_office_days(day: date, n: int) -> date:
    """No holiday of the office lies in the days these tests look at."""
    while n:
        day += timedelta(days=1)
        n -= day.weekday() < 5
    return day


def of_point(told: Told) -> Iterator[str]:
    point = f"point:{told.customer.point}"
    standing = [r for r in told.reads if r[5] != "void"]
    actual = [r for r in standing if r[4] != "E"]
    since = [s for s in told.skips if not any(r[0] > s[0] or r[1] == s[1] for r in actual)]
    if told.active and len(since) >= 2:
        yield f"R02:{point}@{since[-1][1]}"
    if not standing:
        return
    *_, last = standing
    before = standing[-2] if len(standing) > 1 else None
    if len(standing) >= 2 and all(r[4] == "E" for r in standing[-2:]) and last[7] != "R03":
        yield f"R03:{point}@{last[1]}"
    uses = [(r[3], r[4]) for r in standing[-3:]]
    same = len(uses) == 3 and len({use for use, _ in uses}) == 1 and all(source != "E" for _, source in uses)
    if same and (last[3] or 0) >= 10 and not told.radio and last[7] != "R12":
        yield f"R12:{point}@{last[1]}"
    for n, r in enumerate(standing):  # history is not judged, but what of it is held
        if n and standing[n - 1][5] == "held" and (r is last or r[5] == "held"):
            yield f"R17:{point}@{r[1]}"
    code = (last[6] or "").lower()
    if code in ("stuck", "dog") and code != ((before and before[6]) or "").lower() and last[7] != "R22":
        yield f"R22:{point}@{last[1]}"
    for n, r in enumerate(standing):
        if n and (r is last or r[5] == "held") and r[2] < standing[n - 1][2]:
            read = [x[2] for x in standing[:n] if x[4] != "E"]
            over = standing[n - 1][4] == "E" and bool(read) and r[2] >= read[-1]
            if not (over and r[7] == "R11"):
                yield f"{'R11' if over else 'R09/R10'}:{point}@{r[1]}"


@pytest.mark.parametrize("seed", range(10))
def test_what_is_found_is_what_the_rules_say(scene: Scene, seed: int) -> None:
    today = TODAYS[seed % len(TODAYS)]
    some = make(scene, random.Random(seed), today)
    for code, times in {"R04": "1000000", "R05": "1000000", "R06": "1000000", "R07": "0"}.items():
        scene.policy(code, times=times)  # what is used is judged elsewhere: here it holds nothing
    want = rules(some, today)
    scene.refresh(today)
    got = {f"R09/R10{key[3:]}" if key[:3] in ("R09", "R10") else key for key in [*scene.items(), *scene.items("R01")]}
    assert {key for key in got if key.partition(":")[0] in CODES} == want
    with scene.db.writing():  # point by point it is the same
        subjects = [Subject("point", told.customer.point) for told in some]
        assert [heal.heal(scene.db, [subject], today, NOW) for subject in subjects] == [heal.Healed()] * len(some)


def test_the_districts_made_up_hold_every_kind() -> None:
    """Else the comparison would prove nothing of it."""
    seen: set[str] = set()
    for seed in range(10):
        dice, today = random.Random(seed), TODAYS[seed % len(TODAYS)]
        some = []
        for n in range(40):
            radio, active = dice.random() < 0.5, dice.random() < 0.92
            c = Customer(n, "", n, f"SP-{n:05d}", n, n, n, n)
            told = Told(c, ("B1", "B2")[n % 2], f"{'AB'[n % 4 // 2]}{n % 2 + 1}", radio, active)
            history(dice, told, today, off=0 if told.route != "A1" else dice.choice([0, 11, -12]))
            some.append(told)
        seen |= {key.partition(":")[0] for key in rules(some, today)}
    assert seen == CODES
