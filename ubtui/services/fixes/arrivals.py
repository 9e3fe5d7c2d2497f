"""Offers for what a file brought and nothing fits: which meter it may be, which digits were meant, or away with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from ubtui.act import Look
from ubtui.db.session import Row
from ubtui.detectors.base import marks
from ubtui.detectors.readings.facts import CARRIES
from ubtui.domain.errors import BadValue
from ubtui.domain.register import Register, carried, passed
from ubtui.domain.volume import Unit
from ubtui.exchange import fields as forms
from ubtui.exchange import profile
from ubtui.services import reads
from ubtui.services.fixes.draft import Draft, Maker
from ubtui.services.worklist import ItemView

TITLES: Final[dict[str, str]] = {"staged.link": "Say which meter it is", "staged.mend": "Put the row right"}
_MOST = 3
_LIVE = (
    "SELECT m.maker, m.serial, p.number, i.point_id FROM meter m JOIN live_install i ON i.meter_id = m.id"
    " JOIN live_point p ON p.id = i.point_id WHERE i.off_date IS NULL AND {} ORDER BY m.serial, m.maker"
)


def near(serial: str) -> tuple[str, ...]:
    """Serials that differ from one by a single digit, by two neighbours swapped, or by zeros in front."""
    found: dict[str, None] = {}
    for n, was in enumerate(serial):
        if was in _DIGITS:
            found |= {f"{serial[:n]}{digit}{serial[n + 1 :]}": None for digit in _DIGITS if digit != was}
    for n in range(len(serial) - 1):
        found[f"{serial[:n]}{serial[n + 1]}{serial[n]}{serial[n + 2 :]}"] = None
    bare = serial.lstrip("0")
    found |= {each: None for each in (bare, *(bare.rjust(width, "0") for width in range(len(bare) + 1, 13)))}
    found.pop(serial, None)
    return tuple(each for each in found if each)


_DIGITS: Final = "0123456789"


def _link(look: Look, item: ItemView) -> Iterator[Draft]:
    """Meters whose serial is nearly the one that the file has; first the one that hangs where the row says."""
    facts = item.evidence
    if facts.get("kind") == "usage":  # a row of use names its account, and no meter
        return
    known: dict[str, object] = {"row": facts.get("staged")}
    serial = str(facts.get("serial") or "").strip()
    if serial and look.db.one("SELECT 1 FROM meter WHERE serial = ?", [serial]):  # another's own: for these rows alone
        known["always"] = False
    rows: list[Any] = []
    if item.point_id is not None:
        rows += [(row, "hangs where the row says") for row in look.db.rows(_LIVE.format("i.point_id = ?"),
                                                                          [item.point_id])]  # fmt: skip
    if serial and len(serial) <= 20:
        alike = near(serial)
        where = f"m.serial IN ({marks(alike)})"
        rows += [(row, "nearly the same serial") for row in look.db.rows(_LIVE.format(where), alike)]
    told: dict[str, tuple[str, str]] = {}
    for (maker, other, point, _), why in rows:
        before = told.get(f"{maker}/{other}")
        told[f"{maker}/{other}"] = (point, f"{before[1]}, {why}" if before else why)
    for n, (meter, (point, why)) in enumerate(list(told.items())[:_MOST]):
        said = f"{meter} at {point}: {why}"
        yield Draft("staged.link", {**known, "meter": meter, "reason": said}, f"It is {meter}", n == 0, said)
    yield Draft("staged.link", known)


def decided(look: Look, item: ItemView) -> Iterator[Draft]:
    """Take rows in whose meter hangs there by now; or drop them."""
    facts = item.evidence
    known: dict[str, object] = {"row": facts.get("staged"), "alike": item.key.code == "R18"}
    several = int(facts.get("rows") or 1)
    what = f"the {several} rows" if several > 1 else "the row"
    if item.key.code == "R18" and (serial := str(facts.get("serial") or "").strip()):
        row = look.db.one(_LIVE.format("m.serial = ?"), [serial])
        if row is not None and facts.get("because") == "unknown-meter":
            said = f"{row[0]}/{row[1]} hangs at {row[2]} now"
            yield Draft("staged.decide", {**known, "decision": "keep", "reason": said}, f"Take {what} in", True, said)
    if item.key.code == "R23":
        found = look.db.one(_STAGED, [facts.get("staged")])
        value = _value(found) if found is not None else None
        if found is not None and value is not None and value < _faced(look, found)[0].limit:
            said = f"{value:,} fits the {_faced(look, found)[0].dials} dials that it has now"
            yield Draft("staged.decide", {**known, "decision": "keep", "reason": said}, f"Take {what} in", True, said)
    yield Draft("staged.decide", {**known, "decision": "drop"}, f"Drop {what}")


_STAGED = (
    "SELECT s.register_id, s.point_id, s.fields, b.profile, r.value, COALESCE(r.avg_milli, r.usage * 1000),"
    f" {CARRIES} FROM staged_row s JOIN batch b ON b.id = s.batch_id"
    " LEFT JOIN read_summary r ON r.register_id = s.register_id AND r.newest = 1 WHERE s.id = ?"
    " ORDER BY r.read_on DESC, r.seq DESC"
)


def _value(found: Row) -> int | None:
    """What a staged row says the register showed; None where its layout is gone or says it otherwise."""
    fields: dict[str, str] = msgspec.json.decode(found[2])
    try:
        return forms.convert(profile.load(found[3], "reads"), fields)[0].get("value")
    except (OSError, BadValue):
        return None


def _faced(look: Look, found: Row) -> tuple[Register, Unit]:
    """The face of a staged row's register as it is now, and the unit that is billed."""
    return reads.faces(look.db, {found[0]: found[1]})[found[0]]


