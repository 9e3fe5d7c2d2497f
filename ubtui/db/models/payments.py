"""Payments in suspense, and credits kept at their owner's wish."""

from __future__ import annotations

from peewee import AutoField, IntegerField, TextField

from ubtui.db.fields import CentsField, DayField, InstantField
from ubtui.db.models.base import Record


class SuspenseLine(Record):
    id = AutoField()
    batch_id = IntegerField()
    line = IntegerField()
    cents = CentsField()
    payer = TextField()
    reference = TextField(null=True)
    trace = TextField(null=True)
    received_on = DayField()
    source = TextField()
    kind = TextField()
    journal_id = IntegerField(null=True)
    state = TextField()
    receipt_id = IntegerField(null=True)
    settled_journal_id = IntegerField(null=True)
    settled_by = TextField(null=True)
    settled_at = InstantField(null=True)
    version = IntegerField()

    class Meta:
        table_name = "suspense_line"


class CreditKept(Record):
    id = AutoField()
    account_id = IntegerField()
    code = TextField()
    cents = CentsField()
    until_on = DayField()
    reason = TextField()
    by_staff = TextField()
    at = InstantField()

    class Meta:
        table_name = "credit_kept"
