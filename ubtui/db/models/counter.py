"""Drawers, the receipts in them, deposits, and accounts that are drafted or billed by e-mail."""

from __future__ import annotations

from peewee import AutoField, IntegerField, TextField

from ubtui.db.fields import CentsField, DayField, InstantField
from ubtui.db.models.base import Record


class Drawer(Record):
    id = AutoField()
    number = IntegerField()
    staff = TextField()
    day = DayField()
    opened_at = InstantField()
    last_n = IntegerField()
    expected_cash = CentsField(null=True)
    expected_checks = CentsField(null=True)
    expected_cards = CentsField(null=True)
    cash = CentsField(null=True)
    checks = CentsField(null=True)
    cards = CentsField(null=True)
    counted_by = TextField(null=True)
    counted_at = InstantField(null=True)
    reason = TextField()
    proposal = TextField(null=True)
    closed_on = DayField(null=True)
    journal_id = IntegerField(null=True)
    version = IntegerField()

    class Meta:
        table_name = "drawer"


class CounterReceipt(Record):
    receipt_id = IntegerField(primary_key=True)
    drawer_id = IntegerField()
    n = IntegerField()
    payer = TextField()
    void = IntegerField()

    class Meta:
        table_name = "counter_receipt"


class Deposit(Record):
    id = AutoField()
    number = TextField()
    day = DayField()
    made_by = TextField()
    made_at = InstantField()
    cash = CentsField()
    checks = CentsField()
    cards = CentsField()

    class Meta:
        table_name = "deposit"


class DepositDrawer(Record):
    drawer_id = IntegerField(primary_key=True)
    deposit_id = IntegerField()

    class Meta:
        table_name = "deposit_drawer"


class DepositBatch(Record):
    batch_id = IntegerField(primary_key=True)
    deposit_id = IntegerField()

    class Meta:
        table_name = "deposit_batch"


class Autopay(Record):
    id = AutoField()
    account_id = IntegerField()
    party_id = IntegerField()
    method = TextField()
    token = TextField()
    last4 = TextField()
    draft_day = IntegerField()
    since = DayField()
    enrolled_by = TextField()
    enrolled_at = InstantField()
    until = DayField(null=True)
    ended_how = TextField(null=True)
    ended_by = TextField(null=True)
    ended_why = TextField(null=True)
    version = IntegerField()

    class Meta:
        table_name = "autopay"


class Ebill(Record):
    id = AutoField()
    account_id = IntegerField()
    address = TextField()
    since = DayField()
    enrolled_by = TextField()
    enrolled_at = InstantField()
    until = DayField(null=True)
    ended_by = TextField(null=True)
    ended_why = TextField(null=True)
    version = IntegerField()

    class Meta:
        table_name = "ebill"