def _filled_in(look: Look, item: ItemView) -> Iterator[Draft]:
    """The row's empty field, to be filled in."""
    if (row := item.evidence.get("row")) is None:
        return
    field = str(item.evidence.get("sentence") or "").partition(" ")[0]
    shown = {"set": {"help": f"{item.evidence.get('sentence')}; write {field}=…"}}
    why = str(item.evidence.get("sentence") or "")
    yield Draft("staged.mend", {"row": row}, "Fill in what is missing", why=why, shown=shown)


def _mend(look: Look, item: ItemView) -> Iterator[Draft]:
    """The row's empty field; or the digits that turn, as the file may have meant them, its last ones or its first."""
    if item.key.code == "B02":
        yield from _filled_in(look, item)
        return
    row = item.evidence.get("staged")
    found = look.db.one(_STAGED, [row])
    if found is None:
        return
    last, expected, carry = found[4:]
    value = _value(found)
    plain = {"set": {"label": "Fields put right", "help": "field=value, one a line; as value=12345"}}
    more = 0
    if value is not None and found[0] is not None:
        face, unit = _faced(look, found)
        more = len(str(value)) - face.dials
    if value is not None and more > 0:
        choices = []
        for right, words in ((value % face.limit, "its last"), (value // 10**more, "its first")):
            use = None
            if last is not None and (right >= last or passed(last, right, face.dials)):
                use = face.usage(last, right, unit, right < last, carried(carry))
            off = abs(use * 1000 - (expected or 0)) if use is not None else None
            choices.append((off is None, off or 0, right, words, use))
        for n, (unlikely, _, right, words, use) in enumerate(sorted(dict.fromkeys(choices))):
            said = f"{words} {face.dials} digits: use {use:,}" if use is not None else f"{words} {face.dials} digits"
            known: dict[str, object] = {"row": row, "set": (f"value={right}",)}
            yield Draft("staged.mend", known, f"It says {right:,}", n == 0 and not unlikely, said, plain)
    yield Draft("staged.mend", {"row": row}, shown=plain)


MAKERS: Final[dict[str, Maker]] = {"staged.link": _link, "staged.mend": _mend}
