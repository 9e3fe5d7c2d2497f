"""Liens: certificates recorded with the county, the items each one states, and their releases."""

from ubtui.db.dialect import Dialect

TABLES = """
CREATE TABLE lien(
  id {id}, number {text} NOT NULL CONSTRAINT lien_number UNIQUE CHECK(length(number) BETWEEN 3 AND 40),
  account_id {int} NOT NULL REFERENCES account(id), parcel_id {int} NOT NULL REFERENCES parcel(id),
  party_id {int} NOT NULL REFERENCES party(id), recorded_on {day} NOT NULL, expires_on {day} NOT NULL,
  cents {int} NOT NULL CHECK(cents > 0), recorded_by {text} NOT NULL REFERENCES staff(name),
  recorded_at {instant} NOT NULL, released_on {day}, release_number {text}, released_by {text},
  county_paid_on {day},
  version {int} NOT NULL DEFAULT 1,
  CONSTRAINT lien_days CHECK(expires_on > recorded_on AND (released_on IS NULL OR released_on >= recorded_on)),
  CONSTRAINT lien_released CHECK((released_on IS NULL) = (release_number IS NULL)
    AND (released_on IS NULL) = (released_by IS NULL)),
  CONSTRAINT lien_county CHECK(county_paid_on IS NULL OR county_paid_on BETWEEN recorded_on AND released_on)) {strict};
CREATE INDEX lien_account ON lien(account_id);
CREATE TABLE lien_item(
  lien_id {int} NOT NULL REFERENCES lien(id), item_id {int} NOT NULL REFERENCES receivable_item(id),
  cents {int} NOT NULL CHECK(cents > 0), PRIMARY KEY(lien_id, item_id)) {clustered};
CREATE INDEX lien_item_of ON lien_item(item_id);
"""
_FIXED = "number account_id parcel_id party_id recorded_on expires_on cents recorded_by recorded_at"


def statements(d: Dialect) -> list[str]:
    out = d.ddl(TABLES)
    changed = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in _FIXED.split())
    out += d.refuse(
        "lien_nu",
        "BEFORE UPDATE",
        "lien",
        [("what was recorded stays: release it", changed), ("it is released", "OLD.released_on IS NOT NULL")],
    )
    out += d.refuse("lien_nd", "BEFORE DELETE", "lien", [("liens are kept", "OLD.id IS NOT NULL")])
    out += d.append_only("lien_item", ["lien_id, item_id"], "what a certificate states is fixed")
    return out
