"""Adjustments: planned from a read, proposed with their papers, decided by another person, posted in one commit."""

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

__all__ = [
    "Acknowledge",
    "Approve",
    "Approved",
    "Decided",
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
    "submit",
    "withdraw",
]
