"""What the office did about an account of the sample: rights written down, orders sent, contacts, seals looked at."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, Final

from ubtui.services.demo import interties
from ubtui.services.demo.calendar import business_day
from ubtui.services.demo.draft import Draft
from ubtui.services.demo.story import PointStory, Ref, Role, RowStory

ACCOUNT: Final = Ref("account")
PARCEL: Final = Ref("parcel")
CARDS: Final = Ref("cards")
ORDERS: Final = 4
"""Order numbers that an account may take."""
_VISITS: Final = (
    ("reread", "high use; read it again", "ok", "read again, the value stands"),
    ("leak", "look for a leak at the meter", None, "dry at the meter; owner told"),
    ("locate", "find and raise the box", None, "raised, lid cleared"),
    ("access", "gate locked at the last reading", None, "owner leaves it open now"),
    ("test", "test the meter", "ok", "within one and a half percent"),
    ("other", "box lid broken", None, "new lid"),
)
_SAID: Final = (
    ("call", "asked how the service charge is made up"),
    ("call", "asked why the summer bill is higher; told of last year's"),
    ("counter", "paid at the counter, took the rate sheet along"),
    ("email", "sent a new phone number"),
    ("mail", "asks that bills go to the post box"),
    ("call", "reports low pressure since Tuesday; crew told"),
    ("field", "talked with the crew about the broken lid"),
    ("call", "wants to know when the meter is read"),
)


def order_number(index: int, k: int = 0) -> str:
    """The number of an account's k-th order."""
    return f"F-{index * ORDERS + k + 1:06d}"


def contact_key(index: int, k: int = 0) -> str:
    """The key of an account's k-th contact."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"contact:{index}:{k}"))


def order(index: int, k: int, kind: str, asked: date, due: date, why: str, **more: Any) -> RowStory:
    """A field order at the account's first point; `more` gives what came back, or another point."""
    values = {
        "number": order_number(index, k), "kind": kind, "point_id": Ref("point"), "account_id": ACCOUNT,
        "meter_id": Ref("meter"), "item": "", "asked_on": asked, "asked_by": "ana", "due_on": due,
        "instructions": why, "state": "open", "done_on": None, "done_by": None, "found_serial": None,
        "found_size": None, "found_value": None, "found_code": None, "found_seal": None, "found_location": None,
        "note": None,
    }  # fmt: skip
    return RowStory("field_order", {**values, **more}, f"order{k}")


def contact(key: str, on: date, kind: str, text: str, role: str = "owner", **more: Any) -> RowStory:
    """What was said on a day; `more` gives the promise and how it was settled."""
    values = {
        "key": key, "account_id": ACCOUNT, "at": f"{on}T18:20:00.000000Z", "on_day": on, "by_staff": "ana",
        "kind": kind, "with_role": role, "text": text, "promise_on": None, "promise_cents": None, "promise": None,
        "settled_on": None, "settled_by": None, "settled_why": None,
    }  # fmt: skip
    return RowStory("contact", {**values, **more})


def right(
    kind: str, size: str, count: int, status: str, since: date, until: date | None = None, bare: bool = False
) -> RowStory:  # fmt: skip
    """A right to connect; what proves it is on the district's cards, unless it is `bare`."""
    values = {
        "parcel_id": PARCEL, "kind": kind, "size": size, "count": count, "status": status, "from_on": since,
        "to_on": until, "source": "connection card" if status == "verified" else "",
        "document_id": CARDS if status == "verified" and not bare else None,
    }  # fmt: skip
    return RowStory("parcel_right", values)


def asked_for(
    index: int, kind: str, size: str, asked: date, fee_cents: int, paid_on: date | None = None
) -> RowStory:  # fmt: skip
    """A service asked for at the account's first point; what was paid for it was paid elsewhere."""
    values = {
        "number": f"SR-{index + 1:06d}", "account_id": ACCOUNT, "point_id": Ref("point"), "kind": kind, "size": size,
        "asked_on": asked, "asked_by": "owner", "fee_cents": fee_cents, "paid_on": paid_on,
        "receipt": f"planning counter {4_100 + index}" if paid_on else "",
        "noted_by": "ana" if paid_on else None, "confirmed_by": "cho" if paid_on else None,
    }  # fmt: skip
    return RowStory("service_request", values)


