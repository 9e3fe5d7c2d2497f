"""Colours by meaning: two themes, the tokens that the style files use, and where those files lie."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from textual.app import App
from textual.theme import Theme

from ubtui.widgets import too_small

NORMAL = "desk"
LEAN = "desk-lean"

_NORMAL_TOKENS = {
    "danger": "#e5707e",
    "dim": "#8a9199",
    "rule": "#4b5560",
    "title-background": "#232a31",
    "cursor-foreground": "#0f1418",
    "cursor-background": "#7fb4d8",
    "cursor-text-style": "none",
    "block-cursor-foreground": "#0f1418",
    "block-cursor-background": "#7fb4d8",
    "block-cursor-text-style": "none",
    "input-cursor-background": "#d8dde2",
    "input-cursor-foreground": "#0f1418",
    "input-selection-background": "#3f5a70",
    "border": "#7fb4d8",
    "border-blurred": "#4b5560",
    "scrollbar": "#4b5560",
    "scrollbar-background": "#14191e",
}

# What Textual does not define by itself.
_OWN = ("danger", "dim", "rule", "title-background", "cursor-foreground", "cursor-background", "cursor-text-style")

# The terminal's own sixteen colours: half the bytes of a line, and readable on whatever background it has.
_LEAN_TOKENS = {
    "ansi-background": "ansi_black",
    "ansi-foreground": "ansi_white",
    "danger": "ansi_bright_red",  # plain red is too dark to read on the black of consoles and PuTTY
    "dim": "ansi_default",
    "rule": "ansi_default",
    "title-background": "ansi_default",
    "cursor-foreground": "ansi_default",
    "cursor-background": "ansi_default",
    "cursor-text-style": "reverse",  # also seen where NO_COLOR takes all colours away
    "block-cursor-foreground": "ansi_default",
    "block-cursor-background": "ansi_default",
    "block-cursor-text-style": "reverse",
    "input-cursor-background": "ansi_default",
    "input-cursor-foreground": "ansi_default",
    "input-cursor-text-style": "reverse",
    "input-selection-background": "ansi_cyan",
    "input-selection-foreground": "ansi_black",
    "border": "ansi_default",
    "border-blurred": "ansi_default",
    "scrollbar": "ansi_cyan",
    "scrollbar-background": "ansi_default",
}

THEMES = (
    Theme(
        name=NORMAL,
        primary="#7fb4d8",
        secondary="#5d8aa8",
        accent="#7fb4d8",
        warning="#d9b25f",
        error="#e5707e",
        success="#7fb4d8",
        foreground="#d8dde2",
        background="#14191e",
        surface="#14191e",
        panel="#232a31",
        dark=True,
        variables=_NORMAL_TOKENS,
    ),
    Theme(
        name=LEAN,
        ansi=True,
        primary="ansi_cyan",
        secondary="ansi_cyan",
        accent="ansi_cyan",
        warning="ansi_yellow",
        error="ansi_bright_red",
        success="ansi_cyan",
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        boost="ansi_default",
        dark=True,
        variables=_LEAN_TOKENS,
    ),
)


def choose_theme(environ: Mapping[str, str]) -> str:
    """The theme for a terminal: lean over SSH, under NO_COLOR, and without true colour."""
    if "SSH_CONNECTION" in environ or "NO_COLOR" in environ:
        return LEAN
    return NORMAL if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit") else LEAN


def token_defaults() -> dict[str, str]:
    """The tokens for `App.get_theme_variable_defaults`, so that the styles parse under any other theme too."""
    return {name: _NORMAL_TOKENS[name] for name in _OWN}


def begin(app: App[Any], name: str) -> None:
    """Give an app that has drawn nothing yet its theme, so that its styles are read once and not twice.

    Setting `App.theme` reads them again, which later on is what is wanted.
    """
    for each in THEMES:
        app.register_theme(each)
    app.set_reactive(App.theme, name)
    app.stylesheet.set_variables(app.get_css_variables())


class ThemedApp(App[int]):
    """An app in one of the two themes, with the tokens defined under any other theme too, and classes by size."""

    HORIZONTAL_BREAKPOINTS = too_small.HORIZONTAL
    VERTICAL_BREAKPOINTS = too_small.VERTICAL

    def __init__(self, theme_name: str = NORMAL) -> None:
        # Textual chooses its NO_COLOR filter here, before a theme can be set; the wrong one draws black on black.
        super().__init__(ansi_color=True if theme_name == LEAN else None)
        begin(self, theme_name)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The tokens of the house, so that the style files parse."""
        return token_defaults()


def styles_folder() -> Path:
    """The folder of the style files: inside the package where installed, beside it in a checkout.

    Raises FileNotFoundError naming both places.
    """
    package = Path(__file__).resolve().parent.parent
    places = (package / "styles", package.parent / "styles")
    for place in places:
        if (place / "base.tcss").is_file():
            return place
    raise FileNotFoundError(f"No base.tcss in {places[0]} nor in {places[1]}: install the package again.")
