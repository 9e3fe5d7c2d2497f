"""Brings the worklist in step with its causes: after an act for what it touched, every night for everything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from ubtui.db.calendars import office
from ubtui.db.session import Session
from ubtui.detectors.asked import Answers
from ubtui.detectors.base import Ask, Detector, Found, district_of, marks, parts
from ubtui.detectors.base import parameters as parameters
from ubtui.detectors.holding import Holding
from ubtui.detectors.items import Items, Key
from ubtui.detectors.readings import due_before_bill
from ubtui.detectors.registry import DETECTORS
from ubtui.domain.calendars import Calendar
from ubtui.domain.subjects import ItemKey, Subject

LEAST_PAIRS = 30
_MOST_RATIO = 1_000_000_000  # millionths: detectors multiply by it
_MANY, _FEW = 1000, 2


@dataclass(frozen=True)
class Healed:
    """Item keys that appeared or reopened, and that closed."""

    opened: tuple[ItemKey, ...] = ()
    closed: tuple[ItemKey, ...] = ()


def heal(
    db: Session, subjects: Collection[Subject], today: date, now: str, by: str = "itself", actor: str = "service"
) -> Healed:
    """Bring the items of `subjects` in step with their causes, in the caller's transaction.

    `by` is the act that did it, kept as `resolved_by`; `actor` goes into the items' events.
    """
    if not subjects:
        return Healed()
    asking = Answers(db)
    touched = _by_type(subjects)
    if any(len(some) > _MANY for some in touched.values()):
        return run(db, today, now, touched, by, actor)
    if db.kind == "postgres":
        asking.ahead(
            [partial(district_of, asking), partial(parameters, asking), partial(_with_routes, asking, touched)]
        )
    keys = _with_routes(asking, _besides(asking, today, now, touched))
    return _Reconciliation(db, today, now, by, actor, keys, asking).run()


def _by_type(subjects: Iterable[Subject]) -> dict[str, list[str]]:
    keys: dict[str, list[str]] = defaultdict(list)
    for subject in dict.fromkeys(subjects):
        keys[subject.type].append(subject.key)
    return keys


def _besides(db: Session, today: date, now: str, touched: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The same subjects, and what else they may have ended or begun: a run's list, an item of another subject."""
    keys = {kind: list(some) for kind, some in touched.items()}
    asking = [(d, also) for d in DETECTORS for kind, also in d.also.items() if keys.get(kind)]
    changed = parameters(db) if asking else {}
    for d, also in asking:
        ask = Ask(
            db, today, now, district_of(db), keys, d.values(changed.get(d.code, {})), lambda a, b: office(db, a, b)
        )
        for subject in list(also(ask)):
            if subject.key not in keys.setdefault(subject.type, []):
                keys[subject.type].append(subject.key)
    return keys


def refresh(db: Session, today: date, now: str, actor: str = "service") -> Healed:
    """Run every detector over the whole district: the nightly work; causes gone by then closed by themselves."""
    medians(db, today, nightly=True)
    return run(db, today, now, None, "itself", actor)


def run(
    db: Session,
    today: date,
    now: str,
    subjects: Mapping[str, Sequence[str]] | None,
    by: str = "itself",
    actor: str = "service",
) -> Healed:
    """The one reconciliation: what the detectors find of `subjects` (None: all) against the items that stand.

    Where that is most of the district's points all is judged at once: the indexes of what is odd find it sooner.
    """
    if subjects is None or _most(db, len(subjects.get("point", ()))):
        return _Reconciliation(db, today, now, by, actor, None).run()
    total = Healed()
    subjects = _with_routes(db, subjects)
    parts: list[Mapping[str, Sequence[str]]] = [subjects]
    if any(len(keys) > _MANY for keys in subjects.values()):
        parts = [{kind: keys[i : i + _MANY]} for kind, keys in subjects.items() for i in range(0, len(keys), _MANY)]
    for part in parts:
        got = _Reconciliation(db, today, now, by, actor, _besides(db, today, now, part)).run()
        total = Healed(total.opened + got.opened, total.closed + got.closed)
    return total


def _most(db: Session, points: int) -> bool:
    return points > _MANY and 2 * points > db.value("SELECT COUNT(*) FROM service_point")


def hold(db: Session, today: date, now: str, point: str) -> None:
    """Hold and let go what the holding detectors say of a point's reads, in the caller's transaction.

    For an act that tells what became of a read: its healing, which comes after, finds the same.
    """
    asked = _Reconciliation(db, today, now, "", "", {"point": [point]}, Answers(db))
    asked.detectors = [d for d in asked.detectors if d.holds]
    asked.found()


