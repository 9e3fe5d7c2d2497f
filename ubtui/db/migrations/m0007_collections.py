"""Collections: what is open, plans to pay it, what bars a shutoff, who owned when, mail that came back."""

from ubtui.db.dialect import Dialect

TABLES = """
CREATE TABLE open_item(
  item_id {int} PRIMARY KEY REFERENCES receivable_item(id), account_id {int} NOT NULL REFERENCES account(id),
  due_on {day} NOT NULL, cents {int} NOT NULL CHECK(cents > 0)) {clustered};
CREATE INDEX open_item_account ON open_item(account_id);
CREATE INDEX open_item_due ON open_item(due_on, account_id);
CREATE TABLE arrangement(
  id {id}, number {text} NOT NULL CONSTRAINT arrangement_number UNIQUE,
  account_id {int} NOT NULL REFERENCES account(id),
  kind {text} NOT NULL CHECK(kind IN('amortization','alternative','deferral')), cents {int} NOT NULL CHECK(cents > 0),
  made_on {day} NOT NULL, made_by {text} NOT NULL REFERENCES staff(name), made_at {instant} NOT NULL,
  note {text} NOT NULL DEFAULT '', document_id {int} REFERENCES document(id),
  ended_on {day}, ended_how {text}, ended_by {text}, ended_why {text}, version {int} NOT NULL DEFAULT 1,
  CONSTRAINT arrangement_end CHECK((ended_on IS NULL) = (ended_how IS NULL)),
  CONSTRAINT arrangement_how CHECK(ended_how IS NULL OR ended_how IN ('kept','broken','cancelled','replaced')))
  {strict};
CREATE UNIQUE INDEX arrangement_live ON arrangement(account_id) WHERE ended_on IS NULL;
CREATE INDEX arrangement_account ON arrangement(account_id);
CREATE TABLE arrangement_item(
  arrangement_id {int} NOT NULL REFERENCES arrangement(id), item_id {int} NOT NULL REFERENCES receivable_item(id),
  cents {int} NOT NULL CHECK(cents > 0), PRIMARY KEY(arrangement_id, item_id)) {clustered};
CREATE INDEX arrangement_item_of ON arrangement_item(item_id);
CREATE TABLE instalment(
  arrangement_id {int} NOT NULL REFERENCES arrangement(id), n {int} NOT NULL CHECK(n > 0), due_on {day} NOT NULL,
  cents {int} NOT NULL CHECK(cents > 0), PRIMARY KEY(arrangement_id, n)) {clustered};
CREATE TABLE protection(
  id {id}, account_id {int} NOT NULL REFERENCES account(id),
  kind {text} NOT NULL CHECK(kind IN('medical','appeal','dispute','extension','assistance','bankruptcy',
    'tenant_notice','returned_mail','bill_review','moratorium','hold')),
  from_on {day} NOT NULL, expires_on {day} NOT NULL, note {text} NOT NULL DEFAULT '',
  document_id {int} REFERENCES document(id), set_by {text} NOT NULL REFERENCES staff(name), set_at {instant} NOT NULL,
  ended_on {day}, ended_by {text}, ended_why {text}, version {int} NOT NULL DEFAULT 1,
  CONSTRAINT protection_days CHECK(expires_on >= from_on),
  CONSTRAINT protection_end CHECK((ended_on IS NULL) = (ended_by IS NULL))) {strict};
CREATE UNIQUE INDEX protection_live ON protection(account_id, kind) WHERE ended_on IS NULL;
CREATE INDEX protection_account ON protection(account_id);
CREATE INDEX protection_expires ON protection(expires_on) WHERE ended_on IS NULL;
CREATE TABLE notice_item(
  item_id {int} NOT NULL REFERENCES receivable_item(id), step {text} NOT NULL CHECK(step IN('reminder')),
  letter_id {int} NOT NULL REFERENCES letter(id), run {text} NOT NULL, PRIMARY KEY(item_id, step)) {clustered};
CREATE INDEX letter_account ON letter(account_id);
CREATE TABLE ownership_transfer(
  id {id}, account_id {int} NOT NULL REFERENCES account(id), from_party_id {int} REFERENCES party(id),
  to_party_id {int} NOT NULL REFERENCES party(id), on_date {day} NOT NULL,
  source {text} NOT NULL CHECK(source IN('deed','escrow','county','owner','court')), note {text} NOT NULL DEFAULT '',
  document_id {int} REFERENCES document(id), recorded_by {text} NOT NULL REFERENCES staff(name),
  recorded_at {instant} NOT NULL, debt {text}, debt_on {day}, debt_by {text}, debt_why {text},
  version {int} NOT NULL DEFAULT 1,
  CONSTRAINT transfer_debt CHECK(debt IS NULL OR debt IN ('former','assumed')),
  CONSTRAINT transfer_decided CHECK((debt IS NULL) = (debt_by IS NULL) AND (debt IS NULL) = (debt_on IS NULL)))
  {strict};
CREATE INDEX transfer_account ON ownership_transfer(account_id, on_date);
CREATE TABLE county_owner(
  parcel_id {int} NOT NULL REFERENCES parcel(id), as_of {day} NOT NULL, name {text} NOT NULL, source {text} NOT NULL,
  batch_id {int} REFERENCES batch(id), PRIMARY KEY(parcel_id, as_of)) {clustered};
CREATE INDEX county_owner_batch ON county_owner(batch_id) WHERE batch_id IS NOT NULL;
CREATE VIEW live_county_owner AS SELECT n.* FROM county_owner n
  WHERE n.batch_id IS NULL OR n.batch_id IN (SELECT id FROM batch WHERE released_at IS NOT NULL);
CREATE TABLE owner_confirmed(
  id {id}, account_id {int} NOT NULL REFERENCES account(id), county_name {text} NOT NULL, reason {text} NOT NULL,
  confirmed_on {day} NOT NULL, confirmed_by {text} NOT NULL REFERENCES staff(name), at {instant} NOT NULL) {strict};
CREATE INDEX owner_confirmed_account ON owner_confirmed(account_id);
CREATE INDEX account_parcel_of ON account_parcel(parcel_id);
CREATE INDEX bill_ends ON bill(to_on);
CREATE TABLE escrow_demand(
  id {id}, account_id {int} NOT NULL REFERENCES account(id), number {text} NOT NULL, closes_on {day} NOT NULL,
  good_through {day} NOT NULL, cents {int} NOT NULL, asked_by {text} NOT NULL, recorded_by {text} NOT NULL,
  recorded_at {instant} NOT NULL, CONSTRAINT escrow_number UNIQUE(account_id, number)) {strict};
CREATE TABLE returned_mail(
  id {id}, account_id {int} NOT NULL REFERENCES account(id), party_id {int} NOT NULL REFERENCES party(id),
  what {text} NOT NULL CHECK(what IN('bill','notice','letter')), returned_on {day} NOT NULL,
  reason {text} NOT NULL CHECK(reason IN('moved','unknown','unclaimed','insufficient','vacant','other')),
  recorded_by {text} NOT NULL REFERENCES staff(name), recorded_at {instant} NOT NULL,
  outcome {text}, settled_on {day}, settled_by {text}, note {text} NOT NULL DEFAULT '',
  version {int} NOT NULL DEFAULT 1,
  CONSTRAINT returned_outcome CHECK(outcome IS NULL OR outcome IN ('address-right','new-address','not-found')),
  CONSTRAINT returned_settled CHECK((outcome IS NULL) = (settled_by IS NULL))) {strict};
CREATE INDEX returned_mail_open ON returned_mail(account_id) WHERE outcome IS NULL;
"""

