"""Limits of a kind, adopted: a new version of the district's policy, and the list brought in step with it at once."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from ubtui.act import Form, Refused, Work, act
from ubtui.db.models.office import Policy
from ubtui.detectors import heal
from ubtui.domain.canonical import canonical
from ubtui.services.worklist.life import Reason
from ubtui.services.worklist.whatif import tried


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
    """Adopt other limits for a kind: its next policy version; items that they raise or no longer find come and go."""
    pairs = dict(each.partition("=")[::2] for each in form.limits)
    detector, now, then = tried(work, form.code, {name.strip(): value for name, value in pairs.items()})
    if then == now:
        raise Refused(f"{detector.code} has these limits already", rule="limits", cure="name others")
    kind = f"detector:{detector.code}"
    version = int(work.db.value("SELECT COALESCE(MAX(version), 0) + 1 FROM policy WHERE kind = ?", [kind]))
    body = {name: value for name, value in then.items() if value != detector.parameters[name].value}
    work.db.insert(
        Policy, kind=kind, version=version, body=canonical(body), adopted_on=work.today, adopted_by=work.actor.name
    )
    work.healed = heal.run(work.db, work.today, work.now, None, "worklist.limits", work.actor.name)
    opened, closed = len(work.healed.opened), len(work.healed.closed)
    work.fact(code=detector.code, version=version, opened=opened, closed=closed)
    work.detail(before=now, after=then, reason=form.reason)
    return Adopted(detector.code, then, opened, closed)
