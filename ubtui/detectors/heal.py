"""Brings the worklist in step with its causes: after an act for what it touched, every night for everything."""

# Length: one reconciliation serves healing, refresh and releases; its parts are read together.
from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from ubtui.db.calendars import office
from ubtui.db.session import Row, Session
from ubtui.detectors.asked import Answers
from ubtui.detectors.base import Ask, Detector, Found, district_of, marks, parts
from ubtui.detectors.base import parameters as parameters
from ubtui.detectors.holding import Holding
from ubtui.detectors.readings import due_before_bill
from ubtui.detectors.registry import DETECTORS
from ubtui.domain import ranking
from ubtui.domain.calendars import Calendar
from ubtui.domain.canonical import canonical
from ubtui.domain.subjects import ItemKey, Subject
from ubtui.domain.text import clean_text

ACTIVE = ("open", "claimed", "waiting")
LEAST_PAIRS = 30
_MOST_RATIO = 1_000_000_000  # millionths: detectors multiply by it
_MANY, _FEW = 1000, 2
_KEY = "id, code, subject_type, subject_key, period, state"
_NAMES = (
    "title why who place account_id account point_id cycle route customer_class money_cents units evidence due_on"
    " due_source role priority_calc"
)
_FACTS = _NAMES.split()
_COLUMNS = f"{_KEY}, {', '.join(_FACTS)}, detected_on, override_reason, dismissed_until"
_AT = {name: place for place, name in enumerate(_COLUMNS.split(", "))}

Key = tuple[str, str, str, str]
"""Code, subject type, subject key, period."""


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


def backlogged(db: Session) -> frozenset[str]:
    """The codes whose items wait in the backlog until a day's quota releases them: projects, and demoted kinds."""
    demoted = db.rows("SELECT code FROM detector_state WHERE state = 'demoted'")
    return frozenset([*(d.code for d in DETECTORS if d.project), *(code for (code,) in demoted)])


