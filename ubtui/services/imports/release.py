"""The release of a batch by one act, and the sweeping of batches that never came so far."""

from __future__ import annotations

import os
import socket
from datetime import timedelta
from typing import Annotated, Any, Final, get_args

import msgspec

from ubtui.act import Form, Look, Refused, Work, act
from ubtui.db.models.office import Batch, StagedRow
from ubtui.db.models.reads import ReadSkip
from ubtui.db.session import Session
from ubtui.domain.dates import parse_instant
from ubtui.exchange.fields import convert
from ubtui.exchange.profile import load
from ubtui.services.imports.between import placed
from ubtui.services.imports.reads import NOT_READ
from ubtui.services.reads import Why, released

_HERE = timedelta(hours=12)
_ELSEWHERE = timedelta(minutes=30)
_PART = 5_000
RUNNING: Final[set[str]] = set()
"""Imports of this very process that are neither released nor given up."""

# How the rows of a batch leave again, children first; all of it before its release only.
_UNDO: Final = (
    "DELETE FROM external_id WHERE subject_type = 'account' AND subject_id IN"
    " (SELECT id FROM account WHERE batch_id = ?)",
    "DELETE FROM external_id WHERE subject_type = 'point' AND subject_id IN"
    " (SELECT id FROM service_point WHERE batch_id = ?)",
    "DELETE FROM install WHERE batch_id = ?",
    "DELETE FROM endpoint WHERE meter_id IN (SELECT id FROM meter WHERE batch_id = ?)",
    "DELETE FROM register WHERE meter_id IN (SELECT id FROM meter WHERE batch_id = ?)",
    "DELETE FROM meter WHERE batch_id = ?",
    "DELETE FROM service WHERE batch_id = ?",
    "DELETE FROM account_parcel WHERE account_id IN (SELECT id FROM account WHERE batch_id = ?)",
    "DELETE FROM account_role WHERE batch_id = ?",
    "DELETE FROM account WHERE batch_id = ?",
    "DELETE FROM service_point WHERE batch_id = ?",
    "DELETE FROM premise WHERE batch_id = ?",
    "DELETE FROM party WHERE batch_id = ?",
    "DELETE FROM county_owner WHERE batch_id = ?",
    "DELETE FROM parcel WHERE batch_id = ?",
    "DELETE FROM staged_row WHERE batch_id = ?",
    "DELETE FROM linked_row WHERE batch_id = ?",
)


class Release(Form, frozen=True, kw_only=True):
    """Which batch: by what it is and what the file held, so that a repeated import finds its first answer."""

    kind: Annotated[str, msgspec.Meta(description="parcels, accounts, meters, reads, usage or owners")]
    sha256: Annotated[str, msgspec.Meta(description="SHA-256 of the file", min_length=64, max_length=64)]


class Released(msgspec.Struct, frozen=True):
    """What came in; `held` are its reads that wait for a person now, also those that only a check at the release holds.

    Such a read is among `accepted` too: its row went in without a doubt of its own.
    """

    batch: int
    accepted: int
    held: int
    staged: int
    total_cents: int


@act("import.release")
def release(work: Work, form: Release) -> Released:
    """Let every reader see a batch: one row says so; summaries, medians and the worklist follow in the same commit."""
    row = work.db.one(
        "SELECT id, accepted, held, staged, total_cents, control, source FROM batch WHERE kind = ? AND sha256 = ?"
        " AND released_at IS NULL AND abandoned_at IS NULL ORDER BY id DESC LIMIT 1",
        [form.kind, form.sha256],
    )
    if row is None or not msgspec.json.decode(row[5]).get("complete"):
        raise Refused("no batch of this content waits for release", rule="imports", cure="import the file again")
    work.db.update(Batch, int(row[0]), released_by=work.actor.name, released_at=work.now)
    RUNNING.discard(msgspec.json.decode(row[5]).get("token", ""))
    work.detail(source=row[6])
    work.touch("run", f"import/{work.today.isoformat()}")
    accepted, staged = int(row[1]), int(row[3])
    if form.kind == "reads":
        _skips(work, int(row[0]))
        if stay := placed(work, int(row[0])):
            accepted, staged = accepted - stay, staged + stay
    released(work, int(row[0]))
    held = int(work.db.value("SELECT COUNT(*) FROM read WHERE batch_id = ? AND status = 'held'", [row[0]]))
    work.fact(batch=row[0], kind=form.kind, accepted=accepted, held=held, staged=staged, cents=row[4])
    return Released(int(row[0]), accepted, held, staged, int(row[4]))


