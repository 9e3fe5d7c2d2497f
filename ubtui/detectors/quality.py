"""Data quality: mail that cannot arrive, points that share a place on a route, owners the county has otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from ubtui.db.session import Session
from ubtui.detectors.base import Ask, Detector, Found, Parameter
from ubtui.domain.numbers import format_account, format_apn
from ubtui.domain.owners import same_owner

_PARTS = (("street", "mail_line1"), ("city", "mail_city"), ("state", "mail_state"), ("zip", "mail_zip"))
_ABROAD = ("mail_state", "mail_zip")


def _missing(column: str) -> str:
    empty = f"COALESCE(TRIM(y.{column}), '') = ''"
    return f"({empty} AND y.mail_country = 'US')" if column in _ABROAD else empty


MAIL_ROLES = "('mailing', 'payer', 'owner')"
MAIL_ORDER = "CASE {0}.role WHEN 'mailing' THEN 1 WHEN 'payer' THEN 2 ELSE 3 END, {0}.id"
"""Of an account's running roles, the first one's party gets its mail: judged, corrected and returned mail alike."""


def bad_address(ask: Ask) -> Iterable[Found]:
    """Q01: where an active account's mail goes is incomplete, or mail came back; imports of stand-ins as one item."""
    yield from _accounts(ask)
    yield from _imports(ask)


def _accounts(ask: Ask) -> Iterable[Found]:
    if (asked := ask.accounts()) is None:
        return
    only, numbers = asked
    sources = (
        "live_account a CROSS JOIN account_role o CROSS JOIN party y"
        if only
        else "party y CROSS JOIN account_role o CROSS JOIN live_account a"
    )
    missing = " OR ".join(_missing(column) for _, column in _PARTS)
    # Mail goes to the mailing party, else the payer, else the owner: nobody stands before this one.
    better = (
        "EXISTS(SELECT 1 FROM account_role q WHERE q.account_id = o.account_id AND q.to_on IS NULL"
        f" AND q.role IN {MAIL_ROLES} AND ({MAIL_ORDER.format('q')}) < ({MAIL_ORDER.format('o')}))"
    )
    parts = ", ".join("y." + column for _, column in _PARTS)
    sql = (
        f"SELECT a.id, a.number, y.mail_returned, {parts}, y.mail_country FROM {sources}"
        f" WHERE (y.mail_returned >= ? OR {missing}) AND y.kind <> 'placeholder' AND o.party_id = y.id"
        f" AND o.to_on IS NULL AND o.role IN {MAIL_ROLES} AND a.id = o.account_id AND a.state = 'active'"
        f" AND NOT {better}{only}"
    )
    limit = ask.whole("returned")
    for account, number, back, *lines, country in ask.db.rows(sql, [limit, *numbers]):
        lacks = [
            name
            for (name, column), part in zip(_PARTS, lines, strict=True)
            if not (part or "").strip() and (country == "US" or column not in _ABROAD)
        ]
        why = [f"no {' or '.join(lacks)}"] if lacks else []
        why += [f"mail came back {back} times"] if back >= limit else []
        yield Found(
            format_account(number), "", "Mailing address bad", "; ".join(why),
            {"missing": " ".join(lacks), "returned": back, "reads": []}, account_id=account, due_source="data quality",
        )  # fmt: skip


_RELEASED_ON = "(SELECT MIN(u.business_day) FROM audit u WHERE u.act = 'import.release' AND u.at = b.released_at)"


def released_on(db: Session, batch_id: int) -> str | None:
    """The business day on which a batch was released: the day of its item's key."""
    day: str | None = db.value(f"SELECT {_RELEASED_ON} FROM batch b WHERE b.id = ?", [batch_id])
    return day


def _imports(ask: Ask) -> Iterable[Found]:
    keys = ask.keys("run")
    if keys is not None and not keys:
        return
    days: dict[str, tuple[int, str]] = {}
    # The business day of the release stands in the audit; inside the act that releases, it is today.
    for released_on, source, count in ask.db.rows(
        f"SELECT {_RELEASED_ON}, b.source, CAST(COUNT(*) AS bigint) FROM batch b JOIN party y ON y.batch_id = b.id"
        " AND y.kind = 'placeholder' WHERE b.kind = 'usage' AND b.released_at IS NOT NULL"
        " GROUP BY b.id, b.released_at, b.source ORDER BY b.id"
    ):
        day = released_on or ask.today.isoformat()
        before, first = days.get(day, (0, source))
        days[day] = (before + count, first)
    for day, (count, source) in days.items():
        if keys is None or f"import/{day}" in keys:
            why = f"{count:,} parties of {source} have no address"
            yield Found(
                f"import/{day}", "", "Owners and addresses are stand-ins", why,
                {"parties": count, "source": source, "reads": []},
                subject_type="run", due_source="data quality",
            )  # fmt: skip


