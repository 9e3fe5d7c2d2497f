"""The district's own settings, decoded strictly from TOML; and where its files lie."""

# Annotations are not postponed here: the decoder would spell each of them out again at every start.

import os
import re
import tomllib
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin
from zoneinfo import ZoneInfo

import msgspec

from ubtui.domain.accuracy import FLOWS, Limits, milli
from ubtui.domain.duties import Every
from ubtui.domain.errors import BadValue
from ubtui.domain.sizes import inches

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9._-]{0,30}$")]
Role = Literal["field", "trainee", "technician", "lead", "finance", "auditor", "admin", "manager", "service"]


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Cycle(_Strict, frozen=True, kw_only=True):
    """Accounts billed together; `months` between bills, the first in `first_month`."""

    code: str
    title: str
    months: Literal[1, 2, 3, 12]
    first_month: Annotated[int, msgspec.Meta(ge=1, le=12)] = 1
    read_day: Annotated[int, msgspec.Meta(ge=1, le=28)] = 20
    bill_day: Annotated[int, msgspec.Meta(ge=1, le=28)] = 25
    due_days: Annotated[int, msgspec.Meta(ge=0, le=90)] = 30


class Fund(_Strict, frozen=True, kw_only=True):
    code: str
    title: str


class GlAccount(_Strict, frozen=True, kw_only=True):
    """`kind` A asset, L liability, R revenue, X expense; `use` names the control accounts."""

    code: str
    title: str
    kind: Literal["A", "L", "R", "X"]
    use: Literal["other", "receivable", "credit", "cash", "refunds", "suspense", "over_short", "roll"] = "other"


class ChargeCode(_Strict, frozen=True, kw_only=True):
    """What a receivable item is for; smaller `priority` is paid first."""

    code: str
    title: str
    revenue: str
    receivable: str
    fund: str
    priority: int
    lienable: bool = True
    penalty_bearing: bool = True
    taxable: bool = False


class Reason(_Strict, frozen=True, kw_only=True):
    """A typed reason of an adjustment; `effect` decides the legs, `gl` the other side.

    `once_months`: one more for the same account within so many months goes a tier up. `limit`: at most what was
    charged for its charge code within them, all of it (`charged`) or one charge of it (`one-charge`).
    """

    code: str
    title: str
    effect: Literal["credit", "debit", "refund"]
    gl: str
    charge_code: str
    needs_document: bool = False
    policy: bool = False
    once_months: Annotated[int, msgspec.Meta(ge=0, le=120)] = 0
    limit: Literal["none", "charged", "one-charge"] = "none"
    article: str = ""


class Approval(_Strict, frozen=True, kw_only=True):
    """Upper ends, inclusive, of tiers 0..2 in cents, and what two people must sign.

    `over_short_cents`: a drawer that differs by more needs its reason, and another person's approval.
    """

    version: int = 1
    tier_cents: tuple[int, int, int] = (25_00, 250_00, 2_500_00)
    two_people_above_cents: int = 10_000_00
    refund_finance_above_cents: int = 1_000_00
    tier0_per_day: int = 5
    tier0_cents_per_day: int = 100_00
    tier0_per_account_year: int = 2
    over_short_cents: Annotated[int, msgspec.Meta(ge=0, le=100_00)] = 5_00
    expires_days: int = 7


class Worklist(_Strict, frozen=True, kw_only=True):
    """How much of the backlog comes to the lists each business day, and the minutes of a day's work."""

    backlog_per_day: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 10
    day_minutes: Annotated[int, msgspec.Meta(ge=30, le=1440)] = 450