def _with_routes(db: Session, subjects: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
    """The same subjects and the routes of their points: what is missing on a route changes with each of them."""
    if not (points := subjects.get("point")):
        return subjects
    routes = dict.fromkeys(subjects.get("route", ()))
    for part in parts(points):
        sql = "SELECT DISTINCT t.code FROM service_point p JOIN route t ON t.id = p.route_id WHERE p.number IN"
        routes |= dict.fromkeys(code for (code,) in db.rows(f"{sql} ({marks(part)})", part))
    return {**subjects, "route": list(routes)}


def medians(db: Session, today: date, nightly: bool = False) -> tuple[str, ...]:
    """Store the median of use against last year's for each period that got new pairs; the periods stored.

    Kept in millionths, at most a thousandfold; 1 under 30 pairs. `pairs` counts reads still held too: a review that
    releases one changes no median. The nightly look comes once a business day: a read that an act brought in since
    moves its median tomorrow, so that a later refresh of the day adds nothing to what the act healed.
    """
    day = today.isoformat()
    if nightly and (db.value("SELECT MAX(as_of) FROM cycle_median") or "") >= day:
        return ()
    known: dict[str, int] = dict(db.rows("SELECT period, pairs FROM cycle_median"))
    moved = [
        (period, pairs)
        for period, pairs in db.rows(
            "SELECT period, CAST(COUNT(*) AS bigint) FROM read_summary WHERE newest = 1 AND ly_milli > 0"
            " GROUP BY period ORDER BY period"
        )
        if pairs > known.get(period, 0)
    ]
    for period, pairs in moved:
        ratio = 1_000_000
        ratios = sorted(
            min(_MOST_RATIO, max(0, use) * 1_000_000_000 // last)
            for use, last in db.rows(
                "SELECT usage, ly_milli FROM read_summary WHERE period = ? AND newest = 1 AND ly_milli > 0"
                " AND usage IS NOT NULL",
                [period],
            )
        )
        if len(ratios) >= LEAST_PAIRS:
            ratio = (ratios[(len(ratios) - 1) // 2] + ratios[len(ratios) // 2]) // 2
        db.run(
            "INSERT INTO cycle_median(period, ratio_ppm, pairs, as_of) VALUES (?, ?, ?, ?) ON CONFLICT(period)"
            " DO UPDATE SET ratio_ppm = excluded.ratio_ppm, pairs = excluded.pairs, as_of = excluded.as_of",
            [period, ratio, pairs, day],
        )
    if nightly:
        db.run("UPDATE cycle_median SET as_of = ?", [day])
    return tuple(period for period, _ in moved)


class _Reconciliation:
    """What detectors find of one set of subjects (None: of all), and the items brought in step with it."""

    def __init__(
        self,
        db: Session,
        today: date,
        now: str,
        by: str,
        actor: str,
        subjects: Mapping[str, Sequence[str]] | None,
        asking: Session | None = None,
    ) -> None:
        # Of everything, answers are too many to be remembered.
        self.asking = db if subjects is None else asking or Answers(db)
        self.db, self.today, self.now, self.by, self.actor, self.subjects = db, today, now, by, actor, subjects
        types = None if subjects is None else {kind for kind, keys in subjects.items() if keys}
        self.detectors: list[Detector] = [
            d for d in DETECTORS if not d.by_hand and (types is None or types & set(d.subject_types))
        ]
        self.calendars: dict[tuple[int, int], Calendar] = {}

    def run(self) -> Healed:
        if not self.detectors:
            return Healed()
        subjects, detectors = self.subjects, self.detectors
        items = Items(self.db, self.today, self.now, self.by, self.actor, subjects, detectors, self._office)
        return Healed(*items.follow(self.found()))

    def found(self) -> dict[Key, tuple[Detector, Found]]:
        """What is found, once the reads that this holds or lets go are marked: what stands on them is judged anew."""
        points = None if self.subjects is None else list(self.subjects.get("point", ()))
        holding = Holding(self.detectors)
        out = self._find(self.subjects, self.detectors, holding)
        judges = [d for d in self.detectors if "point" in d.subject_types]
        while touched := holding.settle(self.db, self.asking, points):
            points = sorted(touched)  # what is not asked again stays as it was settled
            if isinstance(self.asking, Answers):
                self.asking = Answers(self.db)
            out = {key: found for key, found in out.items() if key[1] != "point" or key[2] not in touched}
            for part in parts(points):
                out.update(
                    (key, found)
                    for key, found in self._find({"point": part}, judges, holding).items()
                    if key[1] == "point"
                )
        return out

    def _find(
        self, subjects: Mapping[str, Sequence[str]] | None, detectors: Sequence[Detector], holding: Holding
    ) -> dict[Key, tuple[Detector, Found]]:
        changed, limits = parameters(self.asking), district_of(self.asking)
        bill_days: dict[str, int] = {}
        out: dict[Key, tuple[Detector, Found]] = {}
        asks = [
            (d, Ask(
                self.asking, self.today, self.now, limits, subjects, d.values(changed.get(d.code, {})), self._office,
            ))
            for d in detectors
        ]  # fmt: skip
        few = subjects is not None and all(len(keys) <= _FEW for keys in subjects.values())
        if subjects is not None and few and self.db.kind == "postgres" and isinstance(self.asking, Answers):
            heard: list[Callable[[], object]] = [partial(d.find, ask) for d, ask in asks]
            if holding.codes and (points := subjects.get("point")):
                heard.append(partial(self.asking.rows, *holding.question(points)))
            self.asking.foresee(heard)
            self.asking.ahead(heard)
        for d, ask in asks:
            for found in d.find(ask):
                holding.add(d.code, found)
                key = (d.code, found.subject_type or d.subject_type, found.subject_key, found.period)
                if (other := out.get(key)) is not None:  # two meters of one point: the larger use speaks for both
                    keep, less = sorted((found, other[1]), key=lambda f: -f.units)
                    keep.evidence["also"] = int(less.evidence.get("also", 0)) + 1
                    out[key] = (d, keep)
                    continue
                out[key] = (d, found)
                if found.due_source == "bill date":
                    bill_days = bill_days or dict(self.asking.rows("SELECT code, bill_day FROM cycle"))
                    due_before_bill(ask, found, bill_days.get(found.period.rpartition("/")[0]))
        return out

    def _office(self, a: date, b: date) -> Calendar:
        """The district's own calendar around these days, read once."""
        years = a.year, b.year
        if years not in self.calendars:
            self.calendars[years] = office(self.asking, a, b)
        return self.calendars[years]
