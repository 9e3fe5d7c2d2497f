"""Reads that came behind the newest of their registers: judged by what that one keeps, however long the history is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

from ubtui.db.session import Row, Session
from ubtui.detectors.base import marks, parts
from ubtui.detectors.readings.summaries import (
    CHUNK,
    EARLIER,
    LATER,
    SUMMARY,
    days_between,
    itself,
    last_year,
    summarise,
    summary,
    years_before,
)
from ubtui.domain.register import RESTART

# A newest row under judgement, and each read that stands behind it.
_BEHIND: Final = (
    "SELECT r.register_id, r.read_on, r.seq, r.point_id, r.period, r.value, r.usage, r.days, r.kind, r.source,"
    " r.status, r.held_code, r.rolled, r.trouble_code, r.carry, s.read_on, s.value, s.usage, s.source, s.status,"
    " s.trouble_code, s.period, s.kind, s.prev_actual_value, s.zero_run, s.before_zero, s.est_run, s.same_run, s.recent"
    " FROM read_summary s CROSS JOIN live_read r WHERE r.register_id = s.register_id AND r.read_on >= s.read_on"
    " AND (r.read_on > s.read_on OR r.seq > s.seq) AND s.register_id IN ({}) AND s.newest = 1"
    " AND r.status <> 'void' AND r.kind NOT IN ('control', 'reread')"
)
# Its columns are the first of READS, as far as the same period of years before asks for them.
_SAME_SEASON: Final = (
    "SELECT register_id, read_on, seq, point_id, period, value, usage, days, kind, source, status FROM live_read"
    " WHERE register_id IN ({}) AND read_on >= ? AND period IN ({}) AND status <> 'void'"
    " AND kind NOT IN ('control', 'reread')"
    " ORDER BY read_on, seq"
)
_BACK: Final = 5
"""Calendar years in which the periods lie that a read is held against, and a late read of the oldest."""


def appended(db: Session, register_ids: Iterable[int]) -> None:
    """Bring the rows under judgement of these registers in step, as `summarise` does, where reads were added.

    A register with one read behind its newest row is judged by what that row keeps and by last year's; any other, and
    what is rare (a read below the one before, a meter just set), by all its reads.
    """
    for ids in parts(sorted(set(register_ids)), CHUNK):
        rows = _judged(db, ids)
        done = [row[0] for row in rows]
        if done:
            which = f"register_id IN ({marks(done)}) AND newest = 1"
            db.run(f"DELETE FROM read_summary WHERE {which} AND status <> 'held'", done)
            db.run(f"UPDATE read_summary SET newest = 0 WHERE {which}", done)
            db.load("read_summary", SUMMARY, rows)
        if rest := set(ids).difference(done):
            summarise(db, rest)


def _judged(db: Session, ids: Sequence[int]) -> list[tuple[Any, ...]]:
    """The new rows of those registers of which what is kept tells enough."""
    told: dict[int, list[Row]] = defaultdict(list)
    for row in db.rows(_BEHIND.format(marks(ids)), ids):
        told[row[0]].append(row)
    plain = {register: rows[0] for register, rows in told.items() if len(rows) == 1 and _tells(rows[0])}
    for register, _ in db.rows(LATER.format(marks(ids)), ids):  # a meter hung there since hears of it too
        plain.pop(register, None)
    if not plain:
        return []
    seasons = _seasons(db, plain)
    out = []
    for register, row in plain.items():
        season = seasons.get(register, ())
        if any(not past[7] for past in season):
            continue
        on, usage, source = row[1], row[6], row[9]
        before, value, use, guessed = row[15], row[16], row[17], row[18] == "E"
        span = row[7] or days_between(before, on)
        days = span if row[7] is None else row[7]
        actual = row[23] if guessed or value is None else value
        zeros = (0, None) if usage != 0 else (1, use) if use else (row[24] + 1, row[25])
        estimated = row[26] + 1 if source == "E" else 0
        same = 0 if not usage or estimated else 1 + (row[27] if use == usage and not guessed else 0)
        recent = row[28].split()
        year = last_year(season, row[4], days)
        out.append(
            summary(
                row[:15], True, days, row[15:21], actual, (None, None, 0), year, recent, itself(row, span), zeros,
                (estimated, same),
            )
        )  # fmt: skip
    return out


def _tells(row: Row) -> bool:
    """Whether a read is measured by the newest row before it alone: another period, both in a run, not below it."""
    value, before = row[5], row[16]
    return (
        row[4] != row[21]
        and row[8] not in RESTART
        and row[22] not in RESTART
        and (value is None or before is None or value >= before)
        and not (row[6] == 0 and row[17] is None)
    )


def _seasons(db: Session, plain: dict[int, Row]) -> dict[int, list[Row]]:
    """The reads of the same period of years before, oldest first, also of the meters that hung there before."""
    at = {register: row[3] for register, row in plain.items()}
    owner: dict[int, list[int]] = {register: [register] for register in plain}
    for register, before, point in db.rows(EARLIER.format(marks(list(plain))), list(plain)):
        if point == at[register]:
            owner.setdefault(before, []).append(register)
    wanted = {period: years_before(period) for period in {row[4] for row in plain.values()}}
    periods = sorted({year for years in wanted.values() for year in years})
    found: dict[int, list[Row]] = defaultdict(list)
    if not periods:
        return found
    since = f"{int(min(row[1] for row in plain.values())[:4]) - _BACK}-01-01"
    for row in db.rows(_SAME_SEASON.format(marks(list(owner)), marks(periods)), [*owner, since, *periods]):
        for register in owner[row[0]]:
            if row[4] in wanted[plain[register][4]] and (register == row[0] or row[3] == at[register]):
                found[register].append(row)
    return found
