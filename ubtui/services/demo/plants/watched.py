"""Plants on what waits: rereads not back, held reads before a bill, large meters that fade."""

from __future__ import annotations

from typing import Final

from ubtui.services.demo.plants.plant import Planting

TROUBLE: Final[dict[str, Planting]] = {}
