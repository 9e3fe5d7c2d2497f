"""Liens: certificates recorded with the county, and what each one states."""

from __future__ import annotations

from peewee import AutoField, CompositeKey, IntegerField, TextField

from ubtui.db.fields import CentsField, DayField, InstantField
from ubtui.db.models.base import Record


class Lien(Record):
    id = AutoField()
    number = TextField()
    account_id = IntegerField()
    parcel_id = IntegerField()
    party_id = IntegerField()
    recorded_on = DayField()
    expires_on = DayField()
    cents = CentsField()
    recorded_by = TextField()
    recorded_at = InstantField()
    released_on = DayField(null=True)
    release_number = TextField(null=True)
    released_by = TextField(null=True)
    county_paid_on = DayField(null=True)
    version = IntegerField()

    class Meta:
        table_name = "lien"


class LienItem(Record):
    lien_id = IntegerField()
    item_id = IntegerField()
    cents = CentsField()

    class Meta:
        table_name = "lien_item"
        primary_key = CompositeKey("lien_id", "item_id")
