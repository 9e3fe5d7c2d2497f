"""Services asked for, with their fees; and interties: the points where two agencies measure the same water."""

from ubtui.db.dialect import Dialect

TABLES = """
CREATE TABLE service_request(
  id {id}, number {text} NOT NULL CONSTRAINT service_request_number UNIQUE,
  account_id {int} NOT NULL REFERENCES account(id), point_id {int} NOT NULL REFERENCES service_point(id),
  kind {text} NOT NULL CHECK(kind IN('new','larger','irrigation','temporary')), size {text} NOT NULL DEFAULT '',
  asked_on {day} NOT NULL, asked_by {text} NOT NULL DEFAULT '', fee_cents {int} NOT NULL CHECK(fee_cents >= 0),
  proposal_id {int} REFERENCES proposal(id), paid_on {day}, receipt {text} NOT NULL DEFAULT '',
  noted_by {text} REFERENCES staff(name), confirmed_by {text} REFERENCES staff(name),
  state {text} NOT NULL DEFAULT 'open' CHECK(state IN('open','done','withdrawn')), closed_on {day}, closed_by {text},
  reason {text}, version {int} NOT NULL DEFAULT 1,
  CONSTRAINT service_request_closed CHECK((state='open') = (closed_on IS NULL)),
  CONSTRAINT service_request_receipt
    CHECK((paid_on IS NULL) = (receipt = '') AND (paid_on IS NULL) = (noted_by IS NULL)),
  CONSTRAINT service_request_two CHECK(confirmed_by IS NULL OR confirmed_by <> noted_by)) {strict};
CREATE UNIQUE INDEX service_request_open ON service_request(point_id) WHERE state='open';
CREATE INDEX service_request_account ON service_request(account_id);
CREATE TABLE intertie(
  point_id {int} PRIMARY KEY REFERENCES service_point(id), agency {text} NOT NULL CHECK(length(agency) > 1),
  unit {text} NOT NULL, from_on {day} NOT NULL, to_on {day},
  version {int} NOT NULL DEFAULT 1, CONSTRAINT intertie_days CHECK(to_on IS NULL OR to_on >= from_on)) {strict};
CREATE TABLE intertie_statement(
  id {id}, point_id {int} NOT NULL REFERENCES intertie(point_id), period {text} NOT NULL,
  kind {text} NOT NULL CHECK(kind IN('stated','agreed')), micro {int} NOT NULL CHECK(micro >= 0), unit {text} NOT NULL,
  begin_value {int}, end_value {int}, stated_on {day} NOT NULL, source {text} NOT NULL,
  entered_by {text} NOT NULL, entered_at {instant} NOT NULL) {strict};
CREATE INDEX intertie_statement_of ON intertie_statement(point_id, period);
"""


def statements(d: Dialect) -> list[str]:
    out = d.ddl(TABLES)
    out += d.refuse(
        "service_request_nd", "BEFORE DELETE", "service_request", [("requests are kept", "OLD.id IS NOT NULL")]
    )
    out += d.refuse(
        "service_request_nu",
        "BEFORE UPDATE",
        "service_request",
        [
            (
                "a request keeps its number, account and point",
                "NEW.number <> OLD.number OR NEW.account_id <> OLD.account_id OR NEW.point_id <> OLD.point_id",
            ),
            (
                "a receipt that two people saw stays",
                "OLD.confirmed_by IS NOT NULL AND (NEW.confirmed_by IS DISTINCT FROM OLD.confirmed_by"
                " OR NEW.noted_by IS DISTINCT FROM OLD.noted_by OR NEW.receipt <> OLD.receipt"
                " OR NEW.paid_on IS DISTINCT FROM OLD.paid_on)",
            ),
            ("a request that is closed stays so", "OLD.state <> 'open' AND NEW.state <> OLD.state"),
        ],
    )
    out += d.refuse("intertie_nd", "BEFORE DELETE", "intertie", [("interties are kept", "OLD.point_id IS NOT NULL")])
    out += d.append_only("intertie_statement", ["id"], "what an agency stated is kept as it came")
    return out
