"""The desk: opens the record, knows who sits here and what day it is, and hands acts and questions to their threads."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from msgspec import Struct, ValidationError, convert
from msgspec.structs import asdict, replace

from ubtui.act import Act, Actor, Done, Form, Look, Refused, Work, append_event, new_key, perform, permissions
from ubtui.db import connect
from ubtui.db.errors import Busy, RecordError
from ubtui.db.migrate import pending, schema_digest
from ubtui.db.session import Session
from ubtui.domain.dates import Clock, FixedDayClock, LiveClock, format_instant
from ubtui.domain.errors import BadValue
from ubtui.settings import District, in_force

P = ParamSpec("P")
T = TypeVar("T")
F = TypeVar("F", bound=Form)
R = TypeVar("R")
DATABASE = "ubtui.db"
# What another seat may have changed since this desk was opened: the settings, the day, the role.
_STANDS = (
    "SELECT (SELECT value FROM meta WHERE key = 'district'), (SELECT value FROM meta WHERE key = 'today'),"
    " (SELECT role FROM staff WHERE name = ? AND active = 1)"
)


class DeskError(Exception):
    """The desk cannot be opened: one sentence with the place and the cure."""


class Seat(Struct, frozen=True):
    """How this person came here: `--as`, `--seat-key`, or the login alone."""

    as_name: str | None = None
    seat_key: str | None = None


def is_url(data: str) -> bool:
    return data.startswith(("postgresql://", "postgres://"))


def open_session(data: str, admin: bool = False) -> Session:
    """A session (not yet connected) on the record at `data`, a folder or a PostgreSQL URL."""
    if is_url(data):
        try:
            return Session(connect.postgres(data))
        except ImportError:
            raise DeskError("PostgreSQL needs the extra: pip install 'ubtui[postgres]'") from None
    folder = Path(data)
    if not (folder / DATABASE).exists() and not admin:
        raise DeskError(
            f"{folder}: no district here; make one with `ubtui init DISTRICT.toml --data {folder}`"
            f" or `ubtui demo {folder}`"
        )
    return Session(connect.sqlite(folder / DATABASE, admin))


def utc_now() -> datetime:
    """Real time; the only place of the program that asks the machine for it."""
    return datetime.now(UTC)


class Desk:
    """One seat at one district, a context manager; `threads=True` keeps database work off the caller's thread."""

    def __init__(
        self,
        data: str,
        seat: Seat | None = None,
        *,
        threads: bool = False,
        clock: Clock | None = None,
        utc: Callable[[], datetime] = utc_now,
    ) -> None:
        self.data, self._clock, self._utc = data, clock, utc
        self.session = open_session(data)
        self._gone = False
        self._listeners: list[Callable[[Done[Any]], None]] = []
        self._writer = ThreadPoolExecutor(1, "writer") if threads else None
        self._reader = ThreadPoolExecutor(1, "reader") if threads else None
        try:
            self._connect()
            self.district, self.actor = self._read(lambda: self._open(seat or Seat()))
        except BaseException:
            self.close()
            raise

    def _connect(self) -> None:
        """Open the line of each thread, side by side: each reads the whole schema."""
        if self._writer is None or self._reader is None:
            self.session.connect()
            return
        for line in [pool.submit(self.session.connect) for pool in (self._writer, self._reader)]:
            line.result()

    def _open(self, seat: Seat) -> tuple[District, Actor]:
        if not self.session.database.table_exists("migration"):
            raise DeskError(f"{self.data}: this database holds no district; make one with `ubtui init`")
        if waiting := pending(self.session):
            raise DeskError(f"{self.data}: the record needs {', '.join(waiting)}; run `ubtui doctor --upgrade`")
        text = self.session.value("SELECT value FROM meta WHERE key = 'district'")
        if text is None:
            raise DeskError(f"{self.data}: setting up was broken off; run `ubtui init` again")
        if self.session.value("SELECT value FROM meta WHERE key = 'schema'") != schema_digest(self.session):
            raise DeskError(f"{self.data}: tables or guards are not as this program made them; run `ubtui doctor`")
        found = in_force(text)
        if self._clock is None:
            self._clock = self._own_clock(found)
        return found, resolve(self.session, found, seat)

    def _own_clock(self, found: District) -> Clock:
        zone = ZoneInfo(found.zone)  # an evening of the kept day is that day's, though UTC has the next
        if found.kind == "live":
            return LiveClock(zone, self._utc)
        day = date.fromisoformat(self.session.value("SELECT value FROM meta WHERE key = 'today'"))
        return FixedDayClock(day, lambda: self._utc().astimezone(zone))

    @property
    def folder(self) -> Path | None:
        """The record's own folder, where nothing else is written; None on a server."""
        return None if is_url(self.data) else Path(self.data)

    def look(self) -> Look:
        """The look of this moment; call it on a thread that is connected."""
        assert self._clock is not None
        text, day, role = self.session.rows(_STANDS, [self.actor.name])[0]
        self.district, self._gone = in_force(text), role is None
        self.actor = replace(self.actor, role=role or self.actor.role)
        if isinstance(self._clock, FixedDayClock):
            self._clock = self._clock._replace(day=date.fromisoformat(day))
        return Look(
            self.session, self._clock.today(), self._clock.now(), format_instant(self._utc()), self.district, self.actor
        )

    # -- acts and questions, for the shell (waiting) and for the screens (awaited) ------------------------------

    def perform(self, act: Act[F, R], form: F, key: str | None = None, dry_run: bool = False) -> Done[R] | Refused:
        """Do one act and wait for it."""
        return self._tell(self._write(lambda: self._performed(act, form, key, dry_run)))

    async def performing(
        self, act: Act[F, R], form: F, key: str | None = None, dry_run: bool = False
    ) -> Done[R] | Refused:
        """Do one act on the writer's thread."""
        return self._tell(await self._aside(self._writer, lambda: self._performed(act, form, key, dry_run)))

    def ask(self, question: Callable[Concatenate[Look, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Answer one question from a consistent look at the record."""
        return self._read(lambda: self._asked(question, *args, **kwargs))

    async def asking(self, question: Callable[Concatenate[Look, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Answer one question on the reader's thread."""
        return await self._aside(self._reader, lambda: self._asked(question, *args, **kwargs))

    async def exporting(self, question: Callable[Concatenate[Look, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Answer one long question on a line of its own, closed behind it: no list waits until it is written."""

        def alone() -> T:
            self.session.connect()
            try:
                return self._asked(question, *args, **kwargs)
            finally:
                self.session.database.close()

        pool = ThreadPoolExecutor(1, "export")
        try:
            return await self._aside(pool, alone)
        finally:
            pool.shutdown(wait=False)  # who leaves the screen does not wait for the file

    def save(self, call: Callable[Concatenate[Look, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Keep or drop the draft of a form, and nothing else: the one writing that is no act.

        A draft is not the record: it is saved as it is typed, moves nothing and proves nothing, and an event
        of the chain for each pause in typing would bury the events that count. Raises Refused.
        """
        return self._write(lambda: self._saved(call, *args, **kwargs))

    async def saving(self, call: Callable[Concatenate[Look, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The same, on the writer's thread."""
        return await self._aside(self._writer, lambda: self._saved(call, *args, **kwargs))

    def viewed(self, what: str, **facts: str | int) -> None:
        """Append the audit event of a view or export of protected data (outside any act).

        Raises Refused where the permissions do not give it to this role; that is an event as well. Call it before
        anything is shown or written.
        """
        self._write(lambda: self._viewed(what, facts))

    async def viewing(self, what: str, **facts: str | int) -> None:
        """The same, on the writer's thread."""
        await self._aside(self._writer, lambda: self._viewed(what, facts))

    def on_change(self, listener: Callable[[Done[Any]], None]) -> None:
        """Call `listener` after each commit of this desk; what it raises is swallowed, the act stands."""
        self._listeners.append(listener)

    def close(self) -> None:
        """Close both lines."""
        for pool in (self._writer, self._reader):
            if pool is not None:
                pool.submit(self.session.database.close).result()
                pool.shutdown()
        if self._writer is None and not self.session.database.is_closed():
            self.session.database.close()

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _performed(self, act: Act[F, R], form: F, key: str | None, dry_run: bool) -> Done[R] | Refused:
        self.session.mend()
        try:
            answer = perform(self.look(), act, whole(form), key or new_key(), dry_run)
        except RecordError as exc:
            if exc.cause != "unreachable":
                raise
            # Never done again by itself: the answer may be lost after the commit. A known key gives that answer.
            raise Busy(
                "lost", "the server went away meanwhile: do it again, under the same key it is done once"
            ) from exc
        if self.folder is not None and act.name.startswith("settings.") and isinstance(answer, Done) and not dry_run:
            from ubtui.services.office import keep

            with suppress(OSError):  # the act is done; `ubtui doctor` says where the folder's copy is another
                keep(self.folder, self.session.value("SELECT value FROM meta WHERE key = 'district'"))
        return answer

    def _asked(self, question: Callable[Concatenate[Look, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        self.session.mend()
        with self.session.transaction():
            look = self.look()
            if self._gone:
                raise Refused(f"{self.actor.name} has no seat here any more", rule="staff", cure="ask the lead")
            return question(look, *args, **kwargs)

    def _saved(self, call: Callable[Concatenate[Look, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        self.session.mend()
        with self.session.writing():
            return call(self.look(), *args, **kwargs)

    def _viewed(self, what: str, facts: dict[str, str | int]) -> None:
        self.session.mend()
        look = self.look()
        work = Work(look.db, look.today, look.now, look.utc, look.district, look.actor, new_key())
        with self.session.writing():
            no = denied(look, what)
            if no is None:
                append_event(work, what, "viewed", facts, {})
            else:
                append_event(work, what, "refused", {"rule": no.rule}, {"reason": no.reason})
        if no is not None:
            raise no

    def _write(self, call: Callable[[], T]) -> T:
        return self._writer.submit(call).result() if self._writer else call()

    def _read(self, call: Callable[[], T]) -> T:
        return self._reader.submit(call).result() if self._reader else call()

    async def _aside(self, pool: ThreadPoolExecutor | None, call: Callable[[], T]) -> T:
        if pool is None:
            return call()
        import asyncio  # only screens wait this way; the shell starts without it

        return await asyncio.get_running_loop().run_in_executor(pool, call)

    def _tell(self, answer: Done[R] | Refused) -> Done[R] | Refused:
        if isinstance(answer, Done) and not answer.dry_run:
            for listener in self._listeners:
                with suppress(Exception):
                    listener(answer)
        return answer


def whole(form: F) -> F:
    """The form without NUL, which no text of the record may hold and no person types, and within its own limits.

    Raises BadValue for what is longer or otherwise spelled than the form says, whoever filled it in.
    """
    texts = {name: text for name in form.__struct_fields__ if isinstance(text := getattr(form, name), str)}
    bare = {name: text.replace("\0", "") for name, text in texts.items() if "\0" in text}
    made = replace(form, **bare) if bare else form
    try:
        convert(asdict(made), type(made), from_attributes=True)
    except ValidationError as exc:
        from ubtui.services.forms import plain

        raise BadValue(plain(str(exc), type(made))) from exc
    return made


def denied(look: Look, what: str) -> Refused | None:
    """The refusal of a view or export that the permissions do not give to this person's role; None: it is given.

    `copy:ROLE` on a line gives it in sample and training districts alone. What has no line is refused.
    """
    allowed = permissions().get(what, frozenset())
    role = look.db.value("SELECT role FROM staff WHERE name = ? AND active = 1", [look.actor.name])
    if role is None:
        return Refused(f"{look.actor.name} has no seat here", rule="staff", cure="ask the lead to add the login")
    if role in allowed or (look.district.kind != "live" and f"copy:{role}" in allowed):
        return None
    may = sorted(name for name in allowed if not name.startswith("copy:"))
    return Refused(f"the role {role} may not do {what}", rule="permission matrix", cure=f"ask: {', '.join(may)}")


def barred(district: District, role: str, what: str) -> str:
    """Why the permissions do not give an act or view to a role here, in one sentence; "" where they do.

    For telling beforehand: the act and the view ask again, of the record.
    """
    allowed = permissions().get(what, frozenset())
    if role in allowed or (district.kind != "live" and f"copy:{role}" in allowed):
        return ""
    may = sorted(name for name in allowed if not name.startswith("copy:"))
    return f"The role {role} may not do {what}: ask {', '.join(may) or 'nobody, it is given to none'}."


def resolve(session: Session, found: District, seat: Seat) -> Actor:
    """Who sits here. Live: the login's uid, sudo's uid behind the service account, or a seat key; never a prompt.

    `--as NAME` only in sample and training districts (default: ana, or the first technician). Raises DeskError.
    """
    staff = {
        row[0]: row for row in session.rows("SELECT name, role, login, seat_key_sha256 FROM staff WHERE active = 1")
    }
    if found.kind != "live":
        technicians = [name for name, row in staff.items() if row[1] == "technician"]
        name = seat.as_name or ("ana" if "ana" in staff else technicians[0] if technicians else next(iter(staff)))
        if name not in staff:
            raise DeskError(f"--as {name}: nobody of that name works here; staff: {', '.join(sorted(staff))}")
        return Actor(name, staff[name][1], f"as:{name}")
    if seat.as_name:
        raise DeskError("--as is for sample and training districts; a live district takes the login")
    uid, how = os.getuid(), "uid"
    if seat.seat_key is not None:
        return _by_key(staff, found, seat.seat_key)
    if uid == found.service_uid and os.environ.get("SUDO_UID", "").isdigit():
        uid, how = int(os.environ["SUDO_UID"]), "sudo"
    try:
        login = pwd.getpwuid(uid).pw_name
    except KeyError:
        login = ""
    for name, row in staff.items():
        if row[2] and row[2] == login:
            return Actor(name, row[1], f"{how}:{uid}")
    raise DeskError(f"login {login or uid} is not on the staff list; ask the lead to add it to the district's staff")


def _by_key(staff: dict[str, Any], found: District, key: str) -> Actor:
    path = Path(found.seat_keys or "")
    try:
        if not found.seat_keys or path.stat().st_uid != 0 or path.stat().st_mode & 0o022:
            raise DeskError("seat keys need a file that only root can write; name it as seat_keys in the district file")
        lines = path.read_text("utf-8").splitlines()
    except OSError as exc:
        raise DeskError(f"{path}: the seat key file cannot be read ({exc.strerror})") from exc
    for line in lines:
        name, _, secret = line.partition(" ")
        if secret.strip() == key and name in staff:
            return Actor(name, staff[name][1], f"key:{name}")
    raise DeskError("this seat key is not known here")
