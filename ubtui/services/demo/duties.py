"""The sample's calendar of duties: a few near enough to be on somebody's list, the others months away."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator
from datetime import date, timedelta

from ubtui.services.demo.plants.plant import TIMES, Plant

_NEAR = (
    ("board-packet", "Board packet: billed, collected, delinquent", "board policy 3.1"),
    ("intertie-invoices", "Invoices to both interties", "interagency agreements"),
    ("unclaimed", "Notice of unclaimed credits", "CCP 1501.5"),
    ("hydrant-fee", "Remit the fire department's hydrant fee", "pass-through agreement"),
)
_FAR = (
    ("annual-report", "Electronic annual report", "HSC 116530", 61),
    ("discontinuation", "Post last year's shutoffs", "HSC 116918", 75),
    ("tax-roll", "Amounts to the county's tax roll", "WAT 25806", 130),
    ("rate-notice", "Notice of the rate hearing", "Prop. 218", 170),
)
LEAD_DAYS = 14


def duties(today: date, skip: Collection[str] = ()) -> Iterator[tuple[str, str, str, date]]:
    """Code, title, rule and next day of each duty."""
    for time, (code, title, rule) in zip(TIMES, _NEAR, strict=True):
        plant = Plant("X04", time)
        if plant.name not in skip:
            ahead = LEAD_DAYS + 1 if plant.near else (-2, 3, LEAD_DAYS)[plant.n - 1]
            yield code, title, rule, today + timedelta(days=ahead)
    for code, title, rule, ahead in _FAR:
        yield code, title, rule, today + timedelta(days=ahead)


def as_toml(today: date, skip: Collection[str] = ()) -> str:
    """The duties as the district's settings say them, each from its next day on."""
    return "".join(
        f'\n[[duties]]\ncode = "{code}"\ntitle = "{title}"\nmonth = {day.month}\nday = {day.day}\n'
        f'lead_days = {LEAD_DAYS}\nsince = {day}\nrule = "{rule}"\n'
        for code, title, rule, day in duties(today, skip)
    )


def duty_key(plant: Plant) -> str:
    """The key of the item that a plant's duty raises."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"duty:{_NEAR[plant.n - 1][0]}"))
