"""Seals as they were found: each look at a seal is a row of its own, never changed."""

from ubtui.db.dialect import Dialect

TABLES = """
CREATE TABLE seal_check(
  id {id}, seal_id {int} NOT NULL REFERENCES seal(id), checked_on {day} NOT NULL,
  found {text} NOT NULL CHECK(found IN('on','broken','missing','other')), value {int}, found_number {text},
  note {text} NOT NULL DEFAULT '', checked_by {text} NOT NULL, order_id {int} REFERENCES field_order(id),
  CONSTRAINT seal_check_other CHECK((found='other') = (found_number IS NOT NULL))) {strict};
CREATE INDEX seal_check_seal ON seal_check(seal_id, checked_on);
"""


def statements(d: Dialect) -> list[str]:
    return [*d.ddl(TABLES), *d.append_only("seal_check", ["id"], "what was found is kept: look again")]
