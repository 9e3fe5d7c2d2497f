"""A living district's settings: shown, compared, put forward by one person and put in force by another."""

from ubtui.services.district.acts import Applied, Apply, Approve, Reject, Withdraw, apply, approve, reject, withdraw
from ubtui.services.district.keys import Change, based_on, changes
from ubtui.services.district.views import Difference, Setting, compared, history, shown, text

__all__ = [
    "Applied",
    "Apply",
    "Approve",
    "Change",
    "Difference",
    "Reject",
    "Setting",
    "Withdraw",
    "apply",
    "approve",
    "based_on",
    "changes",
    "compared",
    "history",
    "reject",
    "shown",
    "text",
    "withdraw",
]
