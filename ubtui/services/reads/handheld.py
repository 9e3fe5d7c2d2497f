"""A route for a handheld or a radio collector: its registers by a profile that goes out."""

from __future__ import annotations

from collections.abc import Sequence

from ubtui.act import Look
from ubtui.domain.errors import BadValue
from ubtui.exchange.layouts.writing import Value, plain, written
from ubtui.exchange.profile import ROUTE, Profile
from ubtui.services.reads.expecting import Bounds, expectations, limits
from ubtui.services.reads.routes import Stop, walk


def sent(look: Look, codes: Sequence[str], profile: Profile) -> bytes:
    """The file of these routes by a profile; nothing of it is given before all of it fits.

    Raises BadValue for an unknown route, a profile that brings reads in only, or a value that does not fit its place.
    """
    if profile.out is None and not profile.sheet:
        raise BadValue(f"{profile.title} brings reads in only: choose a profile that goes out.")
    within = expectations(look)
    rows = [_row(look, stop, profile, within) for code in codes for stop in walk(look, code)]
    if profile.out is not None:
        return "".join(written(rows, profile.out)).encode("ascii")
    from io import BytesIO

    from ubtui.exchange.tables import Field, write

    out = BytesIO()
    fields = [Field(head) for head in profile.sheet]
    write(out, "csv", fields, ([_text(row[name]) for name in profile.sheet.values()] for row in rows))
    return out.getvalue()


def _text(value: Value) -> str:
    return "" if value is None else str(value)


def _row(look: Look, stop: Stop, profile: Profile, within: Bounds) -> dict[str, Value]:
    """What a route says of a register, by the names of ROUTE."""
    low, high = limits(look, stop, within)
    row: dict[str, Value] = {
        "route": stop.route, "cycle": stop.cycle, "sequence": stop.sequence, "position": stop.position,
        "account": stop.account, "point": stop.point, "address": stop.address, "city": stop.city, "name": stop.name,
        "maker": stop.maker, "serial": stop.serial, "size": plain(stop.size), "radio": stop.radio,
        "register": _register(stop, profile), "dials": stop.face.dials, "multiplier": str(stop.face.multiplier),
        "unit": str(stop.face.unit), "made_on": look.today, "read_on": stop.read_on, "last_on": stop.last_on,
        "prior": stop.prior, "low": low, "high": high, "high_percent": int(100 * within.high.base.last),
        "note": stop.note, "seal": stop.seal,
        "method": "R" if stop.radio else "K", "value": None, "trouble": None,
    }  # fmt: skip
    assert set(row) <= set(ROUTE)
    return row


def _register(stop: Stop, profile: Profile) -> Value:
    """The register's number, or the profile's word for it: its first, or its last on a meter of several."""
    words = [word for word, n in profile.registers.items() if n == stop.register]
    return (words[-1] if stop.registers > 1 else words[0]) if words else stop.register
