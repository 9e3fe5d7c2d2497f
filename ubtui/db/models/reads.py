"""Reads, reviews, skips, the rows under judgement, cycle medians."""

from __future__ import annotations

from peewee import AutoField, CompositeKey, IntegerField, TextField

from ubtui.db.fields import DayField, InstantField
from ubtui.db.models.base import Record


class Read(Record):
    register_id = IntegerField()
    read_on = DayField()
    seq = IntegerField()
    point_id = IntegerField()
    period = TextField()
    value = IntegerField(null=True)
    usage = IntegerField(null=True)
    days = IntegerField(null=True)
    kind = TextField()
    source = TextField()
    status = TextField()
    held_code = TextField(null=True)
    trouble_code = TextField(null=True)
    rolled = IntegerField()
    carry = TextField(null=True)
    entered_by = TextField()
    entered_at = InstantField()
    batch_id = IntegerField(null=True)
    row_no = IntegerField(null=True)
    estimated_by = TextField(null=True)

    class Meta:
        table_name = "read"
        primary_key = CompositeKey("register_id", "read_on", "seq")


class ReadReview(Record):
    id = AutoField()
    register_id = IntegerField()
    read_on = DayField()
    seq = IntegerField()
    code = TextField()
    decision = TextField()
    reason = TextField()
    by_staff = TextField()
    at = InstantField()
    proposal_id = IntegerField(null=True)
    usage = IntegerField(null=True)

    class Meta:
        table_name = "read_review"


class ReadSummary(Record):
    register_id = IntegerField()
    read_on = DayField()
    seq = IntegerField()
    newest = IntegerField()
    point_id = IntegerField()
    period = TextField()
    value = IntegerField(null=True)
    usage = IntegerField(null=True)
    days = IntegerField(null=True)
    kind = TextField()
    source = TextField()
    status = TextField()
    held_code = TextField(null=True)
    rolled = IntegerField()
    prev_on = DayField(null=True)
    prev_value = IntegerField(null=True)
    prev_usage = IntegerField(null=True)
    prev_source = TextField(null=True)
    prev_actual_value = IntegerField(null=True)
    raw_use = IntegerField(null=True)
    rollover_use = IntegerField(null=True)
    rollover = IntegerField()
    ly_on = DayField(null=True)
    ly_milli = IntegerField(null=True)
    ly_usage = IntegerField(null=True)
    avg_milli = IntegerField(null=True)
    zero_run = IntegerField()
    before_zero = IntegerField(null=True)
    decided = TextField()
    prev_status = TextField(null=True)
    est_run = IntegerField()
    same_run = IntegerField()
    trouble_code = TextField(null=True)
    prev_trouble = TextField(null=True)
    avg_est = IntegerField()
    recent = TextField()

    class Meta:
        table_name = "read_summary"
        primary_key = CompositeKey("register_id", "read_on", "seq")


class ReadSkip(Record):
    point_id = IntegerField()
    period = TextField()
    skipped_on = DayField()
    why = TextField()
    note = TextField()
    by_staff = TextField()
    at = InstantField()

    class Meta:
        table_name = "read_skip"
        primary_key = CompositeKey("point_id", "period")


class CycleMedian(Record):
    period = TextField(primary_key=True)
    ratio_ppm = IntegerField()
    pairs = IntegerField()
    as_of = DayField()

    class Meta:
        table_name = "cycle_median"
