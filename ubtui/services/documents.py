"""Papers: keeping what proves a thing beside its subject, once a content, as it came."""

from __future__ import annotations

import base64
import binascii
import hashlib
import mimetypes
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
    """The paper in a file (for the shell and the screens). BadValue names the file and the cure."""
    file = Path(path).expanduser()
    try:
        size = file.stat().st_size
        if size > MOST_BYTES:
            raise BadValue(f"{file}: {size:,} bytes; a document has at most {MOST_BYTES:,}.")
        content = file.read_bytes()
    except OSError as exc:
        raise BadValue(f"{file}: the document cannot be read ({exc.strerror}).") from exc
    media = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return Paper(name=file_name(file.name), media=media, content=base64.b64encode(content).decode())


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