def same_place(ask: Ask) -> Iterable[Found]:
    """Q02: points of one route with the same sequence, as one item a route."""
    if (narrow := ask.only("route", "t.code")) is None:
        return
    only, keys = narrow
    routes: dict[str, list[tuple[int, int, str]]] = {}
    for code, sequence, count, first in ask.db.rows(
        "SELECT t.code, p.sequence, COUNT(*), MIN(p.number) FROM live_point p JOIN route t ON t.id = p.route_id"
        f" WHERE p.sequence IS NOT NULL AND p.state <> 'closed'{only} GROUP BY t.code, p.sequence"
        " HAVING COUNT(*) > 1 ORDER BY t.code, p.sequence",
        keys,
    ):
        routes.setdefault(code, []).append((sequence, count, first))
    for code, found in routes.items():
        sequence, count, first = found[0]
        points = sum(each[1] for each in found)
        more = f", and {len(found) - 1} more places" if len(found) > 1 else ""
        yield Found(
            code, "", "Route has places twice", f"{count} points at {code}-{sequence:04d}{more}",
            {"sequence": sequence, "point": first, "places": len(found), "points": points, "reads": []},
            units=points, due_source="data quality",
        )  # fmt: skip


def other_owner(ask: Ask) -> Iterable[Found]:
    """Q03: the county changed a parcel's owner, to one that is none of the account's owners by his name."""
    if (asked := ask.accounts()) is None:
        return
    only, numbers = asked
    told: dict[tuple[int, str], tuple[str, str, str, list[str]]] = {}
    for account, number, apn, county, as_of, owner in ask.db.rows(
        "SELECT a.id, a.number, l.apn, n.name, n.as_of, q.name FROM live_account a"
        " JOIN account_parcel c ON c.account_id = a.id JOIN parcel l ON l.id = c.parcel_id"
        " JOIN live_county_owner n ON n.parcel_id = c.parcel_id AND n.as_of = (SELECT MAX(m.as_of)"
        " FROM live_county_owner m WHERE m.parcel_id = c.parcel_id)"
        " JOIN account_role o ON o.account_id = a.id AND o.role = 'owner' AND o.to_on IS NULL"
        " JOIN party q ON q.id = o.party_id AND q.kind <> 'placeholder'"
        f" WHERE a.state = 'active'{only} AND EXISTS(SELECT 1 FROM live_county_owner w WHERE w.parcel_id = c.parcel_id"
        " AND w.as_of < n.as_of AND w.name <> n.name) AND NOT EXISTS(SELECT 1 FROM owner_confirmed k"
        " WHERE k.account_id = a.id AND k.county_name = n.name) ORDER BY a.id, l.apn, o.id",
        numbers,
    ):
        told.setdefault((account, apn), (number, county, as_of, []))[3].append(owner)
    seen: set[int] = set()
    for (account, apn), (number, county, as_of, owners) in told.items():
        if account in seen or any(same_owner(owner, county) for owner in owners):
            continue
        seen.add(account)
        day = date.fromisoformat(as_of)
        yield Found(
            format_account(number), "", "County names another owner",
            f"{format_apn(apn)}: {county} since the roll of {day:%b %-d, %Y}; here {' & '.join(owners)}",
            {"apn": apn, "county_owner": county, "as_of": as_of, "owner": " & ".join(owners), "reads": []},
            account_id=account, due_source="data quality",
        )  # fmt: skip


DETECTORS = (
    Detector(
        "Q01", "Mailing address bad", ("account", "run"),
        "where an active account's mail goes lacks street, city, state or zip, or mail was returned ≥ returned times;"
        " stand-ins of one import are one item", "Bills and lawful notices do not arrive.", ("party.address",),
        "contact duty before shutoff, HSC 116906", bad_address,
        parameters={"returned": Parameter("2", "returns", "mail that came back")}, sla_days=30,
        stock=True,
    ),
    Detector(
        "Q02", "Route has places twice", ("route",), "points of one route, not closed, with the same sequence",
        "A meter is skipped or read for another.", ("route.place",),
        "route books: two places of one number have no order", same_place, sla_days=30,
        project=True,
    ),
    Detector(
        "Q03", "County names another owner", ("account",),
        "the county's roll changed the owner of an account's parcel, to a name that shares no two words with an owner's"
        " (a trust: none), and nobody confirmed the holder against it",
        "Bills, notices and liens go to somebody who does not own it.",
        ("owner.change", "owner.confirm"), "county assessor's roll", other_owner, sla_days=30, project=True,
    ),
)  # fmt: skip
