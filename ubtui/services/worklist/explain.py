"""Why a code raises items at all: its rule, its limits in force, and how well it has served."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from ubtui.act import Look
from ubtui.detectors.base import Detector
from ubtui.detectors.heal import parameters
from ubtui.detectors.registry import CODES
from ubtui.domain.dates import parse_instant
from ubtui.domain.effort import usual_minutes
from ubtui.domain.errors import BadValue
from ubtui.domain.ranking import BASE
from ubtui.services.worklist.backlog import WINDOW_DAYS, may_demote
from ubtui.services.worklist.queue import LIVE


@dataclass(frozen=True)
class Limit:
    """A parameter in force."""

    name: str
    value: str
    unit: str
    says: str


@dataclass(frozen=True)
class Explained:
    """A code's rule and record: items raised so far, live now, the share dismissed (per cent), minutes to close.

    `standing` is where its items go: the lists, or the backlog and why; `raised_30` and `dismissed_30` are those of 30
    days, by which a kind may demote itself; `minutes` of work an item takes, from `measured` claims (0: an estimate).
    """

    code: str
    title: str
    group: str
    subject: str
    predicate: str
    parameters: tuple[Limit, ...]
    consequence: str
    fixes: tuple[str, ...]
    role: str
    source: str
    base_priority: int | None
    last_run: str | None
    raised: int
    live: int
    dismissed_percent: int
    minutes_to_close: int | None
    standing: str
    backlog: int
    raised_30: int
    dismissed_30: int
    minutes: int
    measured: int


def explain(look: Look, code: str) -> Explained:
    """One code of the worklist; BadValue when there is none."""
    detector = CODES.get(code.upper())
    if detector is None:
        raise BadValue(f"Code {code[:20]!r} is not on the worklist: use one of {', '.join(sorted(CODES))}.")
    code = detector.code
    values = detector.values(parameters(look.db).get(code, {}))
    raised, live = look.db.one(
        f"SELECT COUNT(*), COUNT(*) FILTER (WHERE {LIVE}) FROM work_item w WHERE w.code = ?", [code]
    ) or (0, 0)
    dismissed = look.db.value(
        "SELECT COUNT(DISTINCT e.item_id) FROM work_event e JOIN work_item w ON w.id = e.item_id"
        " WHERE w.code = ? AND e.kind = 'dismissed'",
        [code],
    )
    spent, closed = timedelta(), 0
    for begun, ended in look.db.stream(
        "SELECT detected_at, resolved_at FROM work_item WHERE code = ? AND state = 'resolved'", [code]
    ):
        spent += parse_instant(ended) - parse_instant(begun)
        closed += 1
    since = (look.today - timedelta(days=WINDOW_DAYS - 1)).isoformat()
    took = look.db.one("SELECT minutes, measured FROM kind_minutes WHERE code = ?", [code]) or (usual_minutes(code), 0)
    return Explained(
        code=code,
        title=detector.title,
        group=detector.group,
        subject=", ".join(detector.subject_types),
        predicate=detector.predicate,
        parameters=tuple(_limits(detector, values)),
        consequence=detector.consequence,
        fixes=detector.fixes,
        role=detector.role,
        source=detector.source,
        base_priority=BASE.get(code),
        last_run=look.db.value("SELECT MAX(at) FROM audit WHERE act = 'worklist.refresh' AND outcome = 'done'"),
        raised=int(raised),
        live=int(live),
        dismissed_percent=100 * int(dismissed) // int(raised) if raised else 0,
        minutes_to_close=round(spent / timedelta(minutes=1) / closed) if closed else None,
        standing=_standing(look, detector),
        backlog=int(look.db.value(f"{_COUNT} AND state = 'open' AND backlog = 1", [code])),
        raised_30=int(look.db.value(f"{_COUNT} AND detected_on >= ? AND backlog = 0", [code, since])),
        dismissed_30=int(
            look.db.value(f"{_COUNT} AND detected_on >= ? AND backlog = 0 AND state = 'dismissed'", [code, since])
        ),
        minutes=took[0],
        measured=took[1],
    )


def _limits(detector: Detector, values: Mapping[str, str]) -> Iterator[Limit]:
    """Every limit in force, one of a class behind the one for all."""
    for name, p in detector.parameters.items():
        yield Limit(name, values[name], p.unit, p.says)
        for own in values:
            if own.startswith(f"{name}/"):
                yield Limit(own, values[own], p.unit, f"{p.says}, of class {own.partition('/')[2]}")


_COUNT = "SELECT COUNT(*) FROM work_item WHERE code = ?"


def _standing(look: Look, detector: Detector) -> str:
    """Where a kind's items go."""
    quota = look.district.worklist.backlog_per_day
    if detector.project:
        return f"a project: in the backlog, {quota} a day come to the lists"
    row = look.db.one("SELECT state, on_day, by_whom, reason FROM detector_state WHERE code = ?", [detector.code])
    if row is None:
        return "on the lists" if may_demote(detector) else "on the lists, and never demoted by itself"
    state, day, by, reason = row
    if state == "demoted":
        return f"in the backlog since {day}, demoted by {by}: {reason}"
    return f"on the lists, brought back on {day} by {by}: {reason}"
