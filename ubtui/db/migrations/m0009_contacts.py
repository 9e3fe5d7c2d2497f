"""What customers said and promised, and the duties of the district's calendar that are done."""

from ubtui.db.dialect import Dialect

TABLES = """
CREATE TABLE contact(
  id {id}, key {text} NOT NULL CONSTRAINT contact_key UNIQUE, account_id {int} NOT NULL REFERENCES account(id),
  at {instant} NOT NULL, on_day {day} NOT NULL, by_staff {text} NOT NULL REFERENCES staff(name),
  kind {text} NOT NULL CHECK(kind IN('call','counter','mail','email','field','note')),
  with_role {text} NOT NULL
    CHECK(with_role IN('owner','payer','occupant','mailing','agent','third_party','other')),
  text {text} NOT NULL, item {text}, follows {int} REFERENCES contact(id),
  promise_on {day}, promise_cents {int}, promise {text}, settled_on {day}, settled_by {text}, settled_why {text},
  version {int} NOT NULL DEFAULT 1,
  CONSTRAINT contact_promise CHECK((promise IS NULL) = (promise_on IS NULL)),
  CONSTRAINT contact_states CHECK(promise IS NULL OR promise IN ('open','kept','moved','broken')),
  CONSTRAINT contact_cents CHECK(promise_cents IS NULL OR (promise_on IS NOT NULL AND promise_cents > 0)),
  CONSTRAINT contact_settled CHECK((settled_on IS NULL) = (settled_by IS NULL)
    AND (settled_on IS NOT NULL) = (promise IS NOT NULL AND promise <> 'open'))) {strict};
CREATE INDEX contact_account ON contact(account_id, id);
CREATE INDEX contact_due ON contact(promise_on) WHERE promise = 'open';
CREATE TABLE duty_done(
  code {text} NOT NULL, period {text} NOT NULL, due_on {day} NOT NULL, done_on {day} NOT NULL,
  done_by {text} NOT NULL REFERENCES staff(name), at {instant} NOT NULL, note {text} NOT NULL DEFAULT '',
  PRIMARY KEY(code, period)) {clustered};
"""

_FIXED = ("key", "account_id", "at", "on_day", "by_staff", "kind", "with_role", "text", "item", "follows",
          "promise_on", "promise_cents")  # fmt: skip


def statements(d: Dialect) -> list[str]:
    out = d.ddl(TABLES)
    changed = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in _FIXED)
    out += d.refuse(
        "contact_fixed",
        "BEFORE UPDATE",
        "contact",
        [
            ("what was said stays as it was written", changed),
            ("a promise is settled once", "OLD.promise IS NULL OR OLD.promise <> 'open'"),
        ],
    )
    out += d.refuse("contact_nd", "BEFORE DELETE", "contact", [("contacts are kept", "OLD.id IS NOT NULL")])
    out += d.append_only("duty_done", ["code, period"], "a duty that was done stays done")
    return out
