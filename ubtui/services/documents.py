"""Papers: keeping what proves a thing beside its subject, once a content, as it came."""

from __future__ import annotations

import base64
import binascii
import errno
import hashlib
import mimetypes
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec

from ubtui.act import Form, Look, Refused, Work, act
from ubtui.db.models import office
from ubtui.domain.errors import BadValue
from ubtui.domain.numbers import format_account, parse_account
from ubtui.domain.subjects import Subject
from ubtui.domain.text import clean_text, file_name

MOST_BYTES = 10 * 1024 * 1024
PAPERS = ("paper", "documents")
"""The fields of forms that hold papers: typed as paths, read only when the form is sent."""
_RECORD = "ubtui.db"


class Paper(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file as it came: its name, its media type, its bytes as base64."""

    name: str
    media: str
    content: str


class Attach(Form, frozen=True, kw_only=True):
    """A paper for a subject."""

    subject: Annotated[str, msgspec.Meta(description="what it belongs to, as proposal:P-000012 or account:120440-3")]
    paper: Paper
    title: Annotated[str, msgspec.Meta(description="what it is, in a few words")] = ""

    def recorded(self) -> Any:
        return {"subject": self.subject, "title": self.title, "paper": self.paper.name}


class Attached(msgspec.Struct, frozen=True):
    """The document kept."""

    document_id: int
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Document:
    """A paper of a subject, without its bytes."""

    id: int
    sha256: str
    name: str
    media: str
    bytes: int
    title: str
    added_by: str
    added_at: str


def load(path: str | Path) -> Paper:
    """The paper in a file (for the shell and the screens). BadValue names the file and the cure.

    A regular file alone, never a link, a device or a pipe, nor a file of a district: who sits at a service
    account's desk may not read by attaching.
    """
    file = _path(path)
    try:
        with open(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as opened:
            _fit(file, os.fstat(opened.fileno()))
            content = opened.read(MOST_BYTES + 1)
    except OSError as exc:
        raise _unread(file, exc) from exc
    if len(content) > MOST_BYTES:
        raise BadValue(f"{file}: it grew while it was read; a document has at most {MOST_BYTES:,} bytes.")
    media = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return Paper(name=file_name(file.name), media=media, content=base64.b64encode(content).decode())


def sized(path: str | Path) -> tuple[str, int]:
    """The name and the size in bytes of the paper in a file, which is not read. BadValue as `load`."""
    file = _path(path)
    try:
        found = file.lstat()
    except OSError as exc:
        raise _unread(file, exc) from exc
    _fit(file, found)
    return file_name(file.name), found.st_size


def _path(path: str | Path) -> Path:
    if "\0" in str(path):
        raise BadValue(f"{str(path)[:200]!r}: the document cannot be read (this is no path).")
    try:
        file = Path(path).expanduser()
        folder = file.parent.resolve()
        inside = any((each / _RECORD).exists() for each in (folder, *folder.parents))
    except (OSError, RuntimeError, ValueError) as exc:
        raise BadValue(f"{str(path)[:200]!r}: the document cannot be read ({exc}).") from exc
    if inside:
        raise BadValue(f"{file}: this lies in a district's own folder; attach a paper from elsewhere.")
    return file


def _fit(file: Path, found: os.stat_result) -> None:
    if stat.S_ISLNK(found.st_mode):
        raise BadValue(f"{file}: this is a link; name the file itself.")
    if not stat.S_ISREG(found.st_mode):
        raise BadValue(f"{file}: this is no file with a document in it; name a file.")
    if found.st_size > MOST_BYTES:
        raise BadValue(f"{file}: {found.st_size:,} bytes; a document has at most {MOST_BYTES:,}.")


def _unread(file: Path, exc: OSError) -> BadValue:
    if exc.errno == errno.ELOOP:
        return BadValue(f"{file}: this is a link; name the file itself.")
    return BadValue(f"{file}: the document cannot be read ({exc.strerror}).")


def documents(look: Look, subject: str) -> tuple[Document, ...]:
    """The papers of a subject (`proposal:P-000012`), in the order they came."""
    rows = look.db.rows(
        "SELECT d.id, d.sha256, d.name, d.media, d.bytes, l.title, d.added_by, d.added_at FROM document_link l"
        " JOIN document d ON d.id = l.document_id WHERE l.subject = ? ORDER BY d.id",
        [subject],
    )
    return tuple(Document(*row) for row in rows)


def content(look: Look, document_id: int) -> bytes | None:
    """The bytes of a document."""
    found = look.db.value("SELECT content FROM document WHERE id = ?", [document_id])
    return None if found is None else bytes(found)


@act("document.attach")
def attach(work: Work, form: Attach) -> Attached:
    """Keep a paper and link it to its subject; a content that is here already is linked, not kept twice."""
    subject = _subject(work, form.subject)
    kept = keep(work, subject, form.paper, form.title)
    work.touch(subject.type, subject.key)
    work.fact(document=kept.document_id, sha256=kept.sha256)
    return kept


def keep(work: Work, subject: Subject, paper: Paper, title: str = "") -> Attached:
    """Store one paper and its link inside another act. Raises Refused."""
    try:
        raw = base64.b64decode(paper.content, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise Refused(f"{paper.name}: not base64", rule="documents", cure="attach the file again") from exc
    if not raw or len(raw) > MOST_BYTES:
        raise Refused(
            f"{paper.name} has {len(raw):,} bytes", rule=f"1 to {MOST_BYTES:,} bytes", cure="attach a smaller scan"
        )
    digest = hashlib.sha256(raw).hexdigest()
    known = work.db.value("SELECT id FROM document WHERE sha256 = ?", [digest])
    document_id = known or work.db.insert(
        office.Document,
        sha256=digest,
        name=file_name(paper.name),
        media=clean_text(paper.media, 100),
        bytes=len(raw),
        content=raw,
        added_by=work.actor.name,
        added_at=work.now,
    )
    link(work, subject, [int(document_id)], clean_text(title or paper.name, 120))
    return Attached(int(document_id), digest, len(raw))


def link(work: Work, subject: Subject, ids: Sequence[int], title: str) -> None:
    """Link documents to a subject; what is linked already stays."""
    for document_id in ids:
        work.db.run(
            "INSERT INTO document_link(document_id, subject, title) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            [document_id, str(subject), title],
        )


_KNOWN = {
    "account": "SELECT 1 FROM live_account WHERE number = ?",
    "proposal": "SELECT 1 FROM proposal WHERE number = ?",
    "point": "SELECT 1 FROM live_point WHERE number = ?",
    "parcel": "SELECT 1 FROM live_parcel WHERE apn = ?",
    "text": "SELECT 1 FROM work_item WHERE subject_type = 'text' AND subject_key = ? LIMIT 1",
}


def _subject(work: Work, text: str) -> Subject:
    try:
        subject = Subject.parse(text)
        key = parse_account(subject.key) if subject.type == "account" else subject.key
        subject = Subject("account", format_account(key)) if subject.type == "account" else subject
    except BadValue as exc:
        raise Refused(str(exc), rule="documents", cure="name what the paper belongs to") from exc
    if subject.type not in _KNOWN or work.db.value(_KNOWN[subject.type], [key]) is None:
        raise Refused(f"nothing here is {subject}", rule="documents", cure=f"one of {', '.join(_KNOWN)}")
    if subject.type == "proposal":
        state = work.db.value("SELECT state FROM proposal WHERE number = ?", [subject.key])
        if state != "draft":
            raise Refused(
                f"{subject.key} is submitted", rule="submitted proposals are fixed", cure="withdraw or revise it"
            )
    return subject
