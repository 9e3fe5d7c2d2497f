"""What stands on the screen, as text: the one place that looks into Textual's compositor."""

from typing import Any

from textual.app import App


def screen_text(app: App[Any]) -> str:
    """The lines of the screen as they are drawn, blanks at their ends left out."""
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


def screen_styles(app: App[Any]) -> set[str]:
    """Every style that is on the screen, with the actions that a click would run."""
    found: set[str] = set()
    for strip in app.screen._compositor.render_strips():
        for segment in strip:
            if segment.style is not None:
                found.add(f"{segment.style} {segment.style.meta if segment.style.meta else ''}".strip())
    return found
