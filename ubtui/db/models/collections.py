"""What is open and arranged, what protects, who owned when, and mail that came back."""

from __future__ import annotations

from peewee import AutoField, CompositeKey, IntegerField, TextField

from ubtui.db.fields import CentsField, DayField, InstantField
from ubtui.db.models.base import Record


class OpenItem(Record):
    item_id = IntegerField(primary_key=True)
    account_id = IntegerField()
    due_on = DayField()
    cents = CentsField()

    class Meta:
        table_name = "open_item"


class Arrangement(Record):
    id = AutoField()
    number = TextField()
    account_id = IntegerField()
    kind = TextField()
    cents = CentsField()
    made_on = DayField()
    made_by = TextField()
    made_at = InstantField()
    note = TextField()
    document_id = IntegerField(null=True)
    ended_on = DayField(null=True)
    ended_how = TextField(null=True)
    ended_by = TextField(null=True)
    ended_why = TextField(null=True)
    version = IntegerField()

    class Meta:
        table_name = "arrangement"


class ArrangementItem(Record):
    arrangement_id = IntegerField()
    item_id = IntegerField()
    cents = CentsField()

    class Meta:
        table_name = "arrangement_item"
        primary_key = CompositeKey("arrangement_id", "item_id")


class Instalment(Record):
    arrangement_id = IntegerField()
    n = IntegerField()
    due_on = DayField()
    cents = CentsField()

    class Meta:
        table_name = "instalment"
        primary_key = CompositeKey("arrangement_id", "n")


class Protection(Record):
    id = AutoField()
    account_id = IntegerField()
    kind = TextField()
    from_on = DayField()
    expires_on = DayField()
    note = TextField()
    document_id = IntegerField(null=True)
    set_by = TextField()
    set_at = InstantField()
    ended_on = DayField(null=True)
    ended_by = TextField(null=True)
    ended_why = TextField(null=True)
    version = IntegerField()

    class Meta:
        table_name = "protection"


class NoticeItem(Record):
    item_id = IntegerField()
    step = TextField()
    letter_id = IntegerField()
    run = TextField()

    class Meta:
        table_name = "notice_item"
        primary_key = CompositeKey("item_id", "step")


class OwnershipTransfer(Record):
    id = AutoField()
    account_id = IntegerField()
    from_party_id = IntegerField(null=True)
    to_party_id = IntegerField()
    on_date = DayField()
    source = TextField()
    note = TextField()
    document_id = IntegerField(null=True)
    recorded_by = TextField()
    recorded_at = InstantField()
    debt = TextField(null=True)
    debt_on = DayField(null=True)
    debt_by = TextField(null=True)
    debt_why = TextField(null=True)
    version = IntegerField()

    class Meta:
        table_name = "ownership_transfer"


class CountyOwner(Record):
    parcel_id = IntegerField()
    as_of = DayField()
    name = TextField()
    source = TextField()
    batch_id = IntegerField(null=True)

    class Meta:
        table_name = "county_owner"
        primary_key = CompositeKey("parcel_id", "as_of")


class OwnerConfirmed(Record):
    id = AutoField()
    account_id = IntegerField()
    county_name = TextField()
    reason = TextField()
    confirmed_on = DayField()
    confirmed_by = TextField()
    at = InstantField()

    class Meta:
        table_name = "owner_confirmed"


class EscrowDemand(Record):
    id = AutoField()
    account_id = IntegerField()
    number = TextField()
    closes_on = DayField()
    good_through = DayField()
    cents = CentsField()
    asked_by = TextField()
    recorded_by = TextField()
    recorded_at = InstantField()

    class Meta:
        table_name = "escrow_demand"


class ReturnedMail(Record):
    id = AutoField()
    account_id = IntegerField()
    party_id = IntegerField()
    what = TextField()
    returned_on = DayField()
    reason = TextField()
    recorded_by = TextField()
    recorded_at = InstantField()
    outcome = TextField(null=True)
    settled_on = DayField(null=True)
    settled_by = TextField(null=True)
    note = TextField()
    version = IntegerField()

    class Meta:
        table_name = "returned_mail"
