"""Papers are kept once, as they came, within their bounds, on both databases."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services import office
from ubtui.desk import Desk
from ubtui.domain.errors import BadValue
from ubtui.domain.numbers import account_number, format_account
from ubtui.services import documents

ONE, TWO = (f"account:{format_account(account_number(n))}" for n in (1, 2))


@pytest.fixture
def at(backend: str) -> Iterator[Desk]:
    office.found(backend)
    with office.desk(backend) as desk:
        yield desk


def paper(content: bytes, name: str = "../../etc/Rechnung für März.pdf") -> documents.Paper:
    return documents.Paper(name=name, media="application/pdf", content=base64.b64encode(content).decode())


def test_bytes_come_back_as_they_went_in_and_a_content_is_kept_once(at: Desk) -> None:
    content = bytes(range(256)) * 40
    first = office.done(at.perform(documents.attach, documents.Attach(subject=ONE, paper=paper(content), title="a")))
    again = office.done(at.perform(documents.attach, documents.Attach(subject=TWO, paper=paper(content))))
    assert first.document_id == again.document_id
    assert at.session.value("SELECT COUNT(*) FROM document") == 1
    assert at.ask(documents.content, first.document_id) == content
    kept = at.ask(documents.documents, ONE)[0]
    assert (kept.bytes, kept.title, kept.added_by) == (len(content), "a", "ana")
    assert "/" not in kept.name and kept.name.endswith(".pdf")


def test_the_audit_names_the_paper_and_does_not_hold_its_bytes(at: Desk) -> None:
    content = os.urandom(5000)
    office.done(at.perform(documents.attach, documents.Attach(subject=ONE, paper=paper(content))))
    bodies = [body for (body,) in at.session.rows("SELECT body FROM audit_personal")]
    assert max(map(len, bodies)) < 2000
    assert not [body for body in bodies if base64.b64encode(content).decode()[:40] in body]


@pytest.mark.parametrize(
    ("subject", "content", "words"),
    [
        ("account:000001-1", b"x", "check digit"),
        (f"account:{account_number(900)}", b"x", "nothing here"),
        ("proposal:P-000099", b"x", "nothing here"),
        ("meter:BADGER/1", b"x", "nothing here"),
        ("nonsense", b"x", "no type"),
        (ONE, b"", "0 bytes"),
    ],
)
def test_a_paper_is_refused_in_words(at: Desk, subject: str, content: bytes, words: str) -> None:
    form = documents.Attach(subject=subject, paper=paper(content))
    assert words in office.refused(at.perform(documents.attach, form)).reason
    assert at.session.value("SELECT COUNT(*) FROM document") == 0


def test_text_that_is_not_base64_and_a_file_too_large_are_refused(at: Desk, tmp_path: Path) -> None:
    bad = documents.Paper(name="x", media="y", content="###")
    assert "not base64" in office.refused(at.perform(documents.attach, documents.Attach(subject=ONE, paper=bad))).reason
    large = paper(b"x" * (documents.MOST_BYTES + 1))
    refused = office.refused(at.perform(documents.attach, documents.Attach(subject=ONE, paper=large)))
    assert "10,485,760" in refused.rule
    file = tmp_path / "scan.pdf"
    file.write_bytes(b"x" * (documents.MOST_BYTES + 1))
    with pytest.raises(BadValue, match="at most"):
        documents.load(file)
    with pytest.raises(BadValue, match="cannot be read"):
        documents.load(tmp_path / "none.pdf")
    file.write_bytes(b"%PDF")
    assert documents.load(str(file)) == documents.Paper(
        name="scan.pdf", media="application/pdf", content=base64.b64encode(b"%PDF").decode()
    )


def test_only_a_file_of_ones_own_is_read(tmp_path: Path) -> None:
    """What says it has no bytes may have no end, and a link may point at what its reader alone may see."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "true.pdf").write_bytes(b"%PDF")
    (tmp_path / "link.pdf").symlink_to(tmp_path / "true.pdf")
    os.mkfifo(tmp_path / "pipe")
    record = tmp_path / "district"
    (record / "documents").mkdir(parents=True)
    (record / "ubtui.db").write_bytes(b"SQLite")
    (record / "documents" / "scan.pdf").write_bytes(b"%PDF")
    (tmp_path / "way-in").symlink_to(record / "documents")
    for read in (documents.load, documents.sized):
        for path, words in (
            ("/dev/zero", "no file"),
            (tmp_path / "pipe", "no file"),
            (tmp_path / "folder", "no file|directory"),
            (tmp_path / "link.pdf", "is a link"),
            (record / "ubtui.db", "district's own folder"),
            (record / "documents" / "scan.pdf", "district's own folder"),
            (tmp_path / "way-in" / "scan.pdf", "district's own folder"),
            ("a\0b", "cannot be read"),
            (tmp_path / "none", "cannot be read"),
        ):
            with pytest.raises(BadValue, match=words):
                read(path)
    assert documents.sized(tmp_path / "true.pdf") == ("true.pdf", 4)
    assert documents.load(tmp_path / "true.pdf").name == "true.pdf"


def test_a_file_that_grows_while_it_is_read_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "scan.pdf"
    file.write_bytes(b"x" * 11)
    monkeypatch.setattr(documents, "MOST_BYTES", 10)
    monkeypatch.setattr(documents, "_fit", lambda file, found: None)
    with pytest.raises(BadValue, match="grew"):
        documents.load(file)
