"""Payments without an account yet, and credits that their owner wants kept."""

from ubtui.db.dialect import Dialect

TABLES = """
CREATE TABLE suspense_line(
  id {id}, batch_id {int} NOT NULL REFERENCES batch(id), line {int} NOT NULL CHECK(line > 0),
  cents {int} NOT NULL CHECK(cents > 0), payer {text} NOT NULL DEFAULT '', reference {text}, trace {text},
  received_on {day} NOT NULL, source {text} NOT NULL,
  kind {text} NOT NULL CHECK(kind IN('cash','check','card','ach','lockbox','web')),
  journal_id {int} REFERENCES journal(id),
  state {text} NOT NULL DEFAULT 'staged' CHECK(state IN('staged','suspense','matched','returned','void')),
  receipt_id {int} REFERENCES receipt(id), settled_journal_id {int} REFERENCES journal(id), settled_by {text},
  settled_at {instant}, version {int} NOT NULL DEFAULT 1, CONSTRAINT suspense_once UNIQUE(batch_id, line),
  CONSTRAINT suspense_in CHECK(state IN('staged','void') OR journal_id IS NOT NULL),
  CONSTRAINT suspense_settled CHECK(CASE WHEN state IN('matched','returned') THEN settled_journal_id IS NOT NULL
    ELSE state='void' OR settled_journal_id IS NULL END),
  CONSTRAINT suspense_matched CHECK((state='matched') = (receipt_id IS NOT NULL))) {strict};
CREATE INDEX suspense_open ON suspense_line(batch_id, line) WHERE state='suspense';
CREATE INDEX suspense_journal ON suspense_line(journal_id);
CREATE INDEX suspense_left ON suspense_line(settled_journal_id) WHERE settled_journal_id IS NOT NULL;
CREATE TABLE credit_kept(
  id {id}, account_id {int} NOT NULL REFERENCES account(id), code {text} NOT NULL CHECK(code IN('P03','P08')),
  cents {int} NOT NULL CHECK(cents > 0), until_on {day} NOT NULL, reason {text} NOT NULL,
  by_staff {text} NOT NULL REFERENCES staff(name), at {instant} NOT NULL) {strict};
CREATE INDEX credit_kept_account ON credit_kept(account_id, code);
"""


def statements(d: Dialect) -> list[str]:
    out = d.ddl(TABLES)
    fixed = ("batch_id", "line", "cents", "received_on", "source", "kind")
    out += d.refuse(
        "suspense_line_nu",
        "BEFORE UPDATE",
        "suspense_line",
        [
            ("what came in is fixed", " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in fixed)),
            (
                "a batch comes into suspense by one journal",
                "OLD.journal_id IS NOT NULL AND NEW.journal_id IS DISTINCT FROM OLD.journal_id",
            ),
            ("payments wait for their release", "OLD.state = 'staged' AND NEW.state IN ('matched', 'returned')"),
            (
                "a payment leaves suspense once, and comes back only with the journal that took it out",
                "OLD.state NOT IN ('staged', 'suspense') AND NOT (NEW.state = 'suspense'"
                " AND EXISTS(SELECT 1 FROM journal r WHERE r.reverses = OLD.settled_journal_id))",
            ),
        ],
    )
    out += d.refuse("suspense_line_nd", "BEFORE DELETE", "suspense_line", [("payments are kept", "OLD.id IS NOT NULL")])
    out += d.append_only("credit_kept", ["id"], "what the owner asked is kept")
    return out
