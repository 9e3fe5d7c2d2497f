"""The ways to fix an item from its row: one table, and a file of makers an area."""

from ubtui.services.fixes.table import TITLES, Offer, Standing, guarded, named, offer, offers, standing, table
from ubtui.services.forms import FieldSpec, form

__all__ = [
    "TITLES", "FieldSpec", "Offer", "Standing", "form", "guarded", "named", "offer", "offers", "standing",
    "table",
]  # fmt: skip