class Duty(_Strict, frozen=True, kw_only=True):
    """A recurring duty: due on `day` (31: the last) of every month, or from `month` on every quarter … year.

    It comes to the list of `role` `lead_days` before; `since` is the first day on which it can be due. `rule`
    names the law or the agreement behind it.
    """

    code: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{0,40}$")]
    title: Annotated[str, msgspec.Meta(min_length=3, max_length=60)]
    every: Every = "year"
    month: Annotated[int, msgspec.Meta(ge=1, le=12)] = 1
    day: Annotated[int, msgspec.Meta(ge=1, le=31)]
    role: Role = "technician"
    lead_days: Annotated[int, msgspec.Meta(ge=0, le=180)] = 14
    since: date
    rule: str = ""


class Holiday(_Strict, frozen=True, kw_only=True):
    """A day on which the office is closed besides the state's holidays; with `open` it works on one of those."""

    day: date
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    open: bool = False


class Person(_Strict, frozen=True, kw_only=True):
    """A member of staff; `own` and `linked` are account numbers he must not touch."""

    name: Name
    full_name: str
    role: Role
    login: str | None = None
    own: tuple[str, ...] = ()
    linked: tuple[str, ...] = ()
    seat_key_sha256: str | None = None


class Rate(_Strict, frozen=True, kw_only=True):
    """A tariff: exact decimals as text; `tier_starts` are the first unit of each tier; `status` whom it is for."""

    code: str
    effective: date
    status: Literal["full", "sealed", "occasional"] = "full"
    fixed: str
    tier_starts: tuple[int, ...]
    tier_prices: tuple[str, ...]


class Seals(_Strict, frozen=True, kw_only=True):
    """From when a seal changes what is billed, and what is charged around it, in cents; 0 charges nothing.

    `effect` is that of a sealed rate, `occasional` that of a rate for occasional use; `restart` says from when the
    service bills in full once the seal is off: that day, the cycle that runs, the coming one, or as it was placed.
    A charge is an adjustment for `fee_reason` or `tamper_reason`, a reason of the district's with effect debit.
    """

    effect: Literal["same_day", "next_cycle", "month_of_use"] = "same_day"
    occasional: Literal["same_day", "next_cycle", "month_of_use"] = "month_of_use"
    restart: Literal["as_placed", "same_day", "this_cycle", "next_cycle"] = "as_placed"
    seal_cents: Annotated[int, msgspec.Meta(ge=0, le=1_000_00)] = 0
    unseal_cents: Annotated[int, msgspec.Meta(ge=0, le=1_000_00)] = 0
    tamper_cents: Annotated[int, msgspec.Meta(ge=0, le=10_000_00)] = 0
    fee_reason: str = ""
    tamper_reason: str = ""


class MeterSize(_Strict, frozen=True, kw_only=True):
    """How meters of one size are tested at low, mid and high flow: gallons a minute, lowest and highest share counted.

    Exact decimals as text, the shares in percent of the water that ran through; both limits are allowed.
    """

    size: str
    low: tuple[str, str, str]
    mid: tuple[str, str, str]
    high: tuple[str, str, str]


def _size(size: str, low: str, mid: str, high: str) -> MeterSize:
    return MeterSize(
        size=size, low=(low, "95", "101"), mid=(mid, "98.5", "101.5"), high=(high, "98.5", "101.5")
    )  # fmt: skip


class Meters(_Strict, frozen=True, kw_only=True):
    """Tests of meters, and what is given back for one that counted too much.

    `refund_reason` is the adjustment reason of such proposals; without one none is drafted. They go back
    `refund_months` from the test. The flows are those of Maine's rule (ch. 62), the limits the usual ones for meters
    in service; a district that follows another standard writes its own.
    """

    refund_reason: str = ""
    refund_months: Annotated[int, msgspec.Meta(ge=1, le=120)] = 6
    sizes: tuple[MeterSize, ...] = (
        _size("5/8", "0.25", "2", "15"),
        _size("3/4", "0.5", "3", "25"),
        _size("1", "0.75", "4", "40"),
        _size("1-1/2", "1.5", "8", "80"),
        _size("2", "2", "15", "120"),
        _size("3", "4", "20", "250"),
        _size("4", "7", "40", "350"),
        _size("6", "12", "60", "700"),
    )

    def limits(self, size: str) -> dict[str, Limits]:
        """The flows of a size as the record spells it, each with its limits; empty where none are set for it."""
        wanted = inches(size)
        for each in self.sizes if wanted is not None else ():
            if inches(each.size) == wanted:
                return {flow: Limits(*map(milli, getattr(each, flow))) for flow in FLOWS}
        return {}


