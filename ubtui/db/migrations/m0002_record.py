"""The served world: parties, parcels, premises, service points, accounts, services, meters, seals."""

from ubtui.db.dialect import Dialect

TABLES = """
CREATE TABLE party(
  id {id}, kind {text} NOT NULL DEFAULT 'person' CHECK(kind IN('person','organization','placeholder')),
  name {text} NOT NULL, search_name {text} NOT NULL, phone {text}, email {text}, language {text} NOT NULL DEFAULT 'en',
  mail_line1 {text}, mail_line2 {text}, mail_city {text}, mail_state {text}, mail_zip {text},
  mail_country {text} NOT NULL DEFAULT 'US', mail_returned {int} NOT NULL DEFAULT 0, mail_changed_on {day},
  version {int} NOT NULL DEFAULT 1, batch_id {int} REFERENCES batch(id)) {strict};
CREATE INDEX party_search ON party(search_name);
CREATE TABLE cycle(
  id {id}, code {text} NOT NULL CONSTRAINT cycle_code UNIQUE, title {text} NOT NULL,
  months {int} NOT NULL CHECK(months IN(1,2,3,12)), first_month {int} NOT NULL CHECK(first_month BETWEEN 1 AND 12),
  read_day {int} NOT NULL CHECK(read_day BETWEEN 1 AND 28), bill_day {int} NOT NULL CHECK(bill_day BETWEEN 1 AND 28),
  due_days {int} NOT NULL DEFAULT 30) {strict};
CREATE TABLE route(
  id {id}, code {text} NOT NULL CONSTRAINT route_code UNIQUE, title {text} NOT NULL) {strict};
CREATE TABLE parcel(
  id {id}, apn {text} NOT NULL CONSTRAINT parcel_apn UNIQUE, county {text} NOT NULL, situs {text} NOT NULL DEFAULT '',
  legal {text} NOT NULL DEFAULT '', status {text} NOT NULL DEFAULT 'active' CHECK(status IN('active','retired')),
  retired_on {day}, batch_id {int} REFERENCES batch(id)) {strict};
CREATE TABLE parcel_link(
  old_parcel_id {int} NOT NULL REFERENCES parcel(id), new_parcel_id {int} NOT NULL REFERENCES parcel(id),
  kind {text} NOT NULL CHECK(kind IN('split','merge','renumber')), on_date {day} NOT NULL, share_ppm {int},
  PRIMARY KEY(old_parcel_id, new_parcel_id)) {clustered};
CREATE TABLE premise(
  id {id}, parcel_id {int} REFERENCES parcel(id), address {text} NOT NULL, city {text} NOT NULL DEFAULT '',
  zip {text} NOT NULL DEFAULT '', customer_class {text} NOT NULL DEFAULT 'residential',
  batch_id {int} REFERENCES batch(id)) {strict};
CREATE TABLE service_point(
  id {id}, number {text} NOT NULL CONSTRAINT point_number UNIQUE, premise_id {int} NOT NULL REFERENCES premise(id),
  route_id {int} REFERENCES route(id), sequence {int}, location_note {text}, box {text}, access {text},
  lat_micro {int} CHECK(lat_micro BETWEEN -90000000 AND 90000000),
  lon_micro {int} CHECK(lon_micro BETWEEN -180000000 AND 180000000), photo {text},
  state {text} NOT NULL DEFAULT 'active' CHECK(state IN('active','inactive','closed')),
  version {int} NOT NULL DEFAULT 1, batch_id {int} REFERENCES batch(id),
  CONSTRAINT point_degrees CHECK((lat_micro IS NULL) = (lon_micro IS NULL))) {strict};
CREATE INDEX point_walk ON service_point(route_id, sequence);
CREATE INDEX point_idle ON service_point(id) WHERE state <> 'active';
CREATE TABLE account(
  id {id}, number {text} NOT NULL CONSTRAINT account_number UNIQUE, cycle_id {int} NOT NULL REFERENCES cycle(id),
  holder_kind {text} NOT NULL DEFAULT 'owner' CHECK(holder_kind IN('owner','statutory-tenant','agency')),
  customer_class {text} NOT NULL DEFAULT 'residential', state {text} NOT NULL DEFAULT 'active'
    CHECK(state IN('active','closed')), opened_on {day} NOT NULL, closed_on {day},
  version {int} NOT NULL DEFAULT 1, batch_id {int} REFERENCES batch(id),
  CONSTRAINT account_closed CHECK((state='closed') = (closed_on IS NOT NULL))) {strict};
CREATE TABLE account_role(
  id {id}, account_id {int} NOT NULL REFERENCES account(id), party_id {int} NOT NULL REFERENCES party(id),
  role {text} NOT NULL CHECK(role IN('owner','payer','occupant','mailing','agent','third_party')),
  from_on {day} NOT NULL, to_on {day}, share_ppm {int}, vesting {text}, scope {text},
  batch_id {int} REFERENCES batch(id)) {strict};
CREATE INDEX account_role_account ON account_role(account_id, role);
CREATE INDEX account_role_party ON account_role(party_id);
CREATE TABLE account_parcel(
  account_id {int} NOT NULL REFERENCES account(id), parcel_id {int} NOT NULL REFERENCES parcel(id),
  PRIMARY KEY(account_id, parcel_id)) {clustered};
CREATE TABLE staff_account(
  staff {text} NOT NULL REFERENCES staff(name), account_number {text} NOT NULL,
  relation {text} NOT NULL CHECK(relation IN('own','linked')), PRIMARY KEY(staff, account_number)) {clustered};
CREATE TABLE service(
  id {id}, account_id {int} NOT NULL REFERENCES account(id), point_id {int} REFERENCES service_point(id),
  kind {text} NOT NULL CHECK(kind IN('potable','irrigation','raw','recycled','fire_line','hydrant','standby','sewer',
    'flat','pass_through')), rate_code {text} NOT NULL, unit {text} NOT NULL, customer_class {text} NOT NULL,
  edu_milli {int} NOT NULL DEFAULT 1000, dwellings {int} NOT NULL DEFAULT 1, seasonal {int} NOT NULL DEFAULT 0,
  from_on {day} NOT NULL, to_on {day}, version {int} NOT NULL DEFAULT 1, batch_id {int} REFERENCES batch(id)) {strict};
CREATE INDEX service_account ON service(account_id);
CREATE INDEX service_point_of ON service(point_id);
CREATE TABLE meter(
  id {id}, maker {text} NOT NULL, serial {text} NOT NULL, model {text}, size {text} NOT NULL,
  bought_on {day}, tested_on {day}, placeholder {int} NOT NULL DEFAULT 0, batch_id {int} REFERENCES batch(id)) {strict};
CREATE INDEX meter_serial ON meter(serial, maker);
CREATE TABLE register(
  id {id}, meter_id {int} NOT NULL REFERENCES meter(id), n {int} NOT NULL DEFAULT 1,
  dials {int} NOT NULL CHECK(dials BETWEEN 3 AND 12), fixed_zeros {int} NOT NULL DEFAULT 0,
  mult_num {int} NOT NULL CHECK(mult_num>0), mult_den {int} NOT NULL CHECK(mult_den>0), unit {text} NOT NULL,
  CONSTRAINT register_once UNIQUE(meter_id, n)) {strict};
CREATE TABLE endpoint(
  id {id}, meter_id {int} NOT NULL REFERENCES meter(id), radio {text} NOT NULL, from_on {day} NOT NULL,
  to_on {day}) {strict};
CREATE INDEX endpoint_radio ON endpoint(radio);
CREATE INDEX endpoint_meter ON endpoint(meter_id);
CREATE TABLE install(
  id {id}, meter_id {int} NOT NULL REFERENCES meter(id), point_id {int} NOT NULL REFERENCES service_point(id),
  on_date {day} NOT NULL, off_date {day}, batch_id {int} REFERENCES batch(id),
  CONSTRAINT install_days CHECK(off_date IS NULL OR off_date >= on_date)) {strict};
CREATE INDEX install_point ON install(point_id, on_date);
CREATE INDEX install_meter ON install(meter_id, on_date);
CREATE TABLE meter_relation(
  meter_id {int} NOT NULL REFERENCES meter(id), other_id {int} NOT NULL REFERENCES meter(id),
  kind {text} NOT NULL CHECK(kind IN('master_sub','deduct','compound','bypass')), from_on {day} NOT NULL, to_on {day},
  PRIMARY KEY(meter_id, other_id, kind)) {clustered};
CREATE TABLE seal(
  id {id}, point_id {int} NOT NULL REFERENCES service_point(id), number {text} NOT NULL CONSTRAINT seal_number UNIQUE,
  lock_state {text} NOT NULL CHECK(lock_state IN('locked','unlocked')),
  lock_reason {text} NOT NULL CHECK(lock_reason IN('owner_request','vacant','nonpayment','other')),
  rate_status {text} NOT NULL CHECK(rate_status IN('sealed','occasional','full')),
  rate_effect {text} NOT NULL DEFAULT 'same_day'
    CHECK(rate_effect IN('same_day','next_cycle','month_of_use','never')), rate_from {day}, full_from {day},
  placed_on {day} NOT NULL, placed_value {int}, removed_on {day}, removed_value {int}, removed_reason {text},
  requested_by {text}, fee_cents {int} NOT NULL DEFAULT 0, verified_on {day}, version {int} NOT NULL DEFAULT 1,
  batch_id {int} REFERENCES batch(id)) {strict};
CREATE INDEX seal_point ON seal(point_id);
CREATE VIEW live_account AS SELECT a.* FROM account a
  WHERE a.batch_id IS NULL OR a.batch_id IN (SELECT id FROM batch WHERE released_at IS NOT NULL);
CREATE VIEW live_service AS SELECT s.* FROM service s
  WHERE s.batch_id IS NULL OR s.batch_id IN (SELECT id FROM batch WHERE released_at IS NOT NULL);
CREATE VIEW live_point AS SELECT p.* FROM service_point p
  WHERE p.batch_id IS NULL OR p.batch_id IN (SELECT id FROM batch WHERE released_at IS NOT NULL);
CREATE VIEW live_parcel AS SELECT p.* FROM parcel p
  WHERE p.batch_id IS NULL OR p.batch_id IN (SELECT id FROM batch WHERE released_at IS NOT NULL);
CREATE VIEW live_install AS SELECT i.* FROM install i
  WHERE i.batch_id IS NULL OR i.batch_id IN (SELECT id FROM batch WHERE released_at IS NOT NULL);
"""


