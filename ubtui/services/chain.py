"""The audit chain: every link recomputed, and the anchors that a cut tail or a rewritten chain cannot meet."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

import msgspec

from ubtui.db.session import Session
from ubtui.domain.errors import BadValue
from ubtui.services.finding import Finding

START: Final = "0" * 64
KEEP: Final = "stop, keep this record as it is, compare it with the last verified backup"
_ANCHOR = re.compile(r"(\d{1,18}) ([0-9a-f]{64}) (\d{1,18}) (\d{1,18}) (\d{4}-\d\d-\d\d)")


@dataclass(frozen=True)
class Anchor:
    """The head of the chain on a day, with the count and the debit total (cents) of all postings then."""

    seq: int
    hash: str
    postings: int
    total: int
    day: date

    def __str__(self) -> str:
        return f"{self.seq} {self.hash} {self.postings} {self.total} {self.day.isoformat()}"


def read_anchors(lines: Iterable[str], source: str) -> list[Anchor]:
    """Anchors from lines `seq hash postings total date`; empty lines and `#` comments are skipped.

    Raises BadValue naming the line that cannot be one.
    """
    found: list[Anchor] = []
    for n, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _ANCHOR.fullmatch(line.strip())
        try:
            if match is None:
                raise ValueError
            found.append(Anchor(int(match[1]), match[2], int(match[3]), int(match[4]), date.fromisoformat(match[5])))
        except ValueError:
            raise BadValue(f"{source}, line {n}: not an anchor (seq hash postings total date).") from None
    return found


class _Body(msgspec.Struct):
    """The part of an event's body that stands in columns too."""

    seq: int
    at: str
    day: str
    actor: str
    seat: str
    act: str
    outcome: str
    object: str
    details: str


def links(session: Session, anchors: Iterable[Anchor] = ()) -> Iterator[Finding]:
    """Recompute each link from its body in one pass; anchors are met on the way."""
    due: dict[int, list[Anchor]] = {}
    for anchor in anchors:
        due.setdefault(anchor.seq, []).append(anchor)
    sha = hashlib.sha256
    seq, head = 0, START
    for number, prev, body, stored, at, day, actor, seat, act, outcome, about in session.stream(
        "SELECT seq, prev, body, hash, at, business_day, actor, seat, act, outcome, object FROM audit ORDER BY seq"
    ):
        if number != seq + 1:
            gone = f"{seq + 1}" if number == seq + 2 else f"{seq + 1} to {number - 1}"
            yield Finding("audit", gone, "is missing from the chain", KEEP)
        elif prev != head:
            yield Finding("audit", number, "does not follow the event before it", KEEP)
        if sha(f"{prev}\n{body}".encode()).hexdigest() != stored:
            yield Finding("audit", number, "its text is not what was sealed", KEEP)
        # The text has its keys in order, so both ends tell whether it agrees; decoding it takes thrice as long.
        told = about.replace("\\", "\\\\").replace('"', '\\"')
        if not (
            body.startswith(f'{{"act":"{act}","actor":"{actor}","at":"{at}","day":"{day}","details":"')
            and body.endswith(f'}},"object":"{told}","outcome":"{outcome}","seat":"{seat}","seq":{number}}}')
        ):
            yield from _compared(number, body, (at, day, actor, seat, act, outcome, about))
        seq, head = number, stored
        if number in due:
            for anchor in due.pop(number):
                if anchor.hash != stored:
                    yield Finding(
                        "audit", number, f"is not the event anchored on {anchor.day}: the chain was rewritten", KEEP
                    )
    for number, missing in sorted(due.items()):
        yield Finding(
            "audit",
            number,
            f"was anchored on {missing[0].day} and is gone: the chain's tail was cut (it ends at {seq})",
            KEEP,
        )


def _compared(number: int, body: str, columns: tuple[str, ...]) -> Iterator[Finding]:
    """The columns against the decoded text."""
    try:
        said = msgspec.json.decode(body, type=_Body)
    except msgspec.MsgspecError:
        yield Finding("audit", number, "its text is not an event", KEEP)
        return
    if columns != (said.at, said.day, said.actor, said.seat, said.act, said.outcome, said.object) or said.seq != number:
        yield Finding("audit", number, "its columns differ from its sealed text", KEEP)


def sides(session: Session) -> Iterator[Finding]:
    """The personal side rows against their digests, and that every event has its own."""
    sha = hashlib.sha256
    count = 0
    for digest, salt, body in session.stream("SELECT digest, salt, body FROM audit_personal"):
        count += 1
        if sha(f"{salt}{body}".encode()).hexdigest() != digest:
            yield Finding("audit_personal", digest, "was changed after it was recorded", KEEP)
    if count == session.value("SELECT COUNT(*) FROM audit"):
        return
    for number, body in session.stream("SELECT seq, body FROM audit ORDER BY seq"):
        try:
            digest = msgspec.json.decode(body, type=_Body).details
        except msgspec.MsgspecError:
            continue
        if session.value("SELECT 1 FROM audit_personal WHERE digest = ?", [digest]) is None:
            yield Finding("audit_personal", digest, f"the details of event {number} are gone", KEEP)


def head(session: Session, today: date) -> Anchor | None:
    """Today's anchor; None while the chain is empty."""
    last = session.one("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")
    if last is None:
        return None
    return Anchor(last[0], last[1], *_postings(session), today)


def _postings(session: Session) -> tuple[int, int]:
    row = session.one("SELECT COUNT(*), CAST(COALESCE(SUM(cents), 0) AS bigint) FROM posting WHERE cents > 0")
    count = session.value("SELECT COUNT(*) FROM posting")
    assert row is not None
    return int(count), int(row[1])


def counted(session: Session, anchors: Iterable[Anchor]) -> Iterator[Finding]:
    """Postings are only ever added: none of the anchors may count more, or a larger total, than stands now."""
    count, total = _postings(session)
    for anchor in anchors:
        if anchor.postings > count or anchor.total > total:
            yield Finding(
                "posting",
                f"{count} rows",
                f"on {anchor.day} there were {anchor.postings} with debits of {anchor.total} cents, now {total} cents",
                KEEP,
            )
