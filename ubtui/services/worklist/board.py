"""The supervisor's board: what is open by kind, age and person, how often it came back, and each day's work."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from ubtui.act import Look
from ubtui.detectors.registry import CODES
from ubtui.services.worklist.backlog import WINDOW_DAYS
from ubtui.services.worklist.queue import LIVE, day_began

AGES = (("0-1 d", 1), ("2-7 d", 7), ("8-30 d", 30), ("over 30", 10**6))
DAYS = 14
NOBODY = ""


@dataclass(frozen=True, slots=True)
class KindRow:
    """One kind: how many live by age and by person, the oldest in days, late, reopened; 30 days' raised, dismissed."""

    code: str
    title: str
    live: int
    ages: tuple[int, ...]
    people: dict[str, int]
    oldest: int
    late: int
    reopened: int
    raised: int
    dismissed: int
    backlog: int


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person, or nobody: in hand, assigned, waiting, by age, the oldest; closed and dismissed today and in DAYS."""

    name: str
    role: str
    claimed: int
    assigned: int
    waiting: int
    ages: tuple[int, ...]
    oldest: int
    today: int
    closed: int
    dismissed: int


@dataclass(frozen=True, slots=True)
class DayRow:
    """One day: items raised (or reopened), closed by people, closed by themselves, dismissed."""

    day: date
    raised: int
    closed: int
    by_itself: int
    dismissed: int


@dataclass(frozen=True, slots=True)
class Board:
    """All of it: kinds with the most first, people, the last DAYS days from the oldest; counts of the whole."""

    kinds: tuple[KindRow, ...]
    people: tuple[PersonRow, ...]
    days: tuple[DayRow, ...]
    live: int
    backlog: int
    late: int
    oldest: int


def board(look: Look) -> Board:
    """The board as of now."""
    kinds: dict[str, _Tally] = defaultdict(_Tally)
    people: dict[str, _Tally] = defaultdict(_Tally)
    whole = _Tally()
    for code, detected, assignee, state, n, late, back in look.db.rows(
        "SELECT w.code, w.detected_on, w.assignee, w.state, COUNT(*), COUNT(*) FILTER (WHERE w.due_on < ?),"
        f" COUNT(*) FILTER (WHERE w.reopen_count > 0) FROM work_item w WHERE {LIVE} GROUP BY 1, 2, 3, 4",
        [look.today.isoformat()],
    ):
        age = (look.today - date.fromisoformat(detected)).days
        for each in (kinds[code], people[assignee or NOBODY], whole):
            each.add(int(n), age, assignee or NOBODY, state, int(late), int(back))
    backlog: dict[str, int] = dict(
        look.db.rows("SELECT code, COUNT(*) FROM work_item WHERE state = 'open' AND backlog = 1 GROUP BY code")
    )
    since = (look.today - timedelta(days=WINDOW_DAYS - 1)).isoformat()
    month = {
        code: (int(raised), int(dismissed))
        for code, raised, dismissed in look.db.rows(
            "SELECT code, COUNT(*), COUNT(*) FILTER (WHERE state = 'dismissed') FROM work_item"
            " WHERE detected_on >= ? AND backlog = 0 GROUP BY code",
            [since],
        )
    }
    days, done = _days(look)
    staff: dict[str, str] = dict(look.db.rows("SELECT name, role FROM staff WHERE active = 1 AND role <> 'service'"))
    rows = [
        KindRow(
            code, CODES[code].title if code in CODES else "", found.live, tuple(found.ages), dict(found.people),
            found.oldest, found.late, found.reopened, *month.get(code, (0, 0)), backlog.get(code, 0),
        )
        for code, found in ((code, kinds[code]) for code in sorted({*kinds, *backlog}))
    ]  # fmt: skip
    names = [*sorted({*staff} & ({*people} | {*done})), *([NOBODY] if NOBODY in people else [])]
    names += sorted({*people} - {*names})
    return Board(
        tuple(sorted(rows, key=lambda row: (-row.live, row.code))),
        tuple(_person(name, staff.get(name, ""), people[name], done.get(name, Counter())) for name in names),
        days,
        whole.live,
        sum(backlog.values()),
        whole.late,
        whole.oldest,
    )


class _Tally:
    def __init__(self) -> None:
        self.live = self.oldest = self.late = self.reopened = 0
        self.ages = [0] * len(AGES)
        self.people: Counter[str] = Counter()
        self.states: Counter[str] = Counter()

    def add(self, n: int, age: int, person: str, state: str, late: int, back: int) -> None:
        self.live += n
        self.late += late
        self.reopened += back
        self.oldest = max(self.oldest, age)
        self.ages[next(place for place, (_, most) in enumerate(AGES) if age <= most)] += n
        self.people[person] += n
        self.states[state] += n


def _person(name: str, role: str, found: _Tally, done: Counter[str]) -> PersonRow:
    return PersonRow(
        name, role, found.states["claimed"], found.states["open"], found.states["waiting"], tuple(found.ages),
        found.oldest, done["today"], done["closed"], done["dismissed"],
    )  # fmt: skip


def _days(look: Look) -> tuple[tuple[DayRow, ...], dict[str, Counter[str]]]:
    """The last DAYS days, and by person what was closed in them and today."""
    days = [look.today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    began = [day_began(look, day) for day in days]
    counts: list[Counter[str]] = [Counter() for _ in days]
    done: dict[str, Counter[str]] = defaultdict(Counter)
    names = {name for (name,) in look.db.rows("SELECT name FROM staff WHERE role <> 'service'")}
    for kind, actor, note, at, n in look.db.rows(
        "SELECT e.kind, e.actor, CASE WHEN e.note LIKE '%(itself)' THEN 1 ELSE 0 END, e.at, COUNT(*) FROM work_event e"
        " WHERE e.at >= ? AND e.kind IN ('raised', 'added', 'reopened', 'resolved', 'dismissed')"
        " GROUP BY 1, 2, 3, 4",
        [began[0]],
    ):
        place = bisect_right(began, at) - 1
        if kind == "resolved" and (note or actor not in names):
            counts[place]["by itself"] += n
            continue
        counts[place]["raised" if kind in ("raised", "added", "reopened") else kind] += n
        if kind in ("resolved", "dismissed") and actor in names:
            done[actor]["closed" if kind == "resolved" else "dismissed"] += n
            done[actor]["today"] += n * (place == len(days) - 1)
    rows = tuple(
        DayRow(day, count["raised"], count["resolved"], count["by itself"], count["dismissed"])
        for day, count in zip(days, counts, strict=True)
    )
    return rows, done
