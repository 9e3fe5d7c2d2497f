"""The items of the worklist as the record keeps them: which stand, how a cause is described, what is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from ubtui.db.session import Row, Session
from ubtui.detectors.base import Detector, Found, district_of, marks, parts
from ubtui.domain import ranking
from ubtui.domain.calendars import Calendar
from ubtui.domain.canonical import canonical
from ubtui.domain.subjects import ItemKey, Subject
from ubtui.domain.text import clean_text

ACTIVE = ("open", "claimed", "waiting")
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


def demoted(db: Session) -> frozenset[str]:
    """The codes of demoted kinds."""
    return frozenset(code for (code,) in db.rows("SELECT code FROM detector_state WHERE state = 'demoted'"))


@dataclass(frozen=True)
class Items:
    """The items of one set of subjects (None: of all) and how they follow what was found.

    Statements over sets, never one an item, but for changes; `by` is the act that did it, `actor` who.
    """

    db: Session
    today: date
    now: str
    by: str
    actor: str
    subjects: Mapping[str, Sequence[str]] | None
    detectors: Sequence[Detector]
    office: Callable[[date, date], Calendar]

    def follow(self, found: Mapping[Key, tuple[Detector, Found]]) -> tuple[tuple[ItemKey, ...], tuple[ItemKey, ...]]:
        """Open, describe and close items as the causes found now ask for; what appeared or reopened, what closed."""
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
        return tuple(map(_item, sorted([*new, *back]))), tuple(_item(_of(row)) for row in gone)

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
        sql = f"SELECT {_COLUMNS} FROM work_item WHERE subject_type = ? AND subject_key IN"
        asked = [(f"{sql} ({marks(part)})", [kind, *part]) for kind, keys in wanted for part in parts(keys)]
        for rows in self.db.together(asked):
            out.update((_of(row), row) for row in rows if row[1] in codes)
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
            return self.office(min(self.today, other), max(self.today, other)).between(self.today, other)

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

    def _backlogged(self) -> frozenset[str]:
        """The codes whose items wait in the backlog until a day's quota releases them: projects, and demoted kinds."""
        return demoted(self.db) | {d.code for d in self.detectors if d.project}

    def _waiting(self, new: Sequence[Key], drafts: Mapping[Key, list[Any]]) -> set[Key]:
        """Which of the new items wait in the backlog: of a stock the weightiest, as many as a day takes, do not."""
        codes, quota = self._backlogged(), district_of(self.db).worklist.backlog_per_day
        waiting = {key for key in new if key[0] in codes}
        for code in {d.code for d in self.detectors if d.stock} - codes:
            found = sorted((key for key in new if key[0] == code), key=lambda key: (-drafts[key][-1], key))
            waiting.update(found[quota:])
        return waiting

    def _reopen(self, back: Sequence[Key], rows: Mapping[Key, Row], drafts: Mapping[Key, list[Any]]) -> None:
        codes = self._backlogged() if back else frozenset()
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
