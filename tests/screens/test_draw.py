"""What is drawn can be read in every depth of colour: each glyph against its ground, and the cursor of a field."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.screens.draw import DEPTHS, draw, seen

ENOUGH = 4.5  # WCAG 2.2, 1.4.3: the contrast of text
RULES = "─│━┃▁▂▃▄▅▆▇█▸"


def luminance(colour: str) -> float:
    """Of "#rrggbb", from 0 to 1."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(ink: str, ground: str) -> float:
    """From 1 to 21."""
    dark, light = sorted((luminance(ink), luminance(ground)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("state", ["find", "adjust-wrong"])
async def test_every_glyph_and_the_cursor_can_be_seen(
    state: str, depth: str, district: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "")  # drawing sets it: it is as before when this is over
    cells = await draw(Path(district), state, (80, 24), depth)
    looks = {seen(cell)[:2] for row in cells for cell in row if cell.data.strip() and cell.data not in RULES}
    assert not {look for look in looks if contrast(*look) < ENOUGH}
    [line] = [row for row in cells if "".join(cell.data for cell in row).lstrip().startswith(("a name,", "Amount"))]
    grounds = [seen(cell)[1] for cell in line]
    [cursor] = [ground for ground in set(grounds) if grounds.count(ground) == 1]
    assert all(contrast(cursor, ground) >= 3 for ground in grounds if ground != cursor), "the cursor is not seen"
