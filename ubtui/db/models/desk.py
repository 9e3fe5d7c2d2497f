"""What makes a desk one's own: saved views, preferences, back-ups, questions, handovers; how each code has served."""

from __future__ import annotations

from peewee import AutoField, CompositeKey, IntegerField, TextField

from ubtui.db.fields import DayField, InstantField
from ubtui.db.models.base import Record


class SavedView(Record):
    id = AutoField()
    owner = TextField()
    name = TextField()
    expression = TextField()
    sort = TextField(null=True)
    reverse = IntegerField()
    saved_by = TextField()
    saved_at = InstantField()
    version = IntegerField()

    class Meta:
        table_name = "saved_view"


class Preference(Record):
    staff = TextField()
    name = TextField()
    value = TextField()

    class Meta:
        table_name = "preference"
        primary_key = CompositeKey("staff", "name")


class Delegation(Record):
    id = AutoField()
    person = TextField()
    backup = TextField()
    from_on = DayField()
    to_on = DayField()
    made_by = TextField()
    made_at = InstantField()
    ended_at = InstantField(null=True)
    version = IntegerField()

    class Meta:
        table_name = "delegation"


class Question(Record):
    id = AutoField()
    key = TextField()
    item_id = IntegerField()
    asked_by = TextField()
    asked_on = DayField()
    asked_at = InstantField()
    role = TextField()
    person = TextField(null=True)
    asked = TextField()
    answer = TextField(null=True)
    answered_by = TextField(null=True)
    answered_on = DayField(null=True)
    version = IntegerField()

    class Meta:
        table_name = "question"


class Handover(Record):
    id = AutoField()
    staff = TextField()
    role = TextField()
    at = InstantField()
    day = DayField()
    body = TextField()

    class Meta:
        table_name = "handover"


class DetectorState(Record):
    code = TextField(primary_key=True)
    state = TextField()
    on_day = DayField()
    by_whom = TextField()
    raised = IntegerField()
    dismissed = IntegerField()
    reason = TextField()

    class Meta:
        table_name = "detector_state"


class KindMinutes(Record):
    code = TextField(primary_key=True)
    minutes = IntegerField()
    measured = IntegerField()
    as_of = DayField()

    class Meta:
        table_name = "kind_minutes"


class BacklogDay(Record):
    day = DayField(primary_key=True)
    quota = IntegerField()
    released = IntegerField()

    class Meta:
        table_name = "backlog_day"
