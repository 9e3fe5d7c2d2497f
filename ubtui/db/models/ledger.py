"""Ledger rows: proposals, approvals, journals, postings, items, applications, bills, receipts."""

from __future__ import annotations

from peewee import AutoField, CompositeKey, IntegerField, TextField

from ubtui.db.fields import CentsField, DayField, InstantField
from ubtui.db.models.base import Record


class Fund(Record):
    id = AutoField()
    code = TextField()
    title = TextField()

    class Meta:
        table_name = "fund"


class GlAccount(Record):
    id = AutoField()
    code = TextField()
    title = TextField()
    kind = TextField()
    use = TextField()

    class Meta:
        table_name = "gl_account"


class ChargeCode(Record):
    id = AutoField()
    code = TextField()
    title = TextField()
    revenue_gl_id = IntegerField()
    receivable_gl_id = IntegerField()
    fund_id = IntegerField()
    priority = IntegerField()
    lienable = IntegerField()
    penalty_bearing = IntegerField()
    taxable = IntegerField()

    class Meta:
        table_name = "charge_code"


class Period(Record):
    ym = IntegerField(primary_key=True)
    status = TextField()

    class Meta:
        table_name = "period"


class Proposal(Record):
    id = AutoField()
    number = TextField()
    idem_key = TextField()
    kind = TextField()
    reason = TextField()
    account_id = IntegerField(null=True)
    maker = TextField()
    state = TextField()
    amount_cents = CentsField()
    total_dr = IntegerField()
    legs_hash = TextField()
    plan_hash = TextField()
    tier = IntegerField()
    approvers = TextField()
    needs_document = IntegerField()
    policy_version = IntegerField()
    effective_on = DayField()
    note = TextField()
    item = TextField(null=True)
    revises = IntegerField(null=True)
    reverses = IntegerField(null=True)
    signers = IntegerField()
    created_on = DayField()
    created_at = InstantField()
    submitted_on = DayField(null=True)
    submitted_at = InstantField(null=True)
    version = IntegerField()

    class Meta:
        table_name = "proposal"


class ProposalLeg(Record):
    proposal_id = IntegerField()
    n = IntegerField()
    gl_id = IntegerField()
    account_id = IntegerField(null=True)
    item_id = IntegerField(null=True)
    charge_code_id = IntegerField(null=True)
    fund_id = IntegerField()
    cents = CentsField()

    class Meta:
        table_name = "proposal_leg"
        primary_key = CompositeKey("proposal_id", "n")


class Approval(Record):
    id = AutoField()
    proposal_id = IntegerField()
    decided_by = TextField()
    decision = TextField()
    reason = TextField()
    decided_on = DayField()
    decided_at = InstantField()

    class Meta:
        table_name = "approval"


class Signature(Record):
    proposal_id = IntegerField()
    signed_by = TextField()
    role = TextField()
    signed_at = InstantField()

    class Meta:
        table_name = "signature"
        primary_key = CompositeKey("proposal_id", "role")


class ProposalAck(Record):
    proposal_id = IntegerField(primary_key=True)
    by_staff = TextField()
    at = InstantField()

    class Meta:
        table_name = "proposal_ack"


class Journal(Record):
    id = AutoField()
    idem_key = TextField()
    kind = TextField()
    effective_on = DayField()
    period_ym = IntegerField()
    posted_at = InstantField()
    maker = TextField()
    posted_by = TextField()
    approval_id = IntegerField(null=True)
    reverses = IntegerField(null=True)
    reason = TextField()

    class Meta:
        table_name = "journal"


class Bill(Record):
    id = AutoField()
    number = TextField()
    account_id = IntegerField()
    period = TextField()
    version = IntegerField()
    from_on = DayField()
    to_on = DayField()
    billed_on = DayField()
    mailed_on = DayField(null=True)
    due_on = DayField()
    total_cents = CentsField()
    journal_id = IntegerField(null=True)
    replaces = IntegerField(null=True)

    class Meta:
        table_name = "bill"


class BillLine(Record):
    id = AutoField()
    bill_id = IntegerField()
    n = IntegerField()
    service_id = IntegerField(null=True)
    charge_code_id = IntegerField()
    label = TextField()
    quantity = TextField()
    rate = TextField()
    cents = CentsField()
    trace = TextField()

    class Meta:
        table_name = "bill_line"


class ReceivableItem(Record):
    id = AutoField()
    journal_id = IntegerField()
    account_id = IntegerField()
    service_id = IntegerField(null=True)
    charge_code_id = IntegerField()
    bill_line_id = IntegerField(null=True)
    effective_on = DayField()
    due_on = DayField()
    mailed_on = DayField(null=True)
    cents = CentsField()

    class Meta:
        table_name = "receivable_item"


class Application(Record):
    id = AutoField()
    journal_id = IntegerField()
    item_id = IntegerField()
    account_id = IntegerField()
    cents = CentsField()
    reverses = IntegerField(null=True)

    class Meta:
        table_name = "application"


class Posting(Record):
    id = AutoField()
    journal_id = IntegerField()
    gl_id = IntegerField()
    account_id = IntegerField(null=True)
    item_id = IntegerField(null=True)
    charge_code_id = IntegerField(null=True)
    fund_id = IntegerField()
    cents = CentsField()

    class Meta:
        table_name = "posting"


class JournalSeal(Record):
    journal_id = IntegerField(primary_key=True)
    n = IntegerField()
    total_dr = IntegerField()

    class Meta:
        table_name = "journal_seal"


class Receipt(Record):
    id = AutoField()
    number = TextField()
    batch_id = IntegerField(null=True)
    account_id = IntegerField()
    journal_id = IntegerField()
    received_on = DayField()
    cents = CentsField()
    source = TextField()
    trace = TextField(null=True)

    class Meta:
        table_name = "receipt"


class Tender(Record):
    id = AutoField()
    receipt_id = IntegerField()
    kind = TextField()
    reference = TextField(null=True)
    cents = CentsField()

    class Meta:
        table_name = "tender"
