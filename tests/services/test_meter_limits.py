"""A district's own limits of meter tests: read strictly, found by size however it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from ubtui import settings
from ubtui.domain.accuracy import Limits

SAMPLE = (Path(settings.__file__).parent / "services/demo/district.toml").read_text("utf-8")
OWN = """
[[meters.sizes]]
size = "{size}"
low = ["0.25", "90", "101"]
mid = ["{gpm}", "{lowest}", "102"]
high = ["15", "98", "102"]
"""


def read(*sizes: dict[str, str], reason: str = "read-correction") -> settings.District:
    usual = {"size": "5/8", "gpm": "2", "lowest": "98"}
    text = SAMPLE.replace('refund_reason = "read-correction"', f'refund_reason = "{reason}"')
    return settings.district(text + "".join(OWN.format(**usual | each) for each in sizes))


def test_the_usual_limits_stand_until_a_district_writes_its_own() -> None:
    usual = read().meters
    assert usual.limits('1 1/2"')["mid"] == Limits(8_000, 98_500, 101_500) == usual.limits("1.5")["mid"]
    assert usual.limits("5/8x3/4")["low"] == Limits(250, 95_000, 101_000)
    assert usual.limits("10") == usual.limits("unknown") == {}
    own = read({"size": "3/4"}).meters
    assert own.limits("0.75")["low"] == Limits(250, 90_000, 101_000) and own.limits("1") == {}


@pytest.mark.parametrize(
    ("size", "says"),
    [
        ({"size": "wide"}, "meters.sizes[wide]: is no meter size"),
        ({"gpm": "0"}, "meters.sizes[5/8].mid: the flow is above zero"),
        ({"gpm": "2.0001"}, "meters.sizes[5/8].mid: '2.0001' is no number"),
        ({"lowest": "102.5"}, "the lowest share at most the highest"),
    ],
)
def test_what_cannot_be_used_is_told_with_its_place(size: dict[str, str], says: str) -> None:
    with pytest.raises(settings.SettingsError) as told:
        read(size)
    assert says in str(told.value)


def test_a_size_stands_once_and_a_refund_credits() -> None:
    with pytest.raises(settings.SettingsError, match=r"sizes\[1\.5\]: stands twice"):
        read({"size": "1-1/2"}, {"size": "1.5"})
    for reason in ("nobody-knows", "charge-by-hand"):
        with pytest.raises(settings.SettingsError, match="refund_reason: no reason"):
            read(reason=reason)
    assert read(reason="").meters.refund_reason == ""
