"""Plants on meters: exchanged, changed in their face, read for the first time, compound, or gone."""

from __future__ import annotations

from typing import Final

from ubtui.services.demo.plants.plant import Planting

TROUBLE: Final[dict[str, Planting]] = {}