class District(_Strict, frozen=True, kw_only=True):
    """Everything a district decides for itself."""

    name: str
    kind: Literal["live", "training", "sample"]
    enabling_act: Literal["irrigation", "county-water", "municipal-water", "california-water", "community-services"]
    zone: str = "America/Los_Angeles"
    county: str = ""
    fiscal_year_start: Annotated[int, msgspec.Meta(ge=1, le=12)] = 7
    billing_unit: Literal["ccf", "kgal", "gal", "cf", "af", "m3", "l"] = "ccf"
    service_uid: int | None = None
    seat_keys: str | None = None
    cycles: tuple[Cycle, ...]
    funds: tuple[Fund, ...]
    gl: tuple[GlAccount, ...]
    charge_codes: tuple[ChargeCode, ...]
    reasons: tuple[Reason, ...]
    approval: Approval = Approval()
    seals: Seals = Seals()
    worklist: Worklist = Worklist()
    use_limits: dict[str, int] = {}
    staff: tuple[Person, ...]
    rates: tuple[Rate, ...] = ()
    duties: tuple[Duty, ...] = ()
    holidays: tuple[Holiday, ...] = ()
    meters: Meters = Meters()


class SettingsError(ValueError):
    """A district file that cannot be used; one line for every fault, each with its place."""


def district(text: str, source: str = "district.toml") -> District:
    """The district that `text` (TOML) describes. Raises SettingsError naming every place that is wrong."""
    try:
        found = msgspec.toml.decode(text, type=District)
    except msgspec.DecodeError as exc:
        every = []
        if isinstance(exc, msgspec.ValidationError):
            plain = tomllib.loads(text)
            every = [*_misfits(District, plain, ""), *_zone(plain.get("zone"))]
        raise SettingsError("\n".join(f"{source}: {fault}" for fault in every or [_plain(exc)])) from exc
    if faults := list(_faults(found)):
        raise SettingsError("\n".join(f"{source}: {fault}" for fault in faults))
    return found


in_force = lru_cache(maxsize=8)(district)
"""The same, decoded once for each text: what the record keeps is asked for at every act."""


def _misfits(kind: Any, value: Any, place: str) -> Iterator[str]:
    """Every value that does not fit its type, with its place: the decoder itself stops at the first."""
    dot = f"{place}." if place else ""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and isinstance(value, dict):
        fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
        yield from (f"{dot}{name}: there is no such setting" for name in value if name not in fields)
        for name, field in fields.items():
            if name in value:
                yield from _misfits(field.type, value[name], f"{dot}{name}")
            elif field.required:
                yield f"{dot}{name}: is missing"
    elif get_origin(kind) is tuple and get_args(kind)[1:] == (...,) and isinstance(value, list):
        for n, entry in enumerate(value):
            label = next((entry[key] for key in ("code", "name") if isinstance(entry, dict) and key in entry), n + 1)
            yield from _misfits(get_args(kind)[0], entry, f"{place}[{label}]")
    else:
        try:
            msgspec.convert(value, kind)
        except msgspec.ValidationError as exc:
            yield f"{place}: {_plain(exc)}"


def _zone(name: Any) -> Iterator[str]:
    """The fault of a name that no time zone has."""
    try:
        if isinstance(name, str):
            ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # OSError: a folder of zones, as `America`
        yield f"zone: {name[:60]!r} is no time zone; write one as America/Los_Angeles"


