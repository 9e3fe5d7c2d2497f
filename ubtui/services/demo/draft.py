"""An account of the sample as first drawn: its kind, its use period by period, and what is out of the ordinary."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from ubtui.services.demo import names
from ubtui.services.demo.calendar import Almanac, Window
from ubtui.services.demo.names import Face
from ubtui.services.demo.story import ReadStory, RowStory, Stray
from ubtui.settings import District

_CLASSES = ("residential",) * 87 + ("multi",) * 3 + ("commercial",) * 7 + ("institutional",) * 1 + ("irrigation",) * 2
_BASE = {
    "residential": (9, 44),
    "multi": (70, 260),
    "commercial": (30, 320),
    "institutional": (120, 500),
    "irrigation": (40, 160),
    "agency": (1_500, 3_000),
}
MONTHLY_STEP, MONTHLY_AT = 20, 14
AGENCIES: Final = (34, 54)
"""Places of the two agencies that take water over an intertie."""
_LARGE = ("commercial",) * 14 + ("institutional",) * 3 + ("multi",) * 3
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
    monthly: bool = False
    kind: str = "potable"
    fire: bool = False
    compound: bool = False
    master: bool = False
    """The garden's meter hangs behind the house's: its use is taken off there."""
    occasional: bool = False
    sold_at: int | None = None
    opened_at: int | None = None
    ended_at: int | None = None
    closed_on: date | None = None
    sealed_at: int | None = None
    exchanged_at: int | None = None
    new_face: Face | None = None
    """What the meter that came is; none: as the one before."""
    first_set: bool = False
    """Its first meter was set where none hung before."""
    off_on: date | None = None
    """When its meter came off, and nothing went on."""
    slow_ends: int | None = None
    """Use of a compound meter's low side in the newest period; none: three tenths of the whole."""
    ends_at: int | None = None
    """What the counter would show at the end if it could count on."""
    creeps: bool = False
    tenant: bool = False
    agent: bool = False
    mail_blank: str = ""
    mail_returned: int = 0
    credit_cents: int = 0
    strays: tuple[Stray, ...] = ()
    stated: dict[int, int | None] | None = None
    """Of an intertie, by reads counted from the newest: thousandths the other agency has more; None: no statement."""
    spur: str = ""
    """A route of its own."""
    same_step: bool = False
    """First on its route, whoever else is."""
    skips: tuple[tuple[int, str], ...] = ()
    """Windows, counted from the newest, in which nobody could read the meter, and why."""
    by_hand: bool = False
    newest_after: int | None = None
    """Days from the read before to the newest one, where it was not read on its route's day."""
    leaves: int | None = None
    """Cents that stay open of the newest bill; -1: all of it."""
    credit_milli: int = 0
    """Credit left on the account, in thousandths of its usual bill."""
    again_after: int | None = None
    """Days after which the newest bill was paid once more, elsewhere."""
    extra: tuple[date, int] | None = None
    """Day and cents of a payment that nothing asked for."""
    plan: tuple[date, ...] | None = None
    off_route: bool = False
    fire_since: date | None = None
    """Since when the fire line is there, which no bill has."""
    changed_on: date | None = None
    """The day on which another owner came."""
    county: str = ""
    """What the county's newest roll says of the owner: `other`, or a `like` name."""
    twin: bool = False
    """The second point is a second house, not a garden."""
    size: str = ""
    note: str | None = None
    """Where the meter is; none: as it comes."""
    hung_on: date | None = None
    rate: str = ""
    """The rate of its service, where it is not the one that fits."""
    looked_on: date | None = None
    """When the seal was last looked at; none: lately."""
    unsealed_on: date | None = None
    rate_from: date | None = None
    rows: list[RowStory] = field(default_factory=list)
    twist: Callable[[list[ReadStory]], list[ReadStory]] | None = None
    """What happened to the reads of the first meter once they were made."""
    plant: str = ""


