"""Services asked for, and interties with what the other agency states."""

from __future__ import annotations

from peewee import AutoField, IntegerField, TextField

from ubtui.db.fields import CentsField, DayField, InstantField
from ubtui.db.models.base import Record


class ServiceRequest(Record):
    id = AutoField()
    number = TextField()
    account_id = IntegerField()
    point_id = IntegerField()
    kind = TextField()
    size = TextField()
    asked_on = DayField()
    asked_by = TextField()
    fee_cents = CentsField()
    proposal_id = IntegerField(null=True)
    paid_on = DayField(null=True)
    receipt = TextField()
    noted_by = TextField(null=True)
    confirmed_by = TextField(null=True)
    state = TextField()
    closed_on = DayField(null=True)
    closed_by = TextField(null=True)
    reason = TextField(null=True)
    version = IntegerField()

    class Meta:
        table_name = "service_request"


class Intertie(Record):
    point_id = IntegerField(primary_key=True)
    agency = TextField()
    unit = TextField()
    from_on = DayField()
    to_on = DayField(null=True)
    version = IntegerField()

    class Meta:
        table_name = "intertie"


class IntertieStatement(Record):
    id = AutoField()
    point_id = IntegerField()
    period = TextField()
    kind = TextField()
    micro = IntegerField()
    unit = TextField()
    begin_value = IntegerField(null=True)
    end_value = IntegerField(null=True)
    stated_on = DayField()
    source = TextField()
    entered_by = TextField()
    entered_at = InstantField()

    class Meta:
        table_name = "intertie_statement"
