"""The field: orders, requests to seal and unseal, seals as they were found, parcel rights."""

from __future__ import annotations

from peewee import AutoField, IntegerField, TextField

from ubtui.db.fields import CentsField, DayField
from ubtui.db.models.base import Record


class FieldOrder(Record):
    id = AutoField()
    number = TextField()
    kind = TextField()
    point_id = IntegerField()
    account_id = IntegerField(null=True)
    meter_id = IntegerField(null=True)
    item = TextField()
    asked_on = DayField()
    asked_by = TextField()
    due_on = DayField()
    place_in_route = IntegerField(null=True)
    instructions = TextField()
    state = TextField()
    done_on = DayField(null=True)
    done_by = TextField(null=True)
    found_serial = TextField(null=True)
    found_size = TextField(null=True)
    found_value = IntegerField(null=True)
    found_code = TextField(null=True)
    found_seal = TextField(null=True)
    found_location = TextField(null=True)
    note = TextField(null=True)
    version = IntegerField()

    class Meta:
        table_name = "field_order"


class SealRequest(Record):
    id = AutoField()
    point_id = IntegerField()
    kind = TextField()
    asked_by = TextField()
    asked_on = DayField()
    state = TextField()
    order_id = IntegerField(null=True)
    closed_on = DayField(null=True)
    closed_by = TextField(null=True)
    reason = TextField(null=True)
    version = IntegerField()

    class Meta:
        table_name = "seal_request"


class SealCheck(Record):
    id = AutoField()
    seal_id = IntegerField()
    checked_on = DayField()
    found = TextField()
    value = IntegerField(null=True)
    found_number = TextField(null=True)
    note = TextField()
    checked_by = TextField()
    order_id = IntegerField(null=True)

    class Meta:
        table_name = "seal_check"


class SealFee(Record):
    id = AutoField()
    seal_id = IntegerField()
    what = TextField()
    account_id = IntegerField()
    cents = CentsField()
    noted_on = DayField()
    noted_by = TextField()
    settled_on = DayField(null=True)
    settled_by = TextField(null=True)
    proposal = TextField(null=True)
    why = TextField()
    version = IntegerField()

    class Meta:
        table_name = "seal_fee"


class ParcelRight(Record):
    id = AutoField()
    parcel_id = IntegerField()
    kind = TextField()
    size = TextField()
    count = IntegerField()
    status = TextField()
    from_on = DayField()
    to_on = DayField(null=True)
    source = TextField()
    document_id = IntegerField(null=True)
    version = IntegerField()

    class Meta:
        table_name = "parcel_right"
