"""Doctor: the machine, the files and the set-up under the record; each finding names its place, cause and cure."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from ubtui import keyfile
from ubtui.db import connect, migrate
from ubtui.db.errors import RecordError
from ubtui.db.session import Session
from ubtui.domain.dates import format_instant, parse_instant
from ubtui.services.finding import Finding
from ubtui.settings import District, SettingsError, district

NETWORK: Final = frozenset(
    ["nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "9p", "fuse.sshfs", "fuse.glusterfs", "ceph", "lustre", "ncpfs"]
)
ROOM: Final = 200 * 1024 * 1024
AHEAD: Final = timedelta(minutes=5)
POSTGRES_FROM: Final = 140000
_OWN_COPY: Final = "write there what `ubtui settings show --format toml` says; changes: `ubtui settings apply`"


def folder(place: Path, uid: int, mounts: Path = Path("/proc/mounts")) -> Iterator[Finding]:
    """Owners, rights, disk and filesystem of a district's folder."""
    for path in [place, *sorted(place.iterdir())]:
        found = path.lstat()
        kind, right = ("folder", 0o700) if path == place else ("file", 0o600)
        if stat.S_ISLNK(found.st_mode):
            yield Finding(kind, str(path), "is a link", "put the real file there: locks and rights follow the file")
            continue
        if found.st_uid != uid:
            yield Finding(
                kind, str(path), f"belongs to {_name(found.st_uid)}, not to you", f"chown {_name(uid)} {path}"
            )
        if path == place or path.name.startswith(("ubtui.db", "district.toml", "keys.toml")):
            mode = stat.S_IMODE(found.st_mode)
            if mode & 0o022:
                yield Finding(kind, str(path), f"others can write it ({mode:04o})", f"chmod {right:04o} {path}")
            elif mode & 0o055:
                yield Finding(kind, str(path), f"others can read it ({mode:04o})", f"chmod {right:04o} {path}")
    for parent in place.resolve().parents:
        found = parent.stat()
        if found.st_mode & 0o022 and not found.st_mode & stat.S_ISVTX:
            yield Finding("folder", str(parent), "others can replace what lies in it", f"chmod go-w {parent}")
    if (kind := _filesystem(place, mounts)) in NETWORK:
        yield Finding(
            "disk", str(place), f"is on a network ({kind})", "move the folder to a local disk: locks fail there"
        )
    database = place / "ubtui.db"
    need = max(ROOM, 2 * database.stat().st_size if database.exists() else 0)
    if (free := shutil.disk_usage(place).free) < need:
        yield Finding("disk", str(place), f"{free >> 20} MB are free, {need >> 20} are needed", "free some space")


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _filesystem(place: Path, mounts: Path) -> str:
    best, kind = "", ""
    try:
        lines = mounts.read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    here = str(place.resolve())
    for line in lines:
        _, at, found, *_ = line.split(" ", 3)
        at = at.replace("\\040", " ")
        if (here == at or here.startswith(at.rstrip("/") + "/")) and len(at) >= len(best):
            best, kind = at, found
    return kind


def library(version: tuple[int, ...]) -> Iterator[Finding]:
    """The SQLite in use."""
    if version < connect.FIXED_IN:
        text, needed = ".".join(map(str, version)), ".".join(map(str, connect.FIXED_IN))
        yield Finding("SQLite", text, "may damage the file when two seats write", f"install apsw {needed} or newer")


