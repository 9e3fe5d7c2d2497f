"""Plants on connections: what the crew found, services asked and paid for, rights without a paper."""

from __future__ import annotations

from typing import Final

from ubtui.services.demo.plants.plant import Planting

TROUBLE: Final[dict[str, Planting]] = {}
