"""The field: orders and what came of them, requests to seal and unseal, and the rights of parcels to connect."""

from ubtui.db.dialect import Dialect

TABLES = """
CREATE TABLE field_order(
  id {id}, number {text} NOT NULL CONSTRAINT order_number UNIQUE,
  kind {text} NOT NULL CHECK(kind IN('reread','verify','seal','unseal','seal_check','exchange','test','locate','leak',
    'access','shutoff','restore','other')),
  point_id {int} NOT NULL REFERENCES service_point(id), account_id {int} REFERENCES account(id),
  meter_id {int} REFERENCES meter(id), item {text} NOT NULL DEFAULT '',
  asked_on {day} NOT NULL, asked_by {text} NOT NULL,
  due_on {day} NOT NULL, place_in_route {int}, instructions {text} NOT NULL DEFAULT '',
  state {text} NOT NULL DEFAULT 'open' CHECK(state IN('open','done','cancelled')),
  done_on {day}, done_by {text}, found_serial {text}, found_size {text}, found_value {int}, found_code {text},
  found_seal {text}, found_location {text}, note {text}, version {int} NOT NULL DEFAULT 1,
  CONSTRAINT order_done CHECK((state='open') = (done_on IS NULL))) {strict};
CREATE INDEX field_order_open ON field_order(due_on) WHERE state='open';
CREATE INDEX field_order_point ON field_order(point_id);
CREATE INDEX field_order_account ON field_order(account_id);
CREATE INDEX field_order_serial ON field_order(found_serial) WHERE found_serial IS NOT NULL;
CREATE TABLE seal_request(
  id {id}, point_id {int} NOT NULL REFERENCES service_point(id), kind {text} NOT NULL CHECK(kind IN('seal','unseal')),
  asked_by {text} NOT NULL, asked_on {day} NOT NULL, state {text} NOT NULL DEFAULT 'open'
    CHECK(state IN('open','done','withdrawn')), order_id {int} REFERENCES field_order(id),
  closed_on {day}, closed_by {text}, reason {text}, version {int} NOT NULL DEFAULT 1,
  CONSTRAINT seal_request_closed CHECK((state='open') = (closed_on IS NULL))) {strict};
CREATE UNIQUE INDEX seal_request_open ON seal_request(point_id, kind) WHERE state='open';
CREATE INDEX seal_request_waiting ON seal_request(asked_on) WHERE state='open';
CREATE TABLE parcel_right(
  id {id}, parcel_id {int} NOT NULL REFERENCES parcel(id),
  kind {text} NOT NULL CHECK(kind IN('potable','irrigation','raw','recycled')),
  size {text} NOT NULL, count {int} NOT NULL CHECK(count>0),
  status {text} NOT NULL CHECK(status IN('verified','presumed','pending')), from_on {day} NOT NULL, to_on {day},
  source {text} NOT NULL DEFAULT '', document_id {int} REFERENCES document(id), version {int} NOT NULL DEFAULT 1,
  CONSTRAINT parcel_right_days CHECK(to_on IS NULL OR to_on >= from_on)) {strict};
CREATE INDEX parcel_right_parcel ON parcel_right(parcel_id);
CREATE INDEX parcel_right_bare ON parcel_right(parcel_id) WHERE status='verified' AND document_id IS NULL;
CREATE INDEX premise_parcel ON premise(parcel_id);
CREATE INDEX point_premise ON service_point(premise_id);
CREATE INDEX meter_relation_other ON meter_relation(other_id);
CREATE INDEX meter_size ON meter(size);
CREATE INDEX install_since ON install(on_date, meter_id) WHERE off_date IS NULL;
CREATE INDEX seal_on ON seal(point_id) WHERE removed_on IS NULL;
"""


def statements(d: Dialect) -> list[str]:
    out = d.ddl(TABLES)
    for table, said in (("field_order", "orders"), ("seal_request", "requests"), ("parcel_right", "rights")):
        out += d.refuse(f"{table}_nd", "BEFORE DELETE", table, [(f"{said} are kept", "OLD.id IS NOT NULL")])
    out += d.refuse(
        "field_order_nu",
        "BEFORE UPDATE",
        "field_order",
        [
            ("an order keeps its number and point", "NEW.number <> OLD.number OR NEW.point_id <> OLD.point_id"),
            ("a cancelled order stays so", "OLD.state = 'cancelled' AND NEW.state <> 'cancelled'"),
            ("an order that was done stays done", "OLD.state = 'done' AND NEW.state <> 'done'"),
        ],
    )
    return out
