"""Seals: not looked at in time, asked for and not done, on or off against the rate that is billed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from ubtui.detectors.base import METERED_KINDS, Ask, Detector, Found, Parameter, marks
from ubtui.domain.subjects import Subject
from ubtui.domain.text import clean_text

SEAL_ROUND = "seal-round"


def seal_round(day: date) -> Subject:
    """The month's round of seals that are to be looked at."""
    return Subject("run", f"{SEAL_ROUND}/{day:%Y-%m}")


def round_limit(today: date, days: int) -> date:
    """Seals last looked at before this day are due by the end of the month."""
    after = (today.replace(day=28) + timedelta(days=4)).replace(day=1)
    return after - timedelta(days=1 + min(days, 36_500))


ROUND = (
    "seal z JOIN live_point p ON p.id = z.point_id LEFT JOIN route t ON t.id = p.route_id"
    " JOIN premise m ON m.id = p.premise_id"
)
ROUND_DUE = "z.removed_on IS NULL AND z.lock_state = 'locked' AND COALESCE(z.verified_on, z.placed_on) < ?"


def seals_unverified(ask: Ask) -> Iterable[Found]:
    """M03: seals on meters that will not have been looked at for too long by the end of the month: one round."""
    subject = seal_round(ask.today)
    if not ask.wants(subject):
        return
    days = ask.whole("days")
    count, routes, oldest = ask.db.rows(
        "SELECT COUNT(*), COUNT(DISTINCT p.route_id), MIN(COALESCE(z.verified_on, z.placed_on)) FROM"
        f" {ROUND} WHERE {ROUND_DUE}",
        [round_limit(ask.today, days).isoformat()],
    )[0]
    if count:
        where = f" on {routes} route{'' if routes == 1 else 's'}" if routes else ""
        yield Found(
            subject.key, "", "Seal round",
            f"{count:,} seal{'' if count == 1 else 's'} not looked at for {days} days by the end of the month{where}",
            {"seals": count, "routes": routes, "oldest": oldest, "days": days, "reads": []}, subject_type="run",
            units=count, due_on=round_limit(ask.today, 0), due_source="round of the month",
        )  # fmt: skip


def requests_open(ask: Ask) -> Iterable[Found]:
    """M04: an owner asked to seal or unseal, and it is not done within the office days."""
    if (narrow := ask.only("point", "p.number")) is None:
        return
    only, keys = narrow
    limit = ask.whole("business_days")
    for number, point, kind, asked_by, asked_on, order in ask.db.rows(
        "SELECT p.number, p.id, q.kind, q.asked_by, q.asked_on, o.number FROM seal_request q"
        " JOIN live_point p ON p.id = q.point_id LEFT JOIN field_order o ON o.id = q.order_id"
        f" WHERE q.state = 'open' AND q.asked_on < ?{only} ORDER BY q.asked_on",
        [ask.today.isoformat(), *keys],
    ):
        since = date.fromisoformat(asked_on)
        if (waited := ask.business_days(since, ask.today)) <= limit:
            continue
        why = f"{clean_text(asked_by, 60)} asked to {kind} it on {since:%b %-d}, {waited} office days ago"
        yield Found(
            number, "", f"{kind.capitalize()} request not done", why,
            {"request": kind, "asked_by": asked_by, "asked_on": asked_on, "order": order, "limit": limit, "reads": []},
            point_id=point, units=waited, due_on=ask.add_business(since, limit), due_source="office days",
        )  # fmt: skip


def rates_of(ask: Ask, status: str) -> tuple[str, ...]:
    """The district's rate codes for meters under a seal of a status: sealed, occasional."""
    return tuple(sorted({rate.code for rate in ask.district.rates if rate.status == status}))


def seal_against_rate(ask: Ask) -> Iterable[Found]:
    """M05: billed in full after the day a seal's rate began, or by such a rate with no such seal on."""
    told: set[str] = set()
    for status, what in (("sealed", "sealed"), ("occasional", "for occasional use")):
        if codes := rates_of(ask, status):
            for found in _against(ask, status, what, codes):
                if found.subject_key not in told:
                    told.add(found.subject_key)
                    yield found


