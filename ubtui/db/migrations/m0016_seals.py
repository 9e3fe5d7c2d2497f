"""Seals as they were found, each look a row never changed; and fees of seals that wait for somebody to charge them."""

from ubtui.db.dialect import Dialect

TABLES = """
CREATE TABLE seal_check(
  id {id}, seal_id {int} NOT NULL REFERENCES seal(id), checked_on {day} NOT NULL,
  found {text} NOT NULL CHECK(found IN('on','broken','missing','other')), value {int}, found_number {text},
  note {text} NOT NULL DEFAULT '', checked_by {text} NOT NULL, order_id {int} REFERENCES field_order(id),
  CONSTRAINT seal_check_other CHECK((found='other') = (found_number IS NOT NULL))) {strict};
CREATE INDEX seal_check_seal ON seal_check(seal_id, checked_on);
CREATE TABLE seal_fee(
  id {id}, seal_id {int} NOT NULL REFERENCES seal(id), what {text} NOT NULL CHECK(what IN('put on','taken off')),
  account_id {int} NOT NULL REFERENCES account(id), cents {int} NOT NULL CHECK(cents > 0), noted_on {day} NOT NULL,
  noted_by {text} NOT NULL REFERENCES staff(name),
  settled_on {day}, settled_by {text} REFERENCES staff(name), proposal {text}, why {text} NOT NULL DEFAULT '',
  version {int} NOT NULL DEFAULT 1, CONSTRAINT seal_fee_once UNIQUE(seal_id, what),
  CONSTRAINT seal_fee_settled CHECK((settled_on IS NULL) = (settled_by IS NULL)
    AND (settled_on IS NOT NULL OR proposal IS NULL))) {strict};
CREATE INDEX seal_fee_open ON seal_fee(seal_id) WHERE settled_on IS NULL;
"""


def statements(d: Dialect) -> list[str]:
    out = [*d.ddl(TABLES), *d.append_only("seal_check", ["id"], "what was found is kept: look again")]
    fixed = ("seal_id", "what", "account_id", "cents", "noted_on", "noted_by")
    changed = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in fixed)
    out += d.refuse(
        "seal_fee_nu",
        "BEFORE UPDATE",
        "seal_fee",
        [("what was noted stays", changed), ("a fee is settled once", "OLD.settled_on IS NOT NULL")],
    )
    return out + d.refuse("seal_fee_nd", "BEFORE DELETE", "seal_fee", [("fees are kept", "OLD.id IS NOT NULL")])
