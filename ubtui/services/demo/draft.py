"""An account of the sample as first drawn: its kind, its use period by period, and what is out of the ordinary."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from ubtui.services.demo import names
from ubtui.services.demo.calendar import Almanac, Window
from ubtui.services.demo.names import Face

_CLASSES = ("residential",) * 87 + ("multi",) * 3 + ("commercial",) * 7 + ("institutional",) * 1 + ("irrigation",) * 2
_BASE = {
    "residential": (9, 44),
    "multi": (70, 260),
    "commercial": (30, 320),
    "institutional": (120, 500),
    "irrigation": (40, 160),
}
_HABITS = ("autopay",) * 30 + ("prompt",) * 50 + ("late",) * 12 + ("partly",) * 5 + ("behind",) * 3


@dataclass
class Draft:
    """`uses[j]` is the use between read windows j and j + 1, in billing units; `*_at` are numbers of windows."""

    index: int
    cycle: str
    windows: tuple[Window, ...]
    customer_class: str
    uses: list[int]
    limit: int
    habit: str
    face: Face
    a_year: int
    garden: list[int] | None = None
    opened_at: int | None = None
    ended_at: int | None = None
    closed_on: date | None = None
    sealed_at: int | None = None
    exchanged_at: int | None = None
    ends_at: int | None = None
    """What the counter would show at the end if it could count on."""
    creeps: bool = False
    tenant: bool = False
    agent: bool = False
    mail_blank: str = ""
    mail_returned: int = 0
    credit_cents: int = 0
    twice: tuple[str, ...] = ()
    plant: str = ""


def drawn(rng: random.Random, index: int, cycle: str, almanac: Almanac, limits: Mapping[str, int], safe: bool) -> Draft:
    """An ordinary account; nothing about it is worth an item of the worklist.

    A year-on-year change stays within 15 %, a period within twice the average; only a sealed point rests.
    """
    windows = almanac.windows[cycle]
    n = len(windows) - 1
    customer_class = "residential" if safe else rng.choice(_CLASSES)
    low, high = _BASE[customer_class]
    base = low + int((high - low) * rng.random() ** 2)
    months = [int(w.period[-2:]) for w in windows[1:]]
    noise = [rng.randint(-60, 60) for _ in months]
    garden_base, garden_noise = rng.randint(15, 45), [rng.randint(-60, 60) for _ in months]
    dice = [rng.randrange(1000) for _ in range(6)]
    draft = Draft(
        index, cycle, windows, customer_class, [], limits.get(customer_class, 1_000_000),
        rng.choice(_HABITS), _face(rng, customer_class, base, n), almanac.a_year[cycle],
    )  # fmt: skip
    residential = customer_class == "residential"
    draft.tenant = dice[0] < {"residential": 190, "commercial": 400}.get(customer_class, 0)
    draft.agent = draft.tenant and dice[1] < 300
    back = rng.randint(2, 7)
    if safe:
        pass
    elif residential and dice[2] < 172:
        draft.sealed_at = 0 if dice[3] < 600 else 1 + dice[3] % (n - 1)
    elif dice[2] < 215:
        draft.opened_at = max(n - back, 0)
    elif dice[2] < 250 and n > 3:
        closing = windows[n - min(back, n - 2)]
        draft.closed_on = closing.reads[0] - timedelta(days=5 + dice[3] % 18)
    elif dice[2] < 290 and n >= 12:
        draft.exchanged_at = 2 + dice[3] % (n - 10)
    elif dice[2] < 360 and residential:
        draft.garden = [_use(garden_base, names.GARDEN, m, e) for m, e in zip(months, garden_noise, strict=True)]
    even = 500 if draft.opened_at is not None else 1000
    season = [1000 + (s - 1000) * even // 1000 for s in names.SEASON]
    draft.uses = [max(2, _use(base, season, m, e)) for m, e in zip(months, noise, strict=True)]
    return draft


def _use(base: int, season: tuple[int, ...] | list[int], month: int, noise: int) -> int:
    return (base * season[month - 1] * (1000 + noise) + 500_000) // 1_000_000


def _face(rng: random.Random, customer_class: str, base: int, periods: int) -> Face:
    """A kind of meter whose counter does not pass zero within the story."""
    picked = rng.choices(names.FACES, [face[-1] for face in names.FACES])[0]
    _, _, dials, unit, num, den, _ = picked
    counts = base * 2 * periods * {"ccf": 1, "cf": 100, "gal": 749}[unit] * den // num
    return picked if counts * 3 < 10**dials and customer_class in ("residential", "irrigation") else names.LARGE_FACE