def _plain(exc: Exception) -> str:
    return re.sub(r" - at `\$\.?(.*?)`$", r" (at \1)", str(exc))


def _faults(d: District) -> list[str]:
    out = [*_zone(d.zone)]
    for title, codes in (
        ("cycles", [c.code for c in d.cycles]),
        ("funds", [f.code for f in d.funds]),
        ("gl", [g.code for g in d.gl]),
        ("charge_codes", [c.code for c in d.charge_codes]),
        ("reasons", [r.code for r in d.reasons]),
        ("staff", [p.name for p in d.staff]),
        ("staff logins", [p.login for p in d.staff if p.login]),
        ("rates", [f"{each.code} of {each.effective}" for each in d.rates]),
        ("duties", [each.code for each in d.duties]),
        ("holidays", [each.day.isoformat() for each in d.holidays]),
    ):
        out += [f"{title}: `{code}` stands twice" for code in sorted({c for c in codes if codes.count(c) > 1})]
    gl, funds, charges = {g.code for g in d.gl}, {f.code for f in d.funds}, {c.code for c in d.charge_codes}
    for charge in d.charge_codes:
        out += [
            f"charge_codes.{charge.code}: no gl account `{c}`"
            for c in (charge.revenue, charge.receivable)
            if c not in gl
        ]
        if charge.fund not in funds:
            out.append(f"charge_codes.{charge.code}: no fund `{charge.fund}`")
    for reason in d.reasons:
        if reason.limit != "none" and not (reason.once_months and reason.effect == "credit"):
            out.append(f"reasons.{reason.code}: a limit is for a credit, within its once_months")
        if reason.gl not in gl:
            out.append(f"reasons.{reason.code}: no gl account `{reason.gl}`")
        if reason.charge_code not in charges:
            out.append(f"reasons.{reason.code}: no charge code `{reason.charge_code}`")
    debits = {r.code for r in d.reasons if r.effect == "debit"}
    for cents, name, code in (
        (d.seals.seal_cents or d.seals.unseal_cents, "fee_reason", d.seals.fee_reason),
        (d.seals.tamper_cents, "tamper_reason", d.seals.tamper_reason),
    ):
        if (cents or code) and code not in debits:
            out.append(f"seals.{name}: `{code}` is no reason with effect debit")
    out += _of_meters(d)
    uses = [g.use for g in d.gl]
    out += [
        f'gl: exactly one account with use = "{use}" is needed'
        for use in ("credit", "refunds", "cash")
        if uses.count(use) != 1
    ]
    out += [
        f'gl: at most one account with use = "{use}"'
        for use in ("suspense", "over_short", "roll")
        if uses.count(use) > 1
    ]
    if "receivable" not in uses:
        out.append('gl: an account with use = "receivable" is needed')
    if not d.staff:
        out.append("staff: nobody works here")
    return out


def _of_meters(d: District) -> Iterator[str]:
    """What is wrong with the flows and limits of meter tests, and with the reason of their refunds."""
    why = d.meters.refund_reason
    if why and not any(each.code == why and each.effect == "credit" for each in d.reasons):
        yield f"meters.refund_reason: no reason `{why}` that credits"
    known: dict[Fraction, str] = {}
    for each in d.meters.sizes:
        place = f"meters.sizes[{each.size}]"
        size = inches(each.size)
        if size is None:
            yield f"{place}: is no meter size; write inches: 5/8, 1, 1-1/2"
        elif size in known:
            yield f"{place}: stands twice"
        else:
            known[size] = each.size
        for flow in FLOWS:
            try:
                gpm, lowest, highest = map(milli, getattr(each, flow))
            except BadValue as exc:
                yield f"{place}.{flow}: {exc}"
                continue
            if not gpm or not 0 < lowest <= highest:
                yield f"{place}.{flow}: the flow is above zero, the lowest share at most the highest"


def default_data() -> Path:
    """The default district folder by the XDG rules."""
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "ubtui" / "district"
