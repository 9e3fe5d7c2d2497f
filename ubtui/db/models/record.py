"""The served world: parties, accounts, parcels, points, services, meters, seals."""

from __future__ import annotations

from peewee import AutoField, CompositeKey, IntegerField, TextField

from ubtui.db.fields import CentsField, DayField
from ubtui.db.models.base import Record


class Party(Record):
    id = AutoField()
    kind = TextField()
    name = TextField()
    search_name = TextField()
    phone = TextField(null=True)
    email = TextField(null=True)
    language = TextField()
    mail_line1 = TextField(null=True)
    mail_line2 = TextField(null=True)
    mail_city = TextField(null=True)
    mail_state = TextField(null=True)
    mail_zip = TextField(null=True)
    mail_country = TextField()
    mail_returned = IntegerField()
    mail_changed_on = DayField(null=True)
    version = IntegerField()
    batch_id = IntegerField(null=True)

    class Meta:
        table_name = "party"


class Cycle(Record):
    id = AutoField()
    code = TextField()
    title = TextField()
    months = IntegerField()
    first_month = IntegerField()
    read_day = IntegerField()
    bill_day = IntegerField()
    due_days = IntegerField()

    class Meta:
        table_name = "cycle"


class Route(Record):
    id = AutoField()
    code = TextField()
    title = TextField()

    class Meta:
        table_name = "route"


class Parcel(Record):
    id = AutoField()
    apn = TextField()
    county = TextField()
    situs = TextField()
    legal = TextField()
    status = TextField()
    retired_on = DayField(null=True)
    batch_id = IntegerField(null=True)

    class Meta:
        table_name = "parcel"


class ParcelLink(Record):
    old_parcel_id = IntegerField()
    new_parcel_id = IntegerField()
    kind = TextField()
    on_date = DayField()
    share_ppm = IntegerField(null=True)

    class Meta:
        table_name = "parcel_link"
        primary_key = CompositeKey("old_parcel_id", "new_parcel_id")


class Premise(Record):
    id = AutoField()
    parcel_id = IntegerField(null=True)
    address = TextField()
    city = TextField()
    zip = TextField()
    customer_class = TextField()
    batch_id = IntegerField(null=True)

    class Meta:
        table_name = "premise"


class ServicePoint(Record):
    id = AutoField()
    number = TextField()
    premise_id = IntegerField()
    route_id = IntegerField(null=True)
    sequence = IntegerField(null=True)
    location_note = TextField(null=True)
    box = TextField(null=True)
    access = TextField(null=True)
    lat_micro = IntegerField(null=True)
    lon_micro = IntegerField(null=True)
    photo = TextField(null=True)
    state = TextField()
    version = IntegerField()
    batch_id = IntegerField(null=True)

    class Meta:
        table_name = "service_point"


class Account(Record):
    id = AutoField()
    number = TextField()
    cycle_id = IntegerField()
    holder_kind = TextField()
    customer_class = TextField()
    state = TextField()
    opened_on = DayField()
    closed_on = DayField(null=True)
    version = IntegerField()
    batch_id = IntegerField(null=True)

    class Meta:
        table_name = "account"


class AccountRole(Record):
    id = AutoField()
    account_id = IntegerField()
    party_id = IntegerField()
    role = TextField()
    from_on = DayField()
    to_on = DayField(null=True)
    share_ppm = IntegerField(null=True)
    vesting = TextField(null=True)
    scope = TextField(null=True)
    batch_id = IntegerField(null=True)

    class Meta:
        table_name = "account_role"


class AccountParcel(Record):
    account_id = IntegerField()
    parcel_id = IntegerField()

    class Meta:
        table_name = "account_parcel"
        primary_key = CompositeKey("account_id", "parcel_id")


class StaffAccount(Record):
    staff = TextField()
    account_number = TextField()
    relation = TextField()

    class Meta:
        table_name = "staff_account"
        primary_key = CompositeKey("staff", "account_number")


class Service(Record):
    id = AutoField()
    account_id = IntegerField()
    point_id = IntegerField(null=True)
    kind = TextField()
    rate_code = TextField()
    unit = TextField()
    customer_class = TextField()
    edu_milli = IntegerField()
    dwellings = IntegerField()
    seasonal = IntegerField()
    from_on = DayField()
    to_on = DayField(null=True)
    version = IntegerField()
    batch_id = IntegerField(null=True)

    class Meta:
        table_name = "service"


class Meter(Record):
    id = AutoField()
    maker = TextField()
    serial = TextField()
    model = TextField(null=True)
    size = TextField()
    bought_on = DayField(null=True)
    tested_on = DayField(null=True)
    placeholder = IntegerField()
    batch_id = IntegerField(null=True)

    class Meta:
        table_name = "meter"


class Register(Record):
    id = AutoField()
    meter_id = IntegerField()
    n = IntegerField()
    dials = IntegerField()
    fixed_zeros = IntegerField()
    mult_num = IntegerField()
    mult_den = IntegerField()
    unit = TextField()

    class Meta:
        table_name = "register"


class Endpoint(Record):
    id = AutoField()
    meter_id = IntegerField()
    radio = TextField()
    from_on = DayField()
    to_on = DayField(null=True)

    class Meta:
        table_name = "endpoint"


class Install(Record):
    id = AutoField()
    meter_id = IntegerField()
    point_id = IntegerField()
    on_date = DayField()
    off_date = DayField(null=True)
    batch_id = IntegerField(null=True)

    class Meta:
        table_name = "install"


class MeterRelation(Record):
    meter_id = IntegerField()
    other_id = IntegerField()
    kind = TextField()
    from_on = DayField()
    to_on = DayField(null=True)

    class Meta:
        table_name = "meter_relation"
        primary_key = CompositeKey("meter_id", "other_id", "kind")


class Seal(Record):
    id = AutoField()
    point_id = IntegerField()
    number = TextField()
    lock_state = TextField()
    lock_reason = TextField()
    rate_status = TextField()
    rate_effect = TextField()
    rate_from = DayField(null=True)
    full_from = DayField(null=True)
    placed_on = DayField()
    placed_value = IntegerField(null=True)
    removed_on = DayField(null=True)
    removed_value = IntegerField(null=True)
    removed_reason = TextField(null=True)
    requested_by = TextField(null=True)
    fee_cents = CentsField()
    verified_on = DayField(null=True)
    version = IntegerField()
    batch_id = IntegerField(null=True)

    class Meta:
        table_name = "seal"