def server(session: Session, live: bool) -> Iterator[Finding]:
    """The PostgreSQL server: version, checksums, encoding, collation, durability, and what this login may do."""

    def shown(name: str) -> str:
        return str(session.value("SELECT current_setting(?, true)", [name]))

    where = str(session.value("SELECT current_database()"))
    if int(shown("server_version_num")) < POSTGRES_FROM:
        yield Finding("PostgreSQL", shown("server_version"), "is older than 14", "update the server")
    if shown("data_checksums") != "on":
        yield Finding("PostgreSQL", where, "keeps no checksums of its pages", "stop it and run pg_checksums --enable")
    if shown("server_encoding") != "UTF8":
        yield Finding(
            "PostgreSQL", where, f"stores {shown('server_encoding')}", "make the database with ENCODING 'UTF8'"
        )
    collation, kept, actual = (
        session.rows(
            "SELECT datcollate, datcollversion, pg_database_collation_actual_version(oid) FROM pg_database"
            " WHERE datname = current_database()"
        )[0]
        if int(shown("server_version_num")) >= 150000
        else (shown("lc_collate"), None, None)
    )
    if collation not in ("C", "POSIX", "C.UTF-8", "C.utf8"):
        yield Finding(
            "PostgreSQL",
            where,
            f"sorts by {collation}",
            f"CREATE DATABASE {where} TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C', then restore into it",
        )
    if kept != actual:
        yield Finding("PostgreSQL", where, "its collation changed under the indexes", "REINDEX DATABASE, then REFRESH")
    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        if shown(name) == "off":
            yield Finding(
                "PostgreSQL", name, "is off: a power cut loses committed work", f"ALTER SYSTEM SET {name} = on"
            )
    if live and session.value("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        who = session.value("SELECT current_user")
        yield Finding("PostgreSQL", str(who), "is a superuser: guards do not hold it", "connect seats as a plain role")


def record(session: Session, data: str, uid: int, utc: Callable[[], datetime]) -> Iterator[Finding]:
    """The schema and settings of a connected record, and the clock against what it has seen."""
    if not session.database.table_exists("migration"):
        yield Finding("record", data, "holds no district", "make one with `ubtui init` or `ubtui demo`")
        return
    if waiting := migrate.pending(session):
        yield Finding("schema", ", ".join(waiting), "has not run here", "ubtui doctor --upgrade")
        return
    known = {name for name, _ in migrate.known()}
    if newer := {row[0] for row in session.rows("SELECT name FROM migration")} - known:
        yield Finding("schema", ", ".join(sorted(newer)), "is newer than this program", "update ubtui")
    meta: dict[str, str] = dict(session.rows("SELECT key, value FROM meta"))
    if meta.get("schema") != migrate.schema_digest(session):
        yield Finding("schema", data, "tables or guards are not as this program made them", "ubtui verify names them")
    if "district" not in meta:
        yield Finding("record", data, "setting up was broken off", "run `ubtui init` again")
        return
    try:
        found = district(meta["district"], "the record's district file")
    except SettingsError as exc:
        for line in str(exc).splitlines():
            yield Finding("settings", data, line, "restore the last verified backup")
        return
    today = _today(found, meta, utc)
    yield from _settings(session, found, meta, data, uid)
    for name in ("OFFICE", "LEGAL", "BANK"):
        last = session.value("SELECT MAX(year) FROM calendar_year WHERE calendar = ?", [name])
        if last is None or last < today.year + 1:
            yield Finding("calendar_year", name, f"ends with {last}", "enter the coming years' holidays")
    ahead = session.value("SELECT MAX(ym) FROM period WHERE status = 'open'")
    if ahead is None or ahead < today.year * 100 + today.month:
        yield Finding("period", str(ahead), "no ledger month is open today", "run `ubtui worklist refresh`")
    yield from _clock(session, found, today, utc())


def _today(found: District, meta: dict[str, str], utc: Callable[[], datetime]) -> date:
    if found.kind != "live":
        return date.fromisoformat(meta["today"])
    import pendulum

    return utc().astimezone(pendulum.timezone(found.zone)).date()


def _settings(session: Session, found: District, meta: dict[str, str], data: str, uid: int) -> Iterator[Finding]:
    file = Path(data) / "district.toml"
    if session.kind == "sqlite":
        try:
            if file.read_text("utf-8") != meta["district"]:
                yield Finding("settings", str(file), "differs from the record's own copy, which rules", _OWN_COPY)
        except (OSError, UnicodeDecodeError) as exc:
            yield Finding("settings", str(file), f"cannot be read ({exc})", _OWN_COPY)
    if found.service_uid is not None and uid != found.service_uid:
        yield Finding(
            "seat", _name(uid), f"is not the service account {_name(found.service_uid)}", "start ubtui through sudo"
        )
    if found.seat_keys is not None:
        keys = Path(found.seat_keys)
        try:
            if keys.stat().st_uid != 0 or keys.stat().st_mode & 0o022:
                yield Finding(
                    "seat", str(keys), "others than root can write it", f"chown root {keys}; chmod go-w {keys}"
                )
        except OSError as exc:
            yield Finding("seat", str(keys), f"{exc.strerror}", "make it, owned by root")
    for name, login in session.rows("SELECT name, login FROM staff WHERE active = 1 AND login IS NOT NULL"):
        try:
            pwd.getpwnam(login)
        except KeyError:
            if found.kind == "live":
                yield Finding(
                    "staff", name, f"has the login {login}, which this machine does not know", "add the login"
                )


def _clock(session: Session, found: District, today: date, real: datetime) -> Iterator[Finding]:
    last = session.one("SELECT seq, at, business_day FROM audit ORDER BY seq DESC LIMIT 1")
    if last is None:
        yield Finding("audit", "all", "the chain is empty, yet the district is set up", "ubtui verify")
        return
    if date.fromisoformat(last[2]) > today:
        yield Finding(
            "clock", today.isoformat(), f"event {last[0]} is of {last[2]}: the day went back", "set the clock"
        )
    if found.kind == "live" and parse_instant(last[1]).replace(tzinfo=real.tzinfo) > real + AHEAD:
        yield Finding(
            "clock", format_instant(real), f"event {last[0]} is of {last[1]}: time went back", "set the clock"
        )


def examine(
    data: str, session: Session, uid: int, utc: Callable[[], datetime], version: tuple[int, ...]
) -> Iterator[Finding]:
    """Everything, for a record that may not even open; `session` is not connected yet, `version` is SQLite's."""
    if session.kind == "sqlite":
        yield from folder(Path(data), uid)
        yield from library(version)
    try:
        session.connect()
        if session.kind == "postgres":
            kind = None
            if session.database.table_exists("meta"):
                kind = session.value("SELECT value FROM meta WHERE key = 'kind'")
            yield from server(session, kind == "live")
        yield from record(session, data, uid, utc)
    except RecordError as exc:
        yield Finding("record", data, str(exc), "check the place, the server and the login, then ask again")
    finally:
        if not session.database.is_closed():
            session.database.close()
    for fault in keyfile.load(Path(data) if session.kind == "sqlite" else None).faults:
        place, _, told = fault.partition(": ")
        yield Finding("keys", place, told.removesuffix("."), "put it right; until then the file changes no key")


def me() -> int:
    """The uid this program runs as."""
    return os.geteuid()
