"""Limits of a kind, adopted: a new version of the district's policy, and the list brought in step with it at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from ubtui.act import Form, Refused, Work, act
from ubtui.db.models.office import Policy
from ubtui.detectors import heal
from ubtui.detectors.base import Detector
from ubtui.domain.canonical import canonical
from ubtui.services import reads
from ubtui.services.worklist.life import Reason
from ubtui.services.worklist.whatif import found_anew, tried


class Limits(Form, frozen=True, kw_only=True):
    """A kind's limits from now on, as `name=value`; those not named stay as they are."""

    code: Annotated[str, Meta(description="the code, as R04")]
    limits: Annotated[tuple[str, ...], Meta(min_length=1, description="as times=1.8")]
    reason: Reason


class Adopted(Struct, frozen=True):
    """The limits in force, and what the list gained and lost by them."""

    code: str
    limits: dict[str, str]
    opened: int
    closed: int


@act("worklist.limits")
def adopt(work: Work, form: Limits) -> Adopted:
    """Adopt other limits for a kind: its next policy version; items that they raise or no longer find come and go.

    Reads that the kind holds and no longer would are let go: the lead's reason is theirs.
    """
    pairs = dict(each.partition("=")[::2] for each in form.limits)
    detector, now, then = tried(work, form.code, {name.strip(): value for name, value in pairs.items()})
    if then == now:
        raise Refused(f"{detector.code} has these limits already", rule="limits", cure="name others")
    kind = f"detector:{detector.code}"
    version = int(work.db.value("SELECT COALESCE(MAX(version), 0) + 1 FROM policy WHERE kind = ?", [kind]))
    own = {name: each.value for name, each in detector.parameters.items()}
    body = {name: value for name, value in then.items() if value != own.get(name)}
    work.db.insert(
        Policy, kind=kind, version=version, body=canonical(body), adopted_on=work.today, adopted_by=work.actor.name
    )
    freed = _freed(work, detector, then) if detector.holds else 0
    work.healed = heal.run(work.db, work.today, work.now, None, "worklist.limits", work.actor.name)
    opened, closed = len(work.healed.opened), len(work.healed.closed)
    work.fact(code=detector.code, version=version, opened=opened, closed=closed, freed=freed)
    work.detail(before=now, after=then, reason=form.reason)
    return Adopted(detector.code, then, opened, closed)


def _freed(work: Work, detector: Detector, values: Mapping[str, str]) -> int:
    """Let go the reads that the kind holds and does not find under these limits; how many."""
    found = {each.read for each in found_anew(work, detector, values)}
    sql = "SELECT register_id, read_on, seq FROM read_summary WHERE status = 'held' AND held_code = ?"
    gone = [row for row in work.db.rows(sql, [detector.code]) if tuple(row) not in found]
    reads.let_go(work.db, gone, detector.code)
    reads.summarise(work.db, {row[0] for row in gone})
    return len(gone)