def transfer(on: date, former: str, owner: str) -> RowStory:
    """A change of owner, by the keys of both."""
    return RowStory(
        "ownership_transfer",
        {
            "account_id": ACCOUNT, "from_party_id": Ref("person", former), "to_party_id": Ref("person", owner),
            "on_date": on, "source": "escrow", "recorded_by": "ana", "recorded_at": f"{on}T19:00:00.000000Z",
        },
    )  # fmt: skip


def protection(kind: str, since: date, until: date, note: str = "") -> RowStory:
    """What bars a shutoff, with no paper."""
    values = {
        "account_id": ACCOUNT, "kind": kind, "from_on": since, "expires_on": until, "note": note, "set_by": "ana",
        "set_at": f"{since}T18:40:00.000000Z",
    }  # fmt: skip
    return RowStory("protection", values)


def returned(on: date, outcome: str | None = None) -> RowStory:
    """A bill that came back; `outcome` says what looking into it brought."""
    values = {
        "account_id": ACCOUNT, "party_id": Ref("party", "payer"), "what": "bill", "returned_on": on,
        "reason": "moved", "recorded_by": "ana", "recorded_at": f"{on}T18:10:00.000000Z", "outcome": outcome,
        "settled_on": on if outcome else None, "settled_by": "ana" if outcome else None,
    }  # fmt: skip
    return RowStory("returned_mail", values)


def _county(d: Draft, roles: Sequence[Role], today: date) -> Iterator[RowStory]:
    """The county's rolls: last year's, and this year's of the parcels that somebody took up since."""
    owner = next(role.person for role in roles if role.role == "owner" and role.to_on is None)
    before = next((role.person for role in roles if role.role == "owner" and role.to_on is not None), owner)
    new = owner.name
    if d.county:
        words = owner.name.upper().replace(" & ", " ").split()
        new = " ".join(reversed(words)) + " TRUST" if d.county == "like" else f"{words[-1]} RIDGE HOLDINGS"
    for name, year in ((before.name, today.year - 1), (new, today.year)):
        as_of = date(year, 1, 1)
        values = {"parcel_id": PARCEL, "as_of": as_of, "name": name.upper(), "source": "assessor's roll"}
        yield RowStory("county_owner", values)


def rows(
    rng: random.Random, d: Draft, points: Sequence[PointStory], roles: Sequence[Role], opened: date, today: date
) -> tuple[RowStory, ...]:
    """What stands beside the account's points and bills; of an account with a plant only what the plant left out."""
    found = list(d.rows)
    if not any(row.table == "parcel_right" for row in found):
        found += _rights(d, points, opened)
    if d.county or (d.index % 3 == 0 and not d.plant):
        found += _county(d, roles, today)
    owner = next(role.person for role in roles if role.role == "owner" and role.to_on is None)
    found += interties.rows(d, points[0], "Cerro Mutual Water Company" if d.plant else owner.name, today)
    if not d.plant:
        found += _dues(rng, d, today)
        found += _visits(rng, d, points, today)
        found += _contacts(rng, d, roles, today)
        found += _agreed(rng, d, roles, today)
    return tuple(found)


def _rights(d: Draft, points: Sequence[PointStory], opened: date) -> Iterator[RowStory]:
    """A right for each metered point; of some parcels nobody has looked up the card yet."""
    if d.customer_class == "agency":
        return
    status = "presumed" if d.index % 11 == 4 else "verified"
    for point in points:
        if point.meters and point.kind != "hydrant" and not point.behind:
            yield right(point.kind, point.meters[-1].size, 1, status, min(opened, date(2012, 3, 1)))


def _dues(rng: random.Random, d: Draft, today: date) -> Iterator[RowStory]:
    """Protections that run, or ran out and were ended; mail that came back and was looked into."""
    dice = rng.random()
    if dice < 0.006:
        kind = ("extension", "dispute", "bill_review", "hold")[d.index % 4]
        yield protection(kind, today - timedelta(days=4), today + timedelta(days=12 + d.index % 30))
    elif dice < 0.016:
        yield returned(today - timedelta(days=20 + d.index % 200), "address-right")


