"""Tests of meters, and what they measured at each flow."""

from __future__ import annotations

from peewee import AutoField, CompositeKey, IntegerField, TextField

from ubtui.db.fields import DayField, InstantField
from ubtui.db.models.base import Record


class MeterTest(Record):
    id = AutoField()
    meter_id = IntegerField()
    point_id = IntegerField(null=True)
    tested_on = DayField()
    tested_by = TextField()
    result = TextField()
    note = TextField()
    order_number = TextField()
    proposals = TextField()
    entered_by = TextField()
    entered_at = InstantField()

    class Meta:
        table_name = "meter_test"


class MeterTestFlow(Record):
    test_id = IntegerField()
    flow = TextField()
    gpm_milli = IntegerField()
    standard_milli = IntegerField()
    registered_milli = IntegerField()
    lowest_milli = IntegerField()
    highest_milli = IntegerField()

    class Meta:
        table_name = "meter_test_flow"
        primary_key = CompositeKey("test_id", "flow")
