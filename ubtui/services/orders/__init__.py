"""Field orders: what is done with them, and how they are looked at."""

from ubtui.services.orders.acts import (
    Cancel,
    Create,
    Kind,
    Move,
    Ordered,
    cancel,
    create,
    finish,
    move,
    sent,
    tested,
    touch_reported,
)
from ubtui.services.orders.needs import sensible
from ubtui.services.orders.results import Correct, Result, correct, result
from ubtui.services.orders.views import (
    KINDS,
    ORDERS,
    OrderView,
    of_account,
    open_at,
    open_by_number,
    order,
    places,
    tally,
)

__all__ = [
    "KINDS", "ORDERS", "Cancel", "Correct", "Create", "Kind", "Move", "OrderView", "Ordered", "Result", "cancel",
    "correct", "create", "finish", "move", "of_account", "open_at", "open_by_number", "order", "places", "result",
    "sensible", "sent", "tally", "tested", "touch_reported",
]  # fmt: skip