def _skips(work: Work, batch_id: int) -> None:
    """Rows that bring no read but say why become skips of their windows; the first reason of a window stands."""
    rows = work.db.rows(
        "SELECT s.id, s.point_id, s.period, s.fields, b.profile FROM staged_row s JOIN batch b ON b.id = s.batch_id"
        " WHERE s.batch_id = ? AND s.reason = ? AND s.state = 'staged' AND s.point_id IS NOT NULL"
        " AND s.period IS NOT NULL ORDER BY s.row_no",
        [batch_id, NOT_READ],
    )
    layout = load(rows[0][4], "reads") if rows else None
    for row_id, point_id, period, texts, _ in rows:
        assert layout is not None
        values, _ = convert(layout, msgspec.json.decode(texts))
        known = work.db.one("SELECT 1 FROM read_skip WHERE point_id = ? AND period = ?", [point_id, period])
        if known is None:
            why = values["trouble"] if values["trouble"] in get_args(Why) else "other"
            work.db.insert(
                ReadSkip, point_id=point_id, period=period, skipped_on=values["date"][:10], why=why,
                note="" if why == values["trouble"] else f"code {values['trouble']}", by_staff=work.actor.name,
                at=work.now,
            )  # fmt: skip
        work.db.update(
            StagedRow, row_id, state="kept", decided_by=work.actor.name, decided_at=work.now, why="kept as a skip"
        )


def answered(look: Look, key: str) -> bool:
    """Whether an act was done under this key."""
    return look.db.value("SELECT 1 FROM act_result WHERE key = ?", [key]) is not None


def alive(control: str, utc: str) -> bool:
    """Whether the import that wrote this note still runs: its process on this machine, else a fresh sign of life."""
    note: dict[str, Any] = msgspec.json.decode(control)
    try:
        age = parse_instant(utc) - parse_instant(note["at"])
        host, pid = note["host"], int(note["pid"])
    except (KeyError, ValueError):
        return False
    if host != socket.gethostname():
        return age < _ELSEWHERE
    if pid == os.getpid():
        return note.get("token") in RUNNING
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return age < _HERE


def sweep(db: Session, now: str, utc: str, mine: int | None = None) -> int:
    """Take out what imports left that never came to their release; how many. `mine` is a batch its import gives up.

    Runs in the caller's transaction if there is one, else in short ones of its own.
    """
    waiting = db.rows(
        "SELECT id, control FROM batch WHERE released_at IS NULL AND abandoned_at IS NULL AND kind IN"
        " ('parcels', 'accounts', 'meters', 'reads', 'usage', 'owners')"
    )
    gone = [(int(i), control) for i, control in waiting if i == mine or (mine is None and not alive(control, utc))]
    for batch_id, control in gone:
        note = msgspec.json.decode(control)
        _undo(db, batch_id, note.get("routes", []), now)
        RUNNING.discard(note.get("token", ""))
    return len(gone)


def _undo(db: Session, batch_id: int, routes: list[str], now: str) -> None:
    while True:
        with db.writing():
            part = f"SELECT register_id, read_on, seq FROM read WHERE batch_id = ? LIMIT {_PART}"
            if not db.run(f"DELETE FROM read WHERE (register_id, read_on, seq) IN ({part})", [batch_id]):
                break
    with db.writing():
        for sql in _UNDO:
            db.run(sql, [batch_id])
        for code in routes:
            db.run(
                "DELETE FROM route WHERE code = ? AND NOT EXISTS"
                " (SELECT 1 FROM service_point p WHERE p.route_id = route.id)",
                [code],
            )
        db.update(Batch, batch_id, abandoned_at=now)