def _against(ask: Ask, status: str, what: str, codes: tuple[str, ...]) -> Iterable[Found]:
    if (narrow := ask.only("point", "p.number")) is None:
        return
    only, some = narrow
    day = ask.today.isoformat()
    on = f"FROM seal z WHERE z.point_id = p.id AND z.removed_on IS NULL AND z.rate_status = '{status}'"
    # CROSS JOIN keeps SQLite to this order: from the few seals and the few sealed rates, or from the point asked for.
    sealed = "live_point p CROSS JOIN live_service s" if only else (
        f"(SELECT DISTINCT point_id FROM seal WHERE removed_on IS NULL AND rate_status = '{status}') y"
        " CROSS JOIN live_point p CROSS JOIN live_service s"
    )  # fmt: skip
    joined = "" if only else " AND p.id = y.point_id"
    running = f"s.point_id = p.id AND s.to_on IS NULL AND s.kind IN {METERED_KINDS}"
    for number, point, rate, since, seal in ask.db.rows(
        f"SELECT p.number, p.id, s.rate_code, (SELECT MIN(COALESCE(z.rate_from, z.placed_on)) {on}),"
        f" (SELECT MIN(z.number) {on}) FROM {sealed} WHERE {running}{joined}{only}"
        f" AND s.rate_code NOT IN ({marks(codes)})"
        f" AND EXISTS(SELECT 1 {on} AND COALESCE(z.rate_from, z.placed_on) <= ?)",
        [*some, *codes, day],
    ):
        title = "Sealed, billed in full" if status == "sealed" else "Occasional use, billed in full"
        yield Found(
            number, "", title, f"seal {seal}, {what.removeprefix('for ')} rate since {since}, billed by {rate}",
            {"seal": seal, "since": since, "rate": rate, "should": codes[0], "reads": []}, point_id=point,
        )  # fmt: skip
    off = "(SELECT MAX(COALESCE(z.full_from, z.removed_on)) FROM seal z WHERE z.point_id = p.id)"
    for number, point, rate, since, before in ask.db.rows(
        f"SELECT p.number, p.id, s.rate_code, {off}, (SELECT v.rate_code FROM live_service v WHERE v.point_id = p.id"
        f" AND v.id <> s.id AND v.rate_code NOT IN ({marks(codes)}) ORDER BY v.from_on DESC, v.id DESC LIMIT 1)"
        f" FROM live_service s JOIN live_point p ON {running} WHERE s.rate_code IN ({marks(codes)}){only}"
        f" AND NOT EXISTS(SELECT 1 {on}) AND COALESCE({off}, '0001-01-01') <= ?",
        [*codes, *codes, *some, day],
    ):
        why = f"billed by {rate}, no seal on" + (f" since {since}" if since else "")
        yield Found(
            number, "", f"Billed {'as ' if status == 'sealed' else ''}{what}, no seal on", why,
            {"since": since, "rate": rate, "should": before, "reads": []}, point_id=point,
        )  # fmt: skip


DETECTORS = (
    Detector(
        "M03", "Seal round", ("run",),
        "locked seals that will not have been looked at for days by the end of the month: one item a month",
        "Water is taken behind a seal that nobody looks at.", ("order.round", "seal.verify"),
        "seal rounds of irrigation districts", seals_unverified,
        parameters={"days": Parameter("180", "days", "since a seal was placed or last looked at")},
    ),
    Detector(
        "M04", "Seal request not done", ("point",),
        "a request to seal or unseal is open for > business_days office days",
        "The owner pays for what he asked to end, or waits for water.",
        ("seal.place", "seal.remove", "seal.withdraw", "order.create"),
        "districts' terms for sealing on request: Paradise Irrigation, East Boulder",
        requests_open, parameters={"business_days": Parameter("3", "office days", "in which a request is done")},
    ),
    Detector(
        "M05", "Seal against rate", ("point",),
        "a seal whose rate is sealed, or for occasional use, is on, from the day that rate began, and the service is"
        " not billed by such a rate; or it is billed by one with no such seal on",
        "The owner is billed too much, or too little.",
        ("service.rate", "seal.rate", "seal.remove", "seal.place"),
        "Paradise Irrigation: a sealed service is charged half; lock, reason and rate are three facts",
        seal_against_rate,
    ),
)  # fmt: skip
