"""The counter: each person's drawer of a day, what goes to the bank; accounts that are drafted, or billed by e-mail."""

from ubtui.db.dialect import Dialect

TABLES = """
CREATE TABLE drawer(
  id {id}, number {int} NOT NULL CONSTRAINT drawer_number UNIQUE, staff {text} NOT NULL REFERENCES staff(name),
  day {day} NOT NULL, opened_at {instant} NOT NULL,
  last_n {int} NOT NULL DEFAULT 0, expected_cash {int}, expected_checks {int}, expected_cards {int},
  cash {int} CHECK(cash >= 0), checks {int} CHECK(checks >= 0), cards {int} CHECK(cards >= 0),
  counted_by {text} REFERENCES staff(name), counted_at {instant}, reason {text} NOT NULL DEFAULT '', proposal {text},
  closed_on {day}, journal_id {int} REFERENCES journal(id), version {int} NOT NULL DEFAULT 1,
  CONSTRAINT drawer_once UNIQUE(staff, day),
  CONSTRAINT drawer_counted CHECK((counted_at IS NULL) = (counted_by IS NULL) AND (counted_at IS NULL) = (cash IS NULL)
    AND (cash IS NULL) = (checks IS NULL) AND (cash IS NULL) = (cards IS NULL)
    AND (cash IS NULL) = (expected_cash IS NULL) AND (cash IS NULL) = (expected_checks IS NULL)
    AND (cash IS NULL) = (expected_cards IS NULL)),
  CONSTRAINT drawer_closed CHECK(closed_on IS NULL OR counted_at IS NOT NULL)) {strict};
CREATE INDEX drawer_open ON drawer(day) WHERE closed_on IS NULL;
CREATE TABLE counter_receipt(
  receipt_id {int} PRIMARY KEY REFERENCES receipt(id), drawer_id {int} NOT NULL REFERENCES drawer(id),
  n {int} NOT NULL CHECK(n > 0), payer {text} NOT NULL DEFAULT '', void {int} NOT NULL DEFAULT 0,
  CONSTRAINT counter_receipt_once UNIQUE(drawer_id, n)) {strict};
CREATE TABLE deposit(
  id {id}, number {text} NOT NULL CONSTRAINT deposit_number UNIQUE, day {day} NOT NULL,
  made_by {text} NOT NULL REFERENCES staff(name), made_at {instant} NOT NULL, cash {int} NOT NULL,
  checks {int} NOT NULL, cards {int} NOT NULL) {strict};
CREATE TABLE deposit_drawer(
  drawer_id {int} PRIMARY KEY REFERENCES drawer(id), deposit_id {int} NOT NULL REFERENCES deposit(id)) {strict};
CREATE TABLE deposit_batch(
  batch_id {int} PRIMARY KEY REFERENCES batch(id), deposit_id {int} NOT NULL REFERENCES deposit(id)) {strict};
CREATE TABLE autopay(
  id {id}, account_id {int} NOT NULL REFERENCES account(id), party_id {int} NOT NULL REFERENCES party(id),
  method {text} NOT NULL CHECK(method IN('bank','card')), token {text} NOT NULL, last4 {text} NOT NULL,
  draft_day {int} NOT NULL CHECK(draft_day BETWEEN 0 AND 28), since {day} NOT NULL,
  enrolled_by {text} NOT NULL REFERENCES staff(name), enrolled_at {instant} NOT NULL, until {day},
  ended_how {text} CHECK(ended_how IN('asked','returned','owner','closed')), ended_by {text}, ended_why {text},
  version {int} NOT NULL DEFAULT 1,
  CONSTRAINT autopay_last4 CHECK(length(last4) = 4), CONSTRAINT autopay_token CHECK(length(token) BETWEEN 4 AND 80),
  CONSTRAINT autopay_ended CHECK((until IS NULL) = (ended_how IS NULL) AND (until IS NULL) = (ended_by IS NULL)))
  {strict};
CREATE UNIQUE INDEX autopay_live ON autopay(account_id) WHERE until IS NULL;
CREATE INDEX autopay_account ON autopay(account_id);
CREATE TABLE ebill(
  id {id}, account_id {int} NOT NULL REFERENCES account(id), address {text} NOT NULL, since {day} NOT NULL,
  enrolled_by {text} NOT NULL REFERENCES staff(name), enrolled_at {instant} NOT NULL, until {day}, ended_by {text},
  ended_why {text}, version {int} NOT NULL DEFAULT 1,
  CONSTRAINT ebill_ended CHECK((until IS NULL) = (ended_by IS NULL))) {strict};
CREATE UNIQUE INDEX ebill_live ON ebill(account_id) WHERE until IS NULL;
CREATE INDEX ebill_account ON ebill(account_id);
"""

