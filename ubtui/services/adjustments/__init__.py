"""Adjustments: planned from a read, proposed with their papers, decided by another person, posted in one commit.

Each room comes when one of its names is first asked for: a form that waits is found without what posts it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ubtui.services.adjustments.decide import (
        Acknowledge,
        Approve,
        Approved,
        Decided,
        Reject,
        Withdraw,
        acknowledge,
        approve,
        expire,
        reject,
        withdraw,
    )
    from ubtui.services.adjustments.drafts import FormDraft, draft, drafts, drop_draft, save_draft
    from ubtui.services.adjustments.plans import Plan, PlanLeg, Propose, Standing, Touched, plan
    from ubtui.services.adjustments.proposals import (
        Proposed,
        Reverse,
        Revise,
        Submit,
        preview,
        propose,
        reverse,
        revise,
        submit,
    )
    from ubtui.services.adjustments.reversals import reversal
    from ubtui.services.adjustments.views import Pending, ProposalView, pending, proposal

# Where the names stand.
_ROOMS = {
    "decide": "Acknowledge Approve Approved Decided Reject Withdraw acknowledge approve expire reject withdraw",
    "drafts": "FormDraft draft drafts drop_draft save_draft",
    "plans": "Plan PlanLeg Propose Standing Touched plan",
    "proposals": "Proposed Reverse Revise Submit preview propose reverse revise submit",
    "reversals": "reversal",
    "views": "Pending ProposalView pending proposal",
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names.split()}

__all__ = [
    "Acknowledge",
    "Approve",
    "Approved",
    "Decided",
    "FormDraft",
    "Pending",
    "Plan",
    "PlanLeg",
    "ProposalView",
    "Propose",
    "Proposed",
    "Reject",
    "Reverse",
    "Revise",
    "Standing",
    "Submit",
    "Touched",
    "Withdraw",
    "acknowledge",
    "approve",
    "draft",
    "drafts",
    "drop_draft",
    "expire",
    "pending",
    "plan",
    "preview",
    "proposal",
    "propose",
    "reject",
    "reversal",
    "reverse",
    "revise",
    "save_draft",
    "submit",
    "withdraw",
]


def __getattr__(name: str) -> Any:
    if name in _ROOM_OF:
        return getattr(import_module(f"ubtui.services.adjustments.{_ROOM_OF[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
