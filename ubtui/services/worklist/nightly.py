"""The nightly work: what ended, what wakes, what is found and what is gone; once a day the backlog's quota as well."""

from __future__ import annotations

from msgspec import Struct

from ubtui.act import Form, Work, act
from ubtui.detectors import heal
from ubtui.services.worklist import backlog, plan


class Refresh(Form, frozen=True, kw_only=True):
    """The nightly job; nothing to ask."""


class Refreshed(Struct, frozen=True):
    """What a refresh did: items opened and closed, leases and proposals ended, items woken.

    Once a business day, besides: items that the backlog released, and kinds that went there by themselves.
    """

    opened: int
    closed: int
    lapsed: int
    woken: int
    expired: int
    released: int = 0
    demoted: tuple[str, ...] = ()


@act("worklist.refresh")
def refresh(work: Work, form: Refresh) -> Refreshed:
    """The nightly job: end leases, proposals and drafts, wake what waited, sweep dead imports, run every detector.

    The ledger's months open by it as the years come.
    """
    lapsed = _move(
        work,
        "state = 'claimed' AND lease_until <= ?",
        work.utc,
        "lapsed",
        "state = 'open', assignee = NULL, lease_until = NULL",
    )
    woken = _move(
        work,
        "state = 'waiting' AND wake_on <= ?",
        work.today.isoformat(),
        "woken",
        "state = 'open', wake_on = NULL, wait_for = NULL",
    )
    expired, swept, drafts, months = _expire(work), _sweep(work), _finish(work), _months(work)
    work.healed = heal.refresh(work.db, work.today, work.now, work.actor.name)
    demoted: list[str] = []
    released = 0
    if backlog.begins_day(work):
        plan.measure(work)
        demoted, told = backlog.demote(work)
        work.healed = heal.Healed(work.healed.opened + told, work.healed.closed)
        released = backlog.draw(work)
    opened, closed = len(work.healed.opened), len(work.healed.closed)
    work.fact(
        opened=opened, closed=closed, lapsed=lapsed, woken=woken, expired=expired, swept=swept, released=released,
        demoted=len(demoted), drafts_ended=drafts, months_opened=months,
    )  # fmt: skip
    return Refreshed(opened, closed, lapsed, woken, expired, released, tuple(demoted))


def _expire(work: Work) -> int:
    from ubtui.services import adjustments  # loads the papers' room, which no other act of this one needs

    return adjustments.expire(work)


def _sweep(work: Work) -> int:
    from ubtui.services.imports.release import sweep  # as above

    return sweep(work.db, work.now, work.utc)


def _finish(work: Work) -> int:
    from ubtui.services import enrolment  # as above

    return enrolment.finish(work)


def _months(work: Work) -> int:
    from ubtui.services import ledger  # as above

    return ledger.open_months(work.db, work.today)


def _move(work: Work, where: str, bound: str, kind: str, change: str) -> int:
    """Change the items that `where` finds and append an event to each; their number."""
    found = work.db.rows(f"SELECT id FROM work_item WHERE {where} ORDER BY id", [bound])
    work.db.load(
        "work_event",
        ("item_id", "at", "actor", "kind"),
        [(row[0], work.now, work.actor.name, kind) for row in found],
    )
    if found:
        work.db.run(f"UPDATE work_item SET {change}, version = version + 1 WHERE {where}", [bound])
    return len(found)
