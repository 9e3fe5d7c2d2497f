"""Tests of meters: one row a test, one row for each flow that was measured, kept with the limits of its day."""

from ubtui.db.dialect import Dialect

TABLES = """
CREATE TABLE meter_test(
  id {id}, meter_id {int} NOT NULL REFERENCES meter(id), point_id {int} REFERENCES service_point(id),
  tested_on {day} NOT NULL, tested_by {text} NOT NULL, result {text} NOT NULL CHECK(result IN('passed','failed')),
  note {text} NOT NULL DEFAULT '', order_number {text} NOT NULL DEFAULT '', proposals {text} NOT NULL DEFAULT '',
  entered_by {text} NOT NULL REFERENCES staff(name), entered_at {instant} NOT NULL) {strict};
CREATE INDEX meter_test_of ON meter_test(meter_id, tested_on);
CREATE TABLE meter_test_flow(
  test_id {int} NOT NULL REFERENCES meter_test(id), flow {text} NOT NULL CHECK(flow IN('low','mid','high')),
  gpm_milli {int} NOT NULL CHECK(gpm_milli > 0), standard_milli {int} NOT NULL CHECK(standard_milli > 0),
  registered_milli {int} NOT NULL CHECK(registered_milli >= 0),
  lowest_milli {int} NOT NULL CHECK(lowest_milli > 0), highest_milli {int} NOT NULL,
  PRIMARY KEY(test_id, flow), CONSTRAINT flow_limits CHECK(highest_milli >= lowest_milli)) {clustered};
"""


def statements(d: Dialect) -> list[str]:
    out = d.ddl(TABLES)
    out += d.append_only("meter_test", ["id"], "tests are kept as they were written down")
    out += d.append_only("meter_test_flow", ["test_id, flow"], "what a test measured is fixed")
    return out
