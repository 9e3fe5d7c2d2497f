"""Contacts with customers, and duties that are done."""

from __future__ import annotations

from peewee import AutoField, CompositeKey, IntegerField, TextField

from ubtui.db.fields import CentsField, DayField, InstantField
from ubtui.db.models.base import Record


class Contact(Record):
    id = AutoField()
    key = TextField()
    account_id = IntegerField()
    at = InstantField()
    on_day = DayField()
    by_staff = TextField()
    kind = TextField()
    with_role = TextField()
    text = TextField()
    item = TextField(null=True)
    follows = IntegerField(null=True)
    promise_on = DayField(null=True)
    promise_cents = CentsField(null=True)
    promise = TextField(null=True)
    settled_on = DayField(null=True)
    settled_by = TextField(null=True)
    settled_why = TextField(null=True)
    version = IntegerField()

    class Meta:
        table_name = "contact"


class DutyDone(Record):
    code = TextField()
    period = TextField()
    due_on = DayField()
    done_on = DayField()
    done_by = TextField()
    at = InstantField()
    note = TextField()

    class Meta:
        table_name = "duty_done"
        primary_key = CompositeKey("code", "period")
