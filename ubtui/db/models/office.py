"""Office rows: staff, policies, calendars, drafts, audit, documents, batches, staged rows."""

from __future__ import annotations

from peewee import AutoField, BlobField, CompositeKey, IntegerField, TextField

from ubtui.db.fields import CentsField, DayField, InstantField
from ubtui.db.models.base import Record


class Meta(Record):
    key = TextField(primary_key=True)
    value = TextField()

    class Meta:
        table_name = "meta"


class Staff(Record):
    id = AutoField()
    name = TextField()
    full_name = TextField()
    login = TextField(null=True)
    role = TextField()
    active = IntegerField()
    seat_key_sha256 = TextField(null=True)

    class Meta:
        table_name = "staff"


class CalendarDay(Record):
    calendar = TextField()
    day = DayField()
    title = TextField()

    class Meta:
        table_name = "calendar_day"
        primary_key = CompositeKey("calendar", "day")


class CalendarYear(Record):
    calendar = TextField()
    year = IntegerField()
    locked = IntegerField()

    class Meta:
        table_name = "calendar_year"
        primary_key = CompositeKey("calendar", "year")


class Policy(Record):
    id = AutoField()
    kind = TextField()
    version = IntegerField()
    body = TextField()
    adopted_on = DayField()
    adopted_by = TextField()

    class Meta:
        table_name = "policy"


class Counter(Record):
    name = TextField(primary_key=True)
    value = IntegerField()

    class Meta:
        table_name = "counter"


class Draft(Record):
    key = TextField(primary_key=True)
    staff = TextField()
    form = TextField()
    subject = TextField()
    body = TextField()
    saved_at = InstantField()
    version = IntegerField()

    class Meta:
        table_name = "draft"


class Audit(Record):
    seq = IntegerField(primary_key=True)
    at = InstantField()
    business_day = DayField()
    actor = TextField()
    seat = TextField()
    act = TextField()
    object = TextField()
    outcome = TextField()
    body = TextField()
    prev = TextField()
    hash = TextField()

    class Meta:
        table_name = "audit"


class AuditPersonal(Record):
    digest = TextField(primary_key=True)
    salt = TextField()
    body = TextField()

    class Meta:
        table_name = "audit_personal"


class ActResult(Record):
    key = TextField(primary_key=True)
    act = TextField()
    actor = TextField()
    request_hash = TextField()
    result = TextField()
    seq = IntegerField()

    class Meta:
        table_name = "act_result"


class Document(Record):
    id = AutoField()
    sha256 = TextField()
    name = TextField()
    media = TextField()
    bytes = IntegerField()
    content = BlobField()
    added_by = TextField()
    added_at = InstantField()

    class Meta:
        table_name = "document"


class DocumentLink(Record):
    document_id = IntegerField()
    subject = TextField()
    title = TextField()

    class Meta:
        table_name = "document_link"
        primary_key = CompositeKey("document_id", "subject")


class Letter(Record):
    id = AutoField()
    account_id = IntegerField(null=True)
    kind = TextField()
    template_version = TextField()
    sha256 = TextField()
    address = TextField()
    mailed_on = DayField()
    item_keys = TextField()

    class Meta:
        table_name = "letter"


class ExternalId(Record):
    system = TextField()
    kind = TextField()
    value = TextField()
    subject_type = TextField()
    subject_id = IntegerField()

    class Meta:
        table_name = "external_id"
        primary_key = CompositeKey("system", "kind", "value", "subject_id")


class Batch(Record):
    id = AutoField()
    kind = TextField()
    source = TextField()
    profile = TextField()
    sha256 = TextField()
    cycle = TextField(null=True)
    period = TextField(null=True)
    rows_in = IntegerField()
    accepted = IntegerField()
    held = IntegerField()
    staged = IntegerField()
    total_cents = CentsField()
    control = TextField()
    created_by = TextField()
    created_at = InstantField()
    released_by = TextField(null=True)
    released_at = InstantField(null=True)
    abandoned_at = InstantField(null=True)
    placeholders = IntegerField()

    class Meta:
        table_name = "batch"


class StagedRow(Record):
    id = AutoField()
    batch_id = IntegerField()
    row_no = IntegerField()
    kind = TextField()
    reason = TextField()
    sentence = TextField()
    state = TextField()
    raw_text = TextField(column_name="raw")
    fields = TextField()
    point_id = IntegerField(null=True)
    account_id = IntegerField(null=True)
    register_id = IntegerField(null=True)
    period = TextField(null=True)
    stranger = TextField(null=True)
    cents = CentsField()
    decided_by = TextField(null=True)
    decided_at = InstantField(null=True)
    why = TextField(null=True)
    version = IntegerField()

    class Meta:
        table_name = "staged_row"


class LinkedRow(Record):
    id = AutoField()
    batch_id = IntegerField()
    row_no = IntegerField()
    serial = TextField()

    class Meta:
        table_name = "linked_row"


class SettingsChange(Record):
    id = AutoField()
    base = IntegerField()
    body = TextField()
    changes = TextField()
    reason = TextField()
    maker = TextField()
    made_on = DayField()
    made_at = InstantField()
    checked = IntegerField()
    state = TextField()
    makes = IntegerField(null=True)
    decided_by = TextField(null=True)
    decided_on = DayField(null=True)
    why = TextField()
    version = IntegerField()

    class Meta:
        table_name = "settings_change"