def statements(d: Dialect) -> list[str]:
    out = d.ddl(TABLES)
    overlap = (
        "EXISTS(SELECT 1 FROM install i WHERE i.id <> NEW.id AND ({same}) AND i.on_date < COALESCE(NEW.off_date,"
        " '9999-12-31') AND NEW.on_date < COALESCE(i.off_date, '9999-12-31'))"
    )
    rules = [
        ("this meter is installed elsewhere in those days", overlap.format(same="i.meter_id = NEW.meter_id")),
        (
            "a meter of this maker and serial is installed already",
            "NEW.off_date IS NULL AND EXISTS(SELECT 1 FROM install i JOIN meter a ON a.id = i.meter_id"
            " JOIN meter b ON b.id = NEW.meter_id WHERE i.id <> NEW.id AND i.off_date IS NULL"
            " AND a.id <> b.id AND a.maker = b.maker AND a.serial = b.serial)",
        ),
    ]
    out += d.refuse(
        "install_ins",
        "BEFORE INSERT",
        "install",
        [(s, w.replace("i.id <> NEW.id AND ", "")) for s, w in rules],
    )
    out += d.refuse("install_upd", "BEFORE UPDATE", "install", rules)
    out += d.refuse(
        "service_route",
        "BEFORE INSERT",
        "service",
        [
            (
                "a metered active service needs a route and sequence",
                "NEW.point_id IS NOT NULL AND NEW.to_on IS NULL"
                " AND NEW.kind IN ('potable','irrigation','raw','recycled')"
                " AND EXISTS(SELECT 1 FROM service_point p WHERE p.id = NEW.point_id"
                " AND (p.route_id IS NULL OR p.sequence IS NULL))",
            )
        ],
    )
    out += d.refuse(
        "account_number_fixed",
        "BEFORE UPDATE",
        "account",
        [("an account number is never reused or changed", "NEW.number <> OLD.number")],
    )
    for table in (
        "account",
        "party",
        "service_point",
        "parcel",
        "premise",
        "service",
        "meter",
        "install",
        "account_role",
    ):
        out += d.refuse(
            f"{table}_nd",
            "BEFORE DELETE",
            table,
            [
                (
                    f"{table} rows are kept",
                    "OLD.batch_id IS NULL OR EXISTS(SELECT 1 FROM batch b WHERE b.id = OLD.batch_id"
                    " AND b.released_at IS NOT NULL)",
                )
            ],
        )
    return out