# The items that are not paid in full: a shadow of items and applications that the database itself keeps.
_LEFT = (
    "INSERT INTO open_item(item_id, account_id, due_on, cents) SELECT i.id, i.account_id, i.due_on, i.cents - p.paid"
    " FROM receivable_item i, (SELECT CAST(SUM(a.cents) AS bigint) AS paid FROM application a"
    " WHERE a.item_id = NEW.item_id) p WHERE i.id = NEW.item_id AND i.cents > p.paid;"
)
_KEPT = {
    "open_item_opened": (
        "receivable_item",
        "INSERT INTO open_item(item_id, account_id, due_on, cents)"
        " VALUES (NEW.id, NEW.account_id, NEW.due_on, NEW.cents);",
    ),
    "open_item_paid": ("application", "DELETE FROM open_item WHERE item_id = NEW.item_id; " + _LEFT),
}

_KEPT_AS_SETS = {
    "open_item_opened": "INSERT INTO open_item(item_id, account_id, due_on, cents)"
    " SELECT id, account_id, due_on, cents FROM fresh;",
    "open_item_paid": "DECLARE paid_id bigint; BEGIN FOR paid_id IN SELECT DISTINCT item_id FROM fresh LOOP"
    f" {_KEPT['open_item_paid'][1].replace('NEW.item_id', 'paid_id')} END LOOP; END;",
}


def statements(d: Dialect) -> list[str]:
    out = d.ddl(TABLES)
    for name, (table, body) in _KEPT.items():
        if d.kind == "sqlite":
            out.append(f"CREATE TRIGGER {name} AFTER INSERT ON {table} BEGIN {body} END")
        else:
            out += d.after(name, "INSERT", table, _KEPT_AS_SETS[name])
    out += d.append_only("arrangement_item", ["arrangement_id, item_id"], "what a plan covers is fixed")
    out += d.append_only("instalment", ["arrangement_id, n"], "instalments are fixed: make a new plan")
    out += d.append_only("notice_item", ["item_id, step"], "notices are kept as mailed")
    swept = "EXISTS(SELECT 1 FROM batch b WHERE b.id = OLD.batch_id AND b.released_at IS NULL)"
    out += d.append_only("county_owner", ["parcel_id, as_of"], "what the county said is kept", unless=swept)
    out += d.append_only("owner_confirmed", ["id"], "confirmations are kept")
    out += d.append_only("escrow_demand", ["id", "account_id, number"], "demands are kept")
    for table, fixed, closed, said in (
        ("arrangement", ("account_id", "number", "kind", "cents", "made_on"), "ended_on", "a plan"),
        ("protection", ("account_id", "kind", "from_on", "expires_on"), "ended_on", "a protection"),
        ("ownership_transfer", ("account_id", "from_party_id", "to_party_id", "on_date"), "debt", "a transfer"),
        ("returned_mail", ("account_id", "party_id", "what", "returned_on"), "outcome", "returned mail"),
    ):
        changed = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in fixed)
        out += d.refuse(
            f"{table}_nu",
            "BEFORE UPDATE",
            table,
            [
                (f"{said} is kept as it was made", changed),
                (f"{said} is settled once", f"OLD.{closed} IS NOT NULL"),
            ],
        )
        out += d.refuse(f"{table}_nd", "BEFORE DELETE", table, [(f"{said} is kept", "OLD.id IS NOT NULL")])
    return out
