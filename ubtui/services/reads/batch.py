"""A batch that was released: its reads measured anew, summaries, medians, and the subjects that it concerns."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ubtui.act import Work
from ubtui.db.session import Row, Session
from ubtui.detectors.base import marks
from ubtui.detectors.billing import kept_back
from ubtui.detectors.heal import medians, run
from ubtui.detectors.meters import concerned
from ubtui.detectors.readings import strangers
from ubtui.detectors.readings.appended import appended
from ubtui.detectors.readings.summaries import READS, faces
from ubtui.domain.numbers import format_account
from ubtui.services.reads.carrying import LINKED
from ubtui.services.reads.placing import confirmed, parts, place, step

_CONCERNED = {
    "point": "SELECT p.number FROM service_point p JOIN read r ON r.point_id = p.id WHERE r.batch_id = ?"
    " UNION SELECT p.number FROM service_point p JOIN staged_row s ON s.point_id = p.id WHERE s.batch_id = ?"
    " UNION SELECT p.number FROM service_point p JOIN install i ON i.point_id = p.id WHERE i.batch_id = ?"
    " UNION SELECT p.number FROM service_point p WHERE p.batch_id = ?",
    "account": "SELECT a.number FROM account a WHERE a.batch_id = ?"
    " UNION SELECT a.number FROM county_owner n JOIN account_parcel l ON l.parcel_id = n.parcel_id"
    " JOIN account a ON a.id = l.account_id WHERE n.batch_id = ?",
}


def released(work: Work, batch_id: int) -> None:
    """Judge a batch of any kind that was just released: summaries, medians, and the subjects it concerns.

    Call it once, inside the act that releases, after the batch's own row says so and everything else is touched:
    the act's healing is then done, and the audit does not name every point of a large file.
    """
    db = work.db
    _rechecked(db, batch_id)
    appended(db, [r[0] for r in db.rows("SELECT DISTINCT register_id FROM read WHERE batch_id = ?", [batch_id])])
    moved = medians(db, work.today)
    keys = {kind: {row[0] for row in db.rows(sql, [batch_id] * sql.count("?"))} for kind, sql in _CONCERNED.items()}
    keys["account"] = {format_account(number) for number in keys["account"]} | kept_back(db, batch_id)
    if moved:
        keys["point"] |= {
            row[0]
            for row in db.rows(
                "SELECT DISTINCT p.number FROM read_summary r JOIN service_point p ON p.id = r.point_id"
                f" WHERE r.period IN ({marks(moved)})",
                moved,
            )
        }
    for subject in (*work.subjects, *concerned(db, batch_id, work.today), *strangers(db, batch_id)):
        keys.setdefault(subject.type, set()).add(subject.key)
    subjects: dict[str, Sequence[str]] = {kind: sorted(found) for kind, found in keys.items()}
    work.healed = run(db, work.today, work.now, subjects, by="import.release", actor=work.actor.name)


def _rechecked(db: Session, batch_id: int) -> None:
    """Measure the batch's reads, and reads behind them, anew where other acts came between staging and release.

    While it was staged each read was judged against the newest one its register had then, and by itself.
    """
    points = _touched_since(db, db.value("SELECT control FROM batch WHERE id = ?", [batch_id]))
    which = "SELECT DISTINCT r.register_id, r.point_id FROM read r"
    value = "r.batch_id = ? AND r.value IS NOT NULL"
    if points is None:
        found = db.rows(f"{which} WHERE {value}", [batch_id])
    else:
        found = []
        for part in parts(sorted(points)):
            there = f"JOIN service_point p ON p.id = r.point_id WHERE p.number IN ({marks(part)}) AND {value}"
            found += db.rows(f"{which} {there}", [*part, batch_id])
    for part in parts(found):
        at: dict[int, int] = dict(part)
        ids = list(at)
        own = db.rows(
            f"SELECT register_id, read_on, seq FROM read WHERE batch_id = ? AND register_id IN ({marks(ids)})",
            [batch_id, *ids],
        )
        mine, registers, right = set(map(tuple, own)), faces(db, at), confirmed(db, ids)
        before: Row | None = None
        for row in db.rows(READS.format(marks(ids)), ids):
            prev = before if before is not None and before[0] == row[0] else None
            if row[10] != "billed" and (row[:3] in mine or (prev is not None and prev[:3] in mine)):
                place(db, row, prev, *registers[row[0]], row[:3] in right)
            before = row
    for register, since in db.rows(
        f"SELECT register_id, MIN(read_on) FROM read WHERE batch_id = ? AND register_id IN ({LINKED})"
        " GROUP BY register_id ORDER BY register_id",
        [batch_id],
    ):
        step(db, register, since)


def _touched_since(db: Session, control: str) -> set[str] | None:
    """Points that acts concerned since a batch began to be staged; None where any may have been."""
    begun = json.loads(control).get("seq")
    if begun is None:
        return None
    points: set[str] = set()
    for name, about in db.rows("SELECT act, object FROM audit WHERE seq > ? AND outcome = 'done'", [begun]):
        if name == "import.release":  # it does not name the points of its file
            return None
        points |= {key.partition(":")[2] for key in json.loads(about) if key.startswith("point:")}
    return points
