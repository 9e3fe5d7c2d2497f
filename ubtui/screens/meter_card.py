"""The card of a meter in few lines: what hangs where, for whom, since when, its seal, its tests, who is on the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ubtui.domain.dates import format_day
from ubtui.services.meter_views import Around
from ubtui.services.meters import MeterHistory
from ubtui.widgets.panel import Line


def card_lines(found: MeterHistory, around: Around, today: date) -> Iterator[Line]:
    """Six lines at most: of seal, test and orders only what there is."""
    card = found.card
    walk = f"{card.route}-{card.sequence:04d}" if card.route and card.sequence is not None else card.route
    where = (card.point, "" if card.state == "active" else card.state, card.address, walk, card.location)
    yield Line("point", " · ".join(filter(None, where)))
    seasonal = " · seasonal" if card.seasonal else ""
    yield Line("account", f"{card.account or 'none'} {card.who} · {card.service} {card.rate}{seasonal}")
    if card.meter:
        face = f"{card.dials} dials x {card.multiplier} {card.meter_unit}"
        size = f'{card.size}"' if card.size[-1:].isdigit() else card.size
        since = f"since {found.installs[0].on}" if found.installs else ""
        several = f"{len(found.installs)} hung here" if len(found.installs) > 1 else ""
        hangs = (card.meter, card.model, size, face, card.radio and f"radio {card.radio}", since, several)
        yield Line("meter", " · ".join(filter(None, hangs)))
    else:
        yield Line("meter", "no meter known")
    if card.seal:
        since = f" since {format_day(card.sealed_on, today)}" if card.sealed_on else ""
        told = f"{card.seal} {card.lock}, {card.lock_reason.replace('_', ' ')}, {card.seal_rate} rate{since}"
        yield Line("seal", told, "warning")
    if around.tested_on is not None:
        result = "passed" if around.passed else "failed"
        yield Line("tested", f"{around.tested_on} {result}{f', bills {around.on_bills}' if around.on_bills else ''}",
                   None if around.passed else "warning")  # fmt: skip
    if around.orders:
        yield Line("on the way", " · ".join(around.orders), "accent")