class _Reconciliation:
    """Found against existing, for one set of subjects; statements over sets, never one an item, but for changes."""

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
        found = self.found()
        rows = self._existing(found)
        silent = {key[:3] for key, row in rows.items() if row[5] == "dismissed" and self._silenced(row)}
        told = {key[1:] for key, (d, _) in found.items() if d.holds and key[:3] not in silent}
        found = {key: each for key, each in found.items() if not (each[0].alone and key[1:] in told)}
        standing = {key: row for key, row in rows.items() if row[5] in ACTIVE}
        gone = [standing[key] for key in sorted(standing) if key not in found]
        drafts = self._described(found, rows)
        new = [key for key in found if key not in rows and key[:3] not in silent]
        back = [key for key in found if key in rows and key not in standing and key[:3] not in silent]
        self._close(gone)
        self._insert(new, drafts)
        self._reopen(back, rows, drafts)
        self._seen([key for key in found if key in standing], rows, drafts)
        if any(key[0][0] == "R" for key in (*new, *back)) or any(row[1][0] == "R" for row in gone):
            self._parents()
        return Healed(tuple(map(_item, sorted([*new, *back]))), tuple(_item(_of(row)) for row in gone))

    # -- what is found ------------------------------------------------------------------------------------------

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
            heard: list[Callable[[], Iterable[object]]] = [partial(d.find, ask) for d, ask in asks]
            if holding.codes and (points := subjects.get("point")):
                heard.append(partial(self.asking.rows, *holding.question(points)))
            self.asking.foresee(heard)
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

    # -- what stands --------------------------------------------------------------------------------------------

    def _existing(self, found: Mapping[Key, object]) -> dict[Key, Row]:
        """Items by key: of the subjects asked for; else all active ones, and what there is of subjects found anew."""
        codes = [d.code for d in self.detectors]
        out: dict[Key, Row] = {}
        if self.subjects is not None:
            wanted = [(kind, list(keys)) for kind, keys in self.subjects.items() if keys]
        else:
            sql = f"SELECT {_COLUMNS} FROM work_item WHERE state IN ('open', 'claimed', 'waiting')"
            out = {_of(row): row for row in self.db.rows(sql) if row[1] in codes}
            unknown: dict[str, dict[str, None]] = defaultdict(dict)
            for key in found:
                if key not in out:
                    unknown[key[1]][key[2]] = None
            wanted = [(kind, list(keys)) for kind, keys in unknown.items()]
        for kind, keys in wanted:
            for part in parts(keys):
                sql = f"SELECT {_COLUMNS} FROM work_item WHERE subject_type = ? AND subject_key IN ({marks(part)})"
                out.update((_of(row), row) for row in self.db.rows(sql, [kind, *part]) if row[1] in codes)
        return out

    def _silenced(self, row: Row) -> bool:
        until = row[_AT["dismissed_until"]]
        return until is None or bool(until >= self.today.isoformat())

    # -- words and numbers --------------------------------------------------------------------------------------

    def _described(self, found: Mapping[Key, tuple[Detector, Found]], rows: Mapping[Key, Row]) -> dict[Key, list[Any]]:
        """The facts of each item found, in the order of `_FACTS`."""
        points = self._points({f.point_id for _, f in found.values() if f.point_id is not None})
        for _, f in found.values():
            if f.account_id is None and f.point_id in points:
                f.account_id = points[f.point_id][2]
        accounts = self._accounts({f.account_id for _, f in found.values() if f.account_id is not None})
        out = {}
        for key, (d, f) in found.items():
            number, cycle, who, place, kind = accounts.get(f.account_id or 0, (None, None, "", "", None))
            where, route, _, premise_class = points.get(f.point_id or 0, (place, None, None, None))
            row = rows.get(key)
            due = f.due_on
            if due is None and d.sla_days is not None:
                first = row and row[5] in ACTIVE and row[_AT["detected_on"]]
                due = (date.fromisoformat(first) if first else self.today) + timedelta(days=d.sla_days)
            out[key] = [
                clean_text(f.title, 80), clean_text(f.why, 300), clean_text(who or f.who, 120), clean_text(where, 120),
                f.account_id, number, f.point_id, cycle, route,
                kind or premise_class, f.money_cents, f.units, canonical(_plain(f.evidence)),
                due.isoformat() if due else None, f.due_source if due else None, f.role or d.role,
                self._score(d, f, due),
            ]  # fmt: skip
        return out

    def _score(self, d: Detector, f: Found, due: date | None) -> int:
        def until(day: date | None) -> int | None:
            if day is None:
                return None
            near = max(-30, min(30, (day - self.today).days))
            other = self.today + timedelta(days=near)
            return self._office(min(self.today, other), max(self.today, other)).between(self.today, other)

        late = until(due)
        return ranking.priority(
            d.code, f.money_cents, -late if late is not None else 0, until(f.deadline_on), until(f.bill_on)
        )

    def _points(self, ids: Iterable[int]) -> dict[int, tuple[str, str | None, int | None, str]]:
        """Address, route, account and class of service points."""
        out = {}
        for part in parts(sorted(ids)):
            sql = (
                "SELECT p.id, m.address, t.code, (SELECT MIN(s.account_id) FROM live_service s WHERE s.point_id = p.id"
                " AND s.to_on IS NULL), m.customer_class FROM service_point p JOIN premise m ON m.id = p.premise_id"
                f" LEFT JOIN route t ON t.id = p.route_id WHERE p.id IN ({marks(part)})"
            )
            out.update({row[0]: row[1:] for row in self.db.rows(sql, part)})
        return out

    def _accounts(self, ids: Iterable[int]) -> dict[int, tuple[str, str, str, str, str]]:
        """Number, cycle, holder, a place and class of accounts; the holder is the payer, else the owner."""
        out = {}
        for part in parts(sorted(ids)):
            sql = (
                "SELECT a.id, a.number, c.code, COALESCE((SELECT y.name FROM party y WHERE y.id = (SELECT o.party_id"
                " FROM account_role o WHERE o.account_id = a.id AND o.to_on IS NULL AND o.role IN ('payer', 'owner')"
                " ORDER BY o.role DESC, o.id LIMIT 1)), ''), COALESCE((SELECT MIN(m.address) FROM service s"
                " JOIN service_point p ON p.id = s.point_id JOIN premise m ON m.id = p.premise_id"
                " WHERE s.account_id = a.id), ''), a.customer_class FROM account a JOIN cycle c ON c.id = a.cycle_id"
                f" WHERE a.id IN ({marks(part)})"
            )
            out.update({row[0]: row[1:] for row in self.db.rows(sql, part)})
        return out

    # -- changes ------------------------------------------------------------------------------------------------

    def _close(self, gone: Sequence[Row]) -> None:
        for part in parts([row[0] for row in gone]):
            self.db.run(
                "UPDATE work_item SET state = 'resolved', assignee = NULL, lease_until = NULL, wait_for = NULL,"
                " wake_on = NULL, resolved_by = ?, resolved_at = ?, resolution = 'cause gone', version = version + 1"
                f" WHERE id IN ({marks(part)})",
                [self.by, self.now, *part],
            )
        self._events([row[0] for row in gone], "resolved", f"cause gone ({self.by})")

    def _insert(self, new: Sequence[Key], drafts: Mapping[Key, list[Any]]) -> None:
        if not new:
            return
        last = self.db.value("SELECT COALESCE(MAX(id), 0) FROM work_item")
        day, consequences = self.today.isoformat(), {d.code: d.consequence for d in self.detectors}
        columns = [
            "code", "grp", "subject_type", "subject_key", "period", *_FACTS, "priority", "consequence", "detected_on",
            "detected_at", "last_seen_at", "raised_by", "backlog",
        ]  # fmt: skip
        waiting = self._waiting(new, drafts)
        rows = [
            (
                key[0], key[0][0], *key[1:], *drafts[key], drafts[key][-1], consequences[key[0]], day, self.now,
                self.now, f"detector {key[0]}", int(key in waiting),
            )
            for key in sorted(new)
        ]  # fmt: skip
        self.db.load("work_item", columns, rows)
        self.db.run(
            "INSERT INTO work_event(item_id, at, actor, kind, note) SELECT id, ?, CAST(? AS text), 'raised', why"
            " FROM work_item WHERE id > ?",
            [self.now, self.actor, last],
        )

    def _waiting(self, new: Sequence[Key], drafts: Mapping[Key, list[Any]]) -> set[Key]:
        """Which of the new items wait in the backlog: of a stock the weightiest, as many as a day takes, do not."""
        codes, quota = backlogged(self.db), district_of(self.db).worklist.backlog_per_day
        waiting = {key for key in new if key[0] in codes}
        for code in {d.code for d in self.detectors if d.stock} - codes:
            found = sorted((key for key in new if key[0] == code), key=lambda key: (-drafts[key][-1], key))
            waiting.update(found[quota:])
        return waiting

    def _reopen(self, back: Sequence[Key], rows: Mapping[Key, Row], drafts: Mapping[Key, list[Any]]) -> None:
        codes = backlogged(self.db) if back else frozenset()
        for key in back:
            self.db.run(
                "UPDATE work_item SET state = 'open', reopen_count = reopen_count + 1, resolved_by = NULL,"
                " resolved_at = NULL, resolution = NULL, dismissed_until = NULL, last_seen_at = ?, detected_on = ?,"
                " backlog = ?, version = version + 1 WHERE id = ?",
                [self.now, self.today.isoformat(), int(key[0] in codes), rows[key][0]],
            )
            self._update(rows[key], drafts[key])
        self._events([rows[key][0] for key in back], "reopened", "the cause is back")

    def _seen(self, keys: Sequence[Key], rows: Mapping[Key, Row], drafts: Mapping[Key, list[Any]]) -> None:
        """Detected again: claims, waits and versions stay; what is known of the cause is brought up to date."""
        for part in parts([rows[key][0] for key in keys]):
            self.db.run(
                f"UPDATE work_item SET last_seen_at = ?, seen_count = seen_count + 1 WHERE id IN ({marks(part)})",
                [self.now, *part],
            )
        for key in keys:
            if list(rows[key][6 : 6 + len(_FACTS)]) != drafts[key]:
                self._update(rows[key], drafts[key])

    def _update(self, row: Row, draft: list[Any]) -> None:
        priority = "" if row[_AT["override_reason"]] else ", priority = ?"
        self.db.run(
            f"UPDATE work_item SET {', '.join(f'{name} = ?' for name in _FACTS)}{priority} WHERE id = ?",
            [*draft, *([draft[-1]] if priority else []), row[0]],
        )

    def _events(self, ids: Sequence[int], kind: str, note: str) -> None:
        if ids:
            self.db.load(
                "work_event",
                ["item_id", "at", "actor", "kind", "note"],
                [(i, self.now, self.actor, kind, note) for i in ids],
            )

    def _parents(self) -> None:
        """Of several readings items on one point and period, the weightiest is the others' parent (for display)."""
        keys = None if self.subjects is None else list(self.subjects.get("point", ()))
        if keys == []:
            return
        only = "" if keys is None else f" AND subject_key IN ({marks(keys)})"
        first = (
            "NULLIF((SELECT q.id FROM work_item q WHERE q.subject_type = work_item.subject_type"
            " AND q.subject_key = work_item.subject_key AND q.period = work_item.period AND q.grp = 'R'"
            " AND q.state IN ('open', 'claimed', 'waiting') ORDER BY q.priority DESC, q.code LIMIT 1), work_item.id)"
        )
        self.db.run(
            f"UPDATE work_item SET parent_id = {first} WHERE subject_type = 'point' AND grp = 'R'"
            f" AND state IN ('open', 'claimed', 'waiting'){only} AND parent_id IS DISTINCT FROM {first}",
            keys or [],
        )


def _of(row: Row) -> Key:
    return row[1], row[2], row[3], row[4]


def _item(key: Key) -> ItemKey:
    return ItemKey(key[0], Subject(key[1], key[2]), key[3])


def _plain(evidence: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: clean_text(value, 300) if isinstance(value, str) else value
        for name, value in evidence.items()
        if value is not None
    }
