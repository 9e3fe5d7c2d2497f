"""The delinquency clock of one receivable item."""

from __future__ import annotations

from datetime import date, timedelta

SHUTOFF_AFTER = timedelta(days=61)
"""Sixty full days delinquent (HSC 116908); the other floors come on top."""


def shutoff_not_before(due: date) -> date:
    """The first day on which nonpayment of an item due on `due` may stop residential water."""
    return due + SHUTOFF_AFTER
