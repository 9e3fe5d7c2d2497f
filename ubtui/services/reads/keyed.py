"""What is typed at a meter of a route, in one line: a read, a skip, an estimate, a reread, another day."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final, get_args

import msgspec
from msgspec import structs

from ubtui.domain.dates import parse_day
from ubtui.domain.errors import BadValue
from ubtui.domain.estimating import METHODS
from ubtui.services.orders import Create
from ubtui.services.reads.entering import Enter, Skip, Why
from ubtui.services.reads.estimating import Estimate
from ubtui.services.reads.routes import Stop

WHYS: Final[tuple[str, ...]] = get_args(Why)
HELP: Final = "a read · s dog: skip · e: estimate · r: reread · d 11-20: of that day"
ESTIMATE_HELP: Final = "e: estimate · e 34: so many units · e last-year, e recent, e class: by that method"
FAR_DAYS: Final = 60  # a day of reads that lies further back was hardly meant, and is asked for once more
_REASON: Final = "estimated on the route: no read could be taken"


class Day(msgspec.Struct, frozen=True):
    """The reads that follow were taken on this day."""

    on: date


Typed = Enter | Skip | Estimate | Create | Day


def typed(text: str, stop: Stop, on: date | None, today: date) -> Typed:
    """The form of what was typed for a stop; `on` is the day of the reads, None today. BadValue says what is meant."""
    word, _, rest = text.strip().partition(" ")
    rest = rest.strip()
    if re.fullmatch(r"[0-9]{1,12}", word) and not rest:
        meter = f"{stop.maker}/{stop.serial}"
        return Enter(point=stop.point, value=int(word), on=on, meter=meter, register=stop.register)
    if word == "s":
        why, _, note = rest.partition(" ")
        fits = [each for each in WHYS if each.startswith(why)] if why else []
        if len(fits) != 1:
            raise BadValue(f"s and why: {', '.join(fits or WHYS)}; what follows is a note for the next reader.")
        return Skip(point=stop.point, period=stop.period, why=fits[0], note=note.strip(), on=on)  # type: ignore[arg-type]
    if word == "e":
        return _estimate(rest, stop)
    if word == "r":
        due = today + timedelta(days=1)
        return Create(point=stop.point, kind="reread", due_on=due, instructions=rest or "read it again")
    if word == "d" and rest:
        return Day(_day(rest, today))
    raise BadValue(HELP[0].upper() + HELP[1:] + ".")


def _estimate(rest: str, stop: Stop) -> Estimate:
    """An estimate by the first method that can tell, by the one named, or of a use; what follows is the reason."""
    made = Estimate(point=stop.point, period=stop.period, reason=rest or _REASON)
    first, _, why = rest.partition(" ")
    if re.fullmatch(r"[0-9]{1,9}", first):
        return structs.replace(made, use=int(first), reason=why.strip() or _REASON)
    if first in METHODS:
        return structs.replace(made, method=first, reason=why.strip() or _REASON)
    if rest and len(rest) < 3:
        raise BadValue(ESTIMATE_HELP[0].upper() + ESTIMATE_HELP[1:] + "; what follows is the reason.")
    return made


def _day(text: str, today: date) -> date:
    """A day as ISO, or month and day: the last one that is not to come."""
    if re.fullmatch(r"[0-9]{1,2}-[0-9]{1,2}", text):
        month, day = map(int, text.split("-"))
        for year in (today.year, today.year - 1):
            try:
                found = date(year, month, day)
            except ValueError as no:
                raise BadValue(f"{text} is no day: write 11-20 or 2026-11-20.") from no
            if found <= today:
                return found
    found = parse_day(text)
    if found > today:
        raise BadValue(f"{found} is still to come.")
    return found
