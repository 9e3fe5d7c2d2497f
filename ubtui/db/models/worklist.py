"""Work items and their events."""

from __future__ import annotations

from peewee import AutoField, IntegerField, TextField

from ubtui.db.fields import CentsField, DayField, InstantField
from ubtui.db.models.base import Record


class WorkItem(Record):
    id = AutoField()
    code = TextField()
    grp = TextField()
    subject_type = TextField()
    subject_key = TextField()
    period = TextField()
    account_id = IntegerField(null=True)
    account = TextField(null=True)
    point_id = IntegerField(null=True)
    cycle = TextField(null=True)
    route = TextField(null=True)
    customer_class = TextField(null=True)
    title = TextField()
    who = TextField()
    place = TextField()
    why = TextField()
    money_cents = CentsField()
    units = IntegerField()
    consequence = TextField()
    evidence = TextField()
    due_on = DayField(null=True)
    due_source = TextField(null=True)
    detected_on = DayField()
    detected_at = InstantField()
    last_seen_at = InstantField()
    seen_count = IntegerField()
    priority = IntegerField()
    priority_calc = IntegerField()
    override_reason = TextField(null=True)
    role = TextField()
    assignee = TextField(null=True)
    lease_until = InstantField(null=True)
    state = TextField()
    wait_for = TextField(null=True)
    wake_on = DayField(null=True)
    resolved_by = TextField(null=True)
    resolved_at = InstantField(null=True)
    resolution = TextField(null=True)
    reopen_count = IntegerField()
    dismissed_until = DayField(null=True)
    parent_id = IntegerField(null=True)
    raised_by = TextField()
    backlog = IntegerField()
    version = IntegerField()

    class Meta:
        table_name = "work_item"


class WorkEvent(Record):
    id = AutoField()
    item_id = IntegerField()
    at = InstantField()
    actor = TextField()
    kind = TextField()
    note = TextField()

    class Meta:
        table_name = "work_event"
