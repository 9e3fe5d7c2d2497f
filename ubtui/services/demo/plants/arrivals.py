"""Plants on what comes from outside: meters nobody knows, too many digits, what another agency says."""

from __future__ import annotations

from typing import Final

from ubtui.services.demo.plants.plant import Planting

TROUBLE: Final[dict[str, Planting]] = {}