def _agreed(rng: random.Random, d: Draft, roles: Sequence[Role], today: date) -> Iterator[RowStory]:
    """Who lets the district draft his bank or card, and who has his bills by e-mail."""
    payer = next(role for role in roles if role.role == "payer" and role.to_on is None)
    since = min(payer.from_on + timedelta(days=12 + rng.randrange(400)), today - timedelta(days=60))
    more, mails = rng.randrange(10**8), rng.random() < 0.35
    if d.closed_on is not None or since < payer.from_on:
        return
    by = {"since": since, "enrolled_by": "ana", "enrolled_at": f"{since}T18:00:00.000000Z"}
    if d.habit == "autopay":
        values = {
            "account_id": ACCOUNT, "party_id": Ref("party", "payer"), "method": "card" if more % 4 == 0 else "bank",
            "token": f"vault-{more:08d}", "last4": f"{more % 10_000:04d}", "draft_day": 0,
        }  # fmt: skip
        yield RowStory("autopay", {**values, **by})
    if mails and payer.person.email:
        yield RowStory("ebill", {"account_id": ACCOUNT, "address": payer.person.email, **by})


def _visits(rng: random.Random, d: Draft, points: Sequence[PointStory], today: date) -> Iterator[RowStory]:
    if not points[0].meters:
        return
    k, newest = 0, points[0].meters[-1]
    who = ("Hank", "Luz", "Dmitri")[d.index % 3]
    if rng.random() < 0.12:
        kind, why, code, note = rng.choice(_VISITS)
        asked = today - timedelta(days=30 + int(700 * rng.random()))
        if asked > newest.on:
            done = business_day(asked + timedelta(days=1 + d.index % 3))
            yield order(
                d.index, k, kind, asked, business_day(asked, 3), why, state="done", done_on=done, done_by=who,
                found_serial=newest.serial, found_size=newest.size, found_code=code, note=note,
            )  # fmt: skip
            k += 1
    if (seal := points[0].seal) is not None and seal.locked and seal.placed_on.year >= 2015:
        asked = seal.placed_on - timedelta(days=2)
        yield order(
            d.index, k, "seal", asked, seal.placed_on, "owner asks to rest the meter", state="done",
            done_on=seal.placed_on, done_by=who, found_value=seal.placed_value, note=f"seal {seal.number}",
        )  # fmt: skip
        yield request("seal", asked, "done", f"order{k}", seal.placed_on)
        k += 1
    elif d.closed_on is None and rng.random() < 0.008:
        kind, why, *_ = rng.choice(_VISITS)
        yield order(d.index, k, kind, today, business_day(today, 1 + d.index % 4), why)


def request(
    kind: str, asked: date, state: str = "open", order: str | None = None, closed: date | None = None
) -> RowStory:
    """An owner's request to seal or unseal."""
    return RowStory(
        "seal_request",
        {
            "point_id": Ref("point"), "kind": kind, "asked_by": "owner", "asked_on": asked, "state": state,
            "order_id": Ref("field_order", order) if order else None, "closed_on": closed,
            "closed_by": "ana" if closed else None,
        },
    )  # fmt: skip


def _contacts(rng: random.Random, d: Draft, roles: Sequence[Role], today: date) -> Iterator[RowStory]:
    """One account in six called or wrote lately; a few promised something and kept it, or still have days to go."""
    if rng.random() > 0.16:
        return
    people = sorted({role.role for role in roles if role.to_on is None})
    on = today - timedelta(days=20 + int(rng.random() * 600))
    for k in range(1 + int(rng.random() * 2.4)):
        if on >= today:
            return
        kind, text = rng.choice(_SAID)
        yield contact(contact_key(d.index, k), on, kind, text, rng.choice(people))
        on += timedelta(days=9 + int(rng.random() * 90))
    if d.closed_on is None and rng.random() < 0.12:
        ahead = business_day(today, 1 + d.index % 9)
        said = today - timedelta(days=1 + d.index % 4)
        text = "will bring the rest after payday"
        more = {"promise_on": ahead, "promise_cents": 5_000 + d.index % 9 * 1_000, "promise": "open"}
        yield contact(contact_key(d.index, 8), said, "call", text, "owner", **more)
