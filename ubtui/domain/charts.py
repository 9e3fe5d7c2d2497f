"""Charts of characters for a terminal: a bar beside its number, never without it."""

from __future__ import annotations

from collections.abc import Sequence

_EIGHTHS = " ▏▎▍▌▋▊▉█"


def bar(value: int, top: int, width: int) -> str:
    """A bar of at most `width` cells, to an eighth of a cell; anything above nothing shows at least its edge."""
    if value <= 0 or top <= 0 or width <= 0:
        return ""
    eighths = max(1, min(value, top) * width * 8 // top)
    return "█" * (eighths // 8) + (_EIGHTHS[eighths % 8] if eighths % 8 else "")


def bars(rows: Sequence[tuple[str, int, str]], width: int) -> list[str]:
    """Lines `label ████ 12 words` of (label, value, words); the longest bar takes what `width` leaves."""
    if not rows:
        return []
    label = max(len(name) for name, _, _ in rows)
    number = max(len(f"{value:,}") for _, value, _ in rows)
    words = max(len(said) for _, _, said in rows)
    top = max(value for _, value, _ in rows)
    room = max(1, width - label - number - words - 3)
    return [
        f"{name:<{label}} {bar(value, top, room):<{room}} {value:>{number},} {said}".rstrip()
        for name, value, said in rows
    ]