def drawn(rng: random.Random, index: int, almanac: Almanac, district: District, safe: bool) -> Draft:
    """An ordinary account; nothing about it is worth an item of the worklist.

    A year-on-year change stays within 15 %, a period within twice the average; only a sealed point rests.
    """
    cycle = cycle_of(district, index)
    windows = almanac.windows[cycle]
    a_year = almanac.a_year[cycle]
    monthly = is_monthly(index)
    n = len(windows) - 1
    customer_class = "residential" if safe else rng.choice(_LARGE if monthly else _CLASSES)
    agency, hydrant = index in AGENCIES, index % 100 == 74
    if agency or hydrant:
        customer_class = "agency" if agency else "commercial"
    low, high = _BASE[customer_class]
    base = low + int((high - low) * rng.random() ** 2)
    months = [int(w.period[-2:]) for w in windows[1:]]
    noise = [rng.randint(-60, 60) for _ in months]
    garden_base, garden_noise = rng.randint(15, 45), [rng.randint(-60, 60) for _ in months]
    dice = [rng.randrange(1000) for _ in range(6)]
    draft = Draft(
        index, cycle, windows, customer_class, [], district.use_limits.get(customer_class, 1_000_000),
        rng.choice(_HABITS), _face(rng, customer_class, base, n), a_year, monthly=monthly,
    )  # fmt: skip
    residential = customer_class == "residential"
    draft.tenant = not hydrant and dice[0] < {"residential": 190, "commercial": 400}.get(customer_class, 0)
    draft.agent = draft.tenant and dice[1] < 300
    back = rng.randint(2, 7)
    resale = rng.randint(3, 8)
    garden = [_use(garden_base, names.GARDEN, m, e) for m, e in zip(months, garden_noise, strict=True)]
    if hydrant:
        draft.kind, draft.opened_at, draft.habit = "hydrant", max(n - back, 0), "prompt"
    elif agency:
        draft.habit, draft.stated = "prompt", {}
    elif safe:
        pass
    elif residential and dice[2] < 172:
        draft.sealed_at = 0 if dice[3] < 600 else 1 + dice[3] % (n - 1)
    elif dice[2] < 215:
        draft.opened_at = max(n - back, 0)
    elif dice[2] < 250 and n > 3:
        closing = windows[n - min(back, n - 2)]
        draft.closed_on = closing.reads[0] - timedelta(days=5 + dice[3] % 18)
        draft.credit_cents = 1_000 + 37 * dice[5] if dice[4] < 150 else 0
    elif dice[2] < 290 and n >= 12:
        draft.exchanged_at = 2 + dice[3] % (n - 10)
    elif dice[2] < 360 and residential:
        draft.garden = garden
    elif dice[2] < 385 and residential:
        draft.occasional = True
    elif dice[2] < 430 and residential and n > resale + 1:
        draft.sold_at, draft.habit = n - resale, "prompt"
    elif customer_class in ("multi", "institutional"):
        if dice[4] < 300:
            draft.master = True  # lawns and pools, in use all year
            draft.garden = [_use(garden_base, names.SEASON, m, e) for m, e in zip(months, garden_noise, strict=True)]
        elif dice[4] < 700:
            draft.fire = True
        draft.compound = dice[5] < 500
    elif customer_class == "commercial":
        draft.fire = dice[4] < 350
    if draft.habit == "behind" and draft.closed_on is None and dice[1] % 3 == 0:
        draft.plan = tuple(almanac.today + timedelta(days=n) for n in (-9, 12, 43, 73))
    even = 500 if draft.opened_at is not None else 1000
    if monthly:
        base = base * 2 if agency else (base + 1) // 2
    season = [1000 + (s - 1000) * even // 1000 for s in names.SEASON]
    draft.uses = [max(2, _use(base, season, m, e)) for m, e in zip(months, noise, strict=True)]
    if draft.occasional:  # a summer house: its months of use are the same each year
        draft.uses = [use if m in names.SUMMER else 0 for use, m in zip(draft.uses, months, strict=True)]
    if draft.master:
        draft.uses = [use + more for use, more in zip(draft.uses, garden_of(draft), strict=True)]
    return draft


def garden_of(draft: Draft) -> list[int]:
    """Use of the account's garden, period by period."""
    assert draft.garden is not None
    return draft.garden


def is_monthly(index: int) -> bool:
    """Whether the account at this place is one of the large ones that are billed every month."""
    return index % MONTHLY_STEP == MONTHLY_AT


def cycle_of(district: District, index: int) -> str:
    """The cycle of the account at this place: the large ones monthly, the others turn by turn."""
    most = max(cycle.months for cycle in district.cycles)
    turns = [cycle.code for cycle in district.cycles if cycle.months == most]
    if is_monthly(index):
        return next((cycle.code for cycle in district.cycles if cycle.months < most), turns[index % len(turns)])
    return turns[index % len(turns)]


def step_of(district: District, index: int) -> tuple[int, int]:
    """Number of the account's cycle, from 1, and how many accounts of that cycle's walk are before it."""
    code = cycle_of(district, index)
    number = [cycle.code for cycle in district.cycles].index(code) + 1
    return number, index // (MONTHLY_STEP if is_monthly(index) else 2)


def _use(base: int, season: tuple[int, ...] | list[int], month: int, noise: int) -> int:
    return (base * season[month - 1] * (1000 + noise) + 500_000) // 1_000_000


def _face(rng: random.Random, customer_class: str, base: int, periods: int) -> Face:
    """A kind of meter whose counter does not pass zero within the story."""
    picked = rng.choices(names.FACES, [face[-1] for face in names.FACES])[0]
    _, _, dials, unit, num, den, _ = picked
    if customer_class == "agency":
        return names.INTERTIE_FACE
    counts = base * 2 * periods * {"ccf": 1, "cf": 100, "gal": 749}[unit] * den // num
    return picked if counts * 3 < 10**dials and customer_class in ("residential", "irrigation") else names.LARGE_FACE
