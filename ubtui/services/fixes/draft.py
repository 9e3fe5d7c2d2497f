"""What a maker of offers gives: an act with the values that an item's evidence says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ubtui.act import Look
from ubtui.services.worklist import ItemView


@dataclass(frozen=True)
class Draft:
    """An act with known values; a draft of decision `corrected` is one of several of the same act.

    `odds`, where causes were weighed: likely, possible or unlikely. `shown` changes how a field
    is put, by its name: its label, its help, whether it is needed.
    """

    act: str
    known: dict[str, object]
    title: str = ""
    likely: bool = False
    why: str = ""
    shown: dict[str, dict[str, Any]] = field(default_factory=dict)
    odds: str = ""


Maker = Callable[[Look, ItemView], Iterator[Draft]]
"""The drafts of one act for an item; nothing where the act would not help."""
