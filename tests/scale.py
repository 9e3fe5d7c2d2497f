"""How large a test runs: a hundredth of each stated figure in `make test`, the whole in `make soak`."""

import os

SOAK = os.environ.get("UBTUI_SOAK") == "1"


def scaled(figure: int, least: int = 1) -> int:
    """The number of rounds to run for a stated figure; never under `least`."""
    return figure if SOAK else max(least, figure // 100)