_COUNT = ("expected_cash", "expected_checks", "expected_cards", "cash", "checks", "cards", "counted_by", "counted_at")


def _changed(columns: tuple[str, ...]) -> str:
    return " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in columns)


def statements(d: Dialect) -> list[str]:
    out = d.ddl(TABLES)
    out += d.refuse(
        "drawer_nu",
        "BEFORE UPDATE",
        "drawer",
        [
            ("a drawer is one person's of one day", _changed(("number", "staff", "day", "opened_at"))),
            ("a closed drawer stays as it was counted", "OLD.closed_on IS NOT NULL"),
            (
                "nothing goes into a counted drawer",
                "NEW.last_n <> OLD.last_n AND (OLD.counted_at IS NOT NULL OR NEW.last_n <> OLD.last_n + 1)",
            ),
            (
                "a drawer is counted again only when its over or short was refused, or by another than its own person",
                f"OLD.counted_at IS NOT NULL AND ({_changed(_COUNT)}) AND NOT EXISTS(SELECT 1 FROM proposal p"
                " JOIN approval a ON a.proposal_id = p.id WHERE p.number = OLD.proposal AND a.decision <> 'approved')"
                " AND NOT (OLD.proposal IS NULL AND OLD.counted_by = OLD.staff AND NEW.counted_by <> OLD.staff)",
            ),
            (
                "a drawer that differs closes with the journal of its over or short",
                "NEW.closed_on IS NOT NULL AND (NEW.cash + NEW.checks + NEW.cards"
                " <> NEW.expected_cash + NEW.expected_checks + NEW.expected_cards) <> (NEW.journal_id IS NOT NULL)",
            ),
        ],
    )
    out += d.refuse("drawer_nd", "BEFORE DELETE", "drawer", [("drawers are kept", "OLD.id IS NOT NULL")])
    out += d.refuse(
        "counter_receipt_ni",
        "BEFORE INSERT",
        "counter_receipt",
        [
            (
                "a counter receipt has the next number of an open drawer",
                "NOT EXISTS(SELECT 1 FROM drawer w WHERE w.id = NEW.drawer_id AND w.counted_at IS NULL"
                " AND w.last_n = NEW.n) OR NEW.void <> 0",
            )
        ],
    )
    out += d.refuse(
        "counter_receipt_nu",
        "BEFORE UPDATE",
        "counter_receipt",
        [
            ("what was taken stays", _changed(("receipt_id", "drawer_id", "n", "payer"))),
            (
                "a receipt leaves its drawer with the journal that takes it back, before the count",
                "OLD.void <> 0 OR NEW.void <> 1 OR NOT EXISTS(SELECT 1 FROM receipt r JOIN journal j"
                " ON j.reverses = r.journal_id WHERE r.id = NEW.receipt_id)"
                " OR EXISTS(SELECT 1 FROM drawer w WHERE w.id = NEW.drawer_id AND w.counted_at IS NOT NULL)",
            ),
        ],
    )
    out += d.refuse(
        "counter_receipt_nd", "BEFORE DELETE", "counter_receipt", [("receipts are kept", "OLD.n IS NOT NULL")]
    )
    out += d.append_only("deposit", ["id", "number"], "deposits are kept")
    out += d.append_only("deposit_drawer", ["drawer_id"], "a drawer goes into one deposit")
    out += d.append_only("deposit_batch", ["batch_id"], "a batch goes into one deposit")
    out += d.refuse(
        "deposit_drawer_ni",
        "BEFORE INSERT",
        "deposit_drawer",
        [
            (
                "only a closed drawer goes to the bank",
                "NOT EXISTS(SELECT 1 FROM drawer w WHERE w.id = NEW.drawer_id AND w.closed_on IS NOT NULL)",
            )
        ],
    )
    out += d.refuse(
        "deposit_batch_ni",
        "BEFORE INSERT",
        "deposit_batch",
        [
            (
                "only a released batch of receipts goes to the bank",
                "NOT EXISTS(SELECT 1 FROM batch b WHERE b.id = NEW.batch_id AND b.kind = 'receipts'"
                " AND b.released_at IS NOT NULL)",
            )
        ],
    )
    for table, fixed in (
        ("autopay", ("account_id", "party_id", "method", "token", "last4", "draft_day", "since", "enrolled_by")),
        ("ebill", ("account_id", "address", "since", "enrolled_by")),
    ):
        out += d.refuse(
            f"{table}_nu",
            "BEFORE UPDATE",
            table,
            [("what was agreed stays: enrol anew", _changed(fixed)), ("it has ended", "OLD.until IS NOT NULL")],
        )
        out += d.refuse(f"{table}_nd", "BEFORE DELETE", table, [("agreements are kept", "OLD.id IS NOT NULL")])
    return out
