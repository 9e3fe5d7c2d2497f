"""The ledger: balanced at COMMIT, immutable, approved by another person; items and applications behind it."""
# Length: one ledger, one file: its tables and the rules over them are read together.

from ubtui.db.dialect import Dialect

TABLES = """
CREATE TABLE fund(id {id}, code {text} NOT NULL CONSTRAINT fund_code UNIQUE, title {text} NOT NULL) {strict};
CREATE TABLE gl_account(
  id {id}, code {text} NOT NULL CONSTRAINT gl_code UNIQUE, title {text} NOT NULL,
  kind {text} NOT NULL CHECK(kind IN('A','L','R','X')),
  use {text} NOT NULL DEFAULT 'other'
    CHECK(use IN('other','receivable','credit','cash','refunds','suspense','over_short','roll'))) {strict};
CREATE TABLE charge_code(
  id {id}, code {text} NOT NULL CONSTRAINT charge_code_code UNIQUE, title {text} NOT NULL,
  revenue_gl_id {int} NOT NULL REFERENCES gl_account(id), receivable_gl_id {int} NOT NULL REFERENCES gl_account(id),
  fund_id {int} NOT NULL REFERENCES fund(id), priority {int} NOT NULL, lienable {int} NOT NULL,
  penalty_bearing {int} NOT NULL, taxable {int} NOT NULL) {strict};
CREATE TABLE period(
  ym {int} PRIMARY KEY CHECK(ym BETWEEN 190001 AND 299912 AND ym % 100 BETWEEN 1 AND 13),
  status {text} NOT NULL DEFAULT 'open' CHECK(status IN('open','closed'))) {strict};
CREATE TABLE proposal(
  id {id}, number {text} NOT NULL CONSTRAINT proposal_number UNIQUE,
  idem_key {text} NOT NULL CONSTRAINT proposal_key UNIQUE CHECK(length(idem_key)>=8), kind {text} NOT NULL,
  reason {text} NOT NULL, account_id {int} REFERENCES account(id),
  maker {text} NOT NULL REFERENCES staff(name),
  state {text} NOT NULL CHECK(state IN('draft','submitted')), amount_cents {int} NOT NULL CHECK(amount_cents>0),
  total_dr {int} NOT NULL CHECK(total_dr>0), legs_hash {text} NOT NULL CHECK(length(legs_hash)=64),
  plan_hash {text} NOT NULL CHECK(length(plan_hash)=64), tier {int} NOT NULL, approvers {text} NOT NULL,
  needs_document {int} NOT NULL, policy_version {int} NOT NULL, effective_on {day} NOT NULL, note {text} NOT NULL,
  item {text}, revises {int} CONSTRAINT proposal_revised_once UNIQUE REFERENCES proposal(id),
  reverses {int}, signers {int} NOT NULL DEFAULT 1 CHECK(signers IN(0,1,2)),
  created_on {day} NOT NULL, created_at {instant} NOT NULL, submitted_on {day}, submitted_at {instant},
  version {int} NOT NULL DEFAULT 1) {strict};
CREATE INDEX proposal_account ON proposal(account_id);
CREATE TABLE proposal_leg(
  proposal_id {int} NOT NULL REFERENCES proposal(id), n {int} NOT NULL, gl_id {int} NOT NULL REFERENCES gl_account(id),
  account_id {int} REFERENCES account(id), item_id {int}, charge_code_id {int} REFERENCES charge_code(id),
  fund_id {int} NOT NULL REFERENCES fund(id), cents {int} NOT NULL CHECK(cents<>0),
  PRIMARY KEY(proposal_id, n)) {clustered};
CREATE TABLE approval(
  id {id}, proposal_id {int} NOT NULL CONSTRAINT approval_once UNIQUE REFERENCES proposal(id),
  decided_by {text} NOT NULL,
  decision {text} NOT NULL CHECK(decision IN('approved','rejected','expired','withdrawn')),
  reason {text} NOT NULL, decided_on {day} NOT NULL, decided_at {instant} NOT NULL) {strict};
CREATE TABLE signature(
  proposal_id {int} NOT NULL REFERENCES proposal(id), signed_by {text} NOT NULL REFERENCES staff(name),
  role {text} NOT NULL, signed_at {instant} NOT NULL, PRIMARY KEY(proposal_id, role)) {clustered};
CREATE TABLE proposal_ack(
  proposal_id {int} PRIMARY KEY REFERENCES proposal(id), by_staff {text} NOT NULL, at {instant} NOT NULL) {strict};
CREATE TABLE journal(
  id {id}, idem_key {text} NOT NULL CONSTRAINT journal_key UNIQUE CHECK(length(idem_key)>=8),
  kind {text} NOT NULL CHECK(kind IN('BILL','RECEIPT','APPLY','ADJ','REFUND','WRITEOFF','REVERSAL','OPENING')),
  effective_on {day} NOT NULL, period_ym {int} NOT NULL REFERENCES period(ym), posted_at {instant} NOT NULL,
  maker {text} NOT NULL REFERENCES staff(name), posted_by {text} NOT NULL REFERENCES staff(name),
  approval_id {int} CONSTRAINT journal_approval UNIQUE REFERENCES approval(id),
  reverses {int} CONSTRAINT journal_reversed_once UNIQUE REFERENCES journal(id), reason {text} NOT NULL,
  CONSTRAINT journal_needs_approval CHECK(kind NOT IN('ADJ','REFUND','WRITEOFF') OR approval_id IS NOT NULL)
  {sealed}) {strict};
CREATE TABLE bill(
  id {id}, number {text} NOT NULL CONSTRAINT bill_number UNIQUE, account_id {int} NOT NULL REFERENCES account(id),
  period {text} NOT NULL, version {int} NOT NULL DEFAULT 1, from_on {day} NOT NULL, to_on {day} NOT NULL,
  billed_on {day} NOT NULL, mailed_on {day}, due_on {day} NOT NULL, total_cents {int} NOT NULL,
  journal_id {int} REFERENCES journal(id), replaces {int} REFERENCES bill(id),
  CONSTRAINT bill_once UNIQUE(account_id, period, version)) {strict};
CREATE INDEX bill_journal ON bill(journal_id);
CREATE TABLE bill_line(
  id {id}, bill_id {int} NOT NULL REFERENCES bill(id), n {int} NOT NULL, service_id {int} REFERENCES service(id),
  charge_code_id {int} NOT NULL REFERENCES charge_code(id), label {text} NOT NULL, quantity {text} NOT NULL,
  rate {text} NOT NULL, cents {int} NOT NULL, trace {text} NOT NULL,
  CONSTRAINT bill_line_once UNIQUE(bill_id, n)) {strict};
CREATE TABLE receivable_item(
  id {id}, journal_id {int} NOT NULL REFERENCES journal(id), account_id {int} NOT NULL REFERENCES account(id),
  service_id {int} REFERENCES service(id), charge_code_id {int} NOT NULL REFERENCES charge_code(id),
  bill_line_id {int} REFERENCES bill_line(id), effective_on {day} NOT NULL, due_on {day} NOT NULL, mailed_on {day},
  cents {int} NOT NULL CHECK(cents > 0)) {strict};
CREATE INDEX item_account ON receivable_item(account_id, cents);
CREATE INDEX item_journal ON receivable_item(journal_id);
CREATE TABLE application(
  id {id}, journal_id {int} NOT NULL REFERENCES journal(id), item_id {int} NOT NULL REFERENCES receivable_item(id),
  account_id {int} NOT NULL REFERENCES account(id), cents {int} NOT NULL CHECK(cents <> 0),
  reverses {int} CONSTRAINT application_reversed_once UNIQUE REFERENCES application(id)) {strict};
CREATE INDEX application_item ON application(item_id, cents);
CREATE INDEX application_account ON application(account_id, cents);
CREATE INDEX application_journal ON application(journal_id);
CREATE TABLE posting(
  id {id}, journal_id {int} NOT NULL REFERENCES journal(id), gl_id {int} NOT NULL REFERENCES gl_account(id),
  account_id {int} REFERENCES account(id), item_id {int} REFERENCES receivable_item(id),
  charge_code_id {int} REFERENCES charge_code(id), fund_id {int} NOT NULL REFERENCES fund(id),
  cents {int} NOT NULL
    CONSTRAINT posting_cents CHECK(cents <> 0 AND cents BETWEEN -99999999999 AND 99999999999)) {strict};
CREATE INDEX posting_journal ON posting(journal_id, cents);
CREATE INDEX posting_account ON posting(account_id, gl_id, cents) WHERE account_id IS NOT NULL;
CREATE INDEX posting_gl ON posting(gl_id, cents);
CREATE TABLE journal_seal(
  journal_id {int} PRIMARY KEY REFERENCES journal(id), n {int} NOT NULL, total_dr {int} NOT NULL) {strict};
CREATE TABLE receipt(
  id {id}, number {text} NOT NULL CONSTRAINT receipt_number UNIQUE, batch_id {int} REFERENCES batch(id),
  account_id {int} NOT NULL REFERENCES account(id), journal_id {int} NOT NULL REFERENCES journal(id),
  received_on {day} NOT NULL, cents {int} NOT NULL CHECK(cents > 0), source {text} NOT NULL,
  trace {text}) {strict};
CREATE INDEX receipt_account ON receipt(account_id, received_on);
CREATE INDEX receipt_journal ON receipt(journal_id);
CREATE TABLE tender(
  id {id}, receipt_id {int} NOT NULL REFERENCES receipt(id), kind {text} NOT NULL CHECK(kind IN
    ('cash','check','money_order','card','ach','lockbox','web')), reference {text},
  cents {int} NOT NULL CHECK(cents > 0)) {strict};
CREATE INDEX tender_receipt ON tender(receipt_id);
"""
SEALED = ", FOREIGN KEY(id) REFERENCES journal_seal(journal_id) DEFERRABLE INITIALLY DEFERRED"
_LEG = "gl_id, COALESCE(account_id,0), COALESCE(item_id,0), COALESCE(charge_code_id,0), fund_id, cents"
_LEGS = (
    f"SELECT {_LEG}, COUNT(*) FROM proposal_leg WHERE proposal_id = (SELECT a.proposal_id FROM journal j"
    " JOIN approval a ON a.id = j.approval_id WHERE j.id = NEW.journal_id) GROUP BY "
    "gl_id, COALESCE(account_id,0), COALESCE(item_id,0), COALESCE(charge_code_id,0), fund_id, cents"
)
_OWN = (
    "CASE WHEN EXISTS(SELECT 1 FROM receivable_item i WHERE i.id = p.item_id AND i.journal_id = p.journal_id)"
    " THEN 0 ELSE COALESCE(p.item_id,0) END"
)
_POSTED = (
    f"SELECT gl_id, COALESCE(account_id,0), {_OWN}, COALESCE(charge_code_id,0), fund_id, cents, COUNT(*)"
    f" FROM posting p WHERE journal_id = NEW.journal_id GROUP BY gl_id, COALESCE(account_id,0), {_OWN},"
    " COALESCE(charge_code_id,0), fund_id, cents"
)
_APPROVED = "(SELECT approval_id FROM journal WHERE id = NEW.journal_id) IS NOT NULL"
_SUBLEDGER = """EXISTS(SELECT 1 FROM (
  SELECT account_id AS a, item_id AS i, cents AS c FROM posting WHERE journal_id = NEW.journal_id
    AND gl_id IN (SELECT id FROM gl_account WHERE use = 'receivable')
  UNION ALL SELECT account_id, id, -cents FROM receivable_item WHERE journal_id = NEW.journal_id
  UNION ALL SELECT account_id, item_id, cents FROM application WHERE journal_id = NEW.journal_id) AS both_books
  GROUP BY a, i HAVING SUM(c) <> 0 OR a IS NULL OR i IS NULL)"""
_OVERPAID = """EXISTS(SELECT 1 FROM application x WHERE x.journal_id = NEW.journal_id AND
  (SELECT SUM(y.cents) FROM application y WHERE y.item_id = x.item_id)
    NOT BETWEEN 0 AND (SELECT cents FROM receivable_item i WHERE i.id = x.item_id) LIMIT 1 OFFSET 0)"""
# With an OFFSET PostgreSQL asks each journal for its own rows; else it may choose to look through everybody's first.
_ASTRAY = """EXISTS(SELECT 1 FROM posting p JOIN gl_account g ON g.id = p.gl_id
  LEFT JOIN receivable_item i ON i.id = p.item_id LEFT JOIN charge_code c ON c.id = i.charge_code_id
  WHERE p.journal_id = NEW.journal_id AND (
    (g.use IN ('receivable', 'credit') AND p.account_id IS NULL) OR (g.use <> 'receivable' AND p.item_id IS NOT NULL)
    OR (g.use = 'receivable' AND (i.account_id <> p.account_id OR c.receivable_gl_id <> p.gl_id
      OR c.fund_id <> p.fund_id OR p.charge_code_id IS NULL OR p.charge_code_id <> c.id))) LIMIT 1 OFFSET 0)"""
_UNDONE = """EXISTS(SELECT 1 FROM application x LEFT JOIN application o ON o.id = x.reverses
  WHERE x.journal_id = NEW.journal_id AND (
    (x.cents < 0) <> (x.reverses IS NOT NULL)
    OR (o.id IS NOT NULL AND (o.item_id <> x.item_id OR o.account_id <> x.account_id OR o.cents <> -x.cents)))
  LIMIT 1 OFFSET 0)"""
_LINES = "gl_id, COALESCE(account_id,0), COALESCE(item_id,0), COALESCE(charge_code_id,0), fund_id"
_UNDO = "(SELECT reverses FROM journal WHERE id = NEW.journal_id)"
_NEGATED = f"SELECT {_LINES}, -cents, COUNT(*) FROM posting WHERE journal_id = {_UNDO} GROUP BY {_LINES}, cents"
_AGAIN = f"SELECT {_LINES}, cents, COUNT(*) FROM posting WHERE journal_id = NEW.journal_id GROUP BY {_LINES}, cents"
_OUT_OF_KIND = """EXISTS(SELECT 1 FROM journal j JOIN posting p ON p.journal_id = j.id
  JOIN gl_account g ON g.id = p.gl_id
  WHERE j.id = NEW.journal_id AND (
    (j.kind = 'BILL' AND NOT ((g.use = 'receivable' AND p.cents > 0) OR (g.kind = 'R' AND p.cents < 0)))
    OR (j.kind = 'RECEIPT' AND NOT ((g.use IN ('cash', 'suspense') AND p.cents > 0)
      OR (g.use IN ('receivable', 'credit', 'suspense') AND p.cents < 0)))
    OR (j.kind = 'APPLY' AND NOT ((g.use = 'credit' AND p.cents > 0) OR (g.use = 'receivable' AND p.cents < 0))))
  LIMIT 1 OFFSET 0)"""
_OVERDRAWN = """EXISTS(SELECT 1 FROM posting p JOIN gl_account g ON g.id = p.gl_id AND g.use = 'credit'
  WHERE p.journal_id = NEW.journal_id AND p.cents > 0 AND (SELECT SUM(q.cents) FROM posting q
  WHERE q.account_id = p.account_id AND q.gl_id = p.gl_id) > 0 LIMIT 1 OFFSET 0)"""


def statements(d: Dialect) -> list[str]:
    inline = d.kind == "sqlite"
    out = d.ddl(TABLES.replace("{sealed}", SEALED if inline else ""))
    acting = "false"
    if not inline:
        # Who acts is asked in one place: per-person database logins later replace this function's body only.
        out.append(
            "CREATE FUNCTION ubtui_actor() RETURNS text LANGUAGE sql STABLE AS"
            " $$ SELECT current_setting('ubtui.actor', true) $$"
        )
        acting = "NEW.{column} NOT LIKE 'policy:%' AND NEW.{column} IS DISTINCT FROM ubtui_actor()"
        out.append("ALTER TABLE journal ADD CONSTRAINT journal_sealed" + SEALED[1:])
    out += d.refuse_new(
        "seal_ok",
        "journal_seal",
        [
            (
                "already sealed",
                "EXISTS(SELECT 1 FROM journal_seal WHERE journal_id = NEW.journal_id)" if inline else "false",
            ),
            (
                "unbalanced journal",
                "(SELECT COALESCE(SUM(cents), 1) FROM posting WHERE journal_id = NEW.journal_id) <> 0",
            ),
            (
                "a journal needs two postings and their count",
                "(SELECT COUNT(*) FROM posting WHERE journal_id = NEW.journal_id) < 2"
                " OR NEW.n <> (SELECT COUNT(*) FROM posting WHERE journal_id = NEW.journal_id)",
            ),
            (
                "seal total",
                "NEW.total_dr <> (SELECT SUM(cents) FROM posting WHERE journal_id = NEW.journal_id AND cents > 0)",
            ),
            ("a posting stands on another account, charge or control account than its item", _ASTRAY),
            ("items less applications differ from the receivable postings", _SUBLEDGER),
            ("an application is undone by its own amount on its own item", _UNDONE),
            ("such postings do not belong to a journal of this kind", _OUT_OF_KIND),
            (
                "a reversal takes back every leg as it was",
                f"{_UNDO} IS NOT NULL AND (EXISTS({_NEGATED} EXCEPT {_AGAIN}) OR EXISTS({_AGAIN} EXCEPT {_NEGATED}))",
            ),
            ("an item is applied beyond its amount", _OVERPAID),
            ("a customer credit is spent twice", _OVERDRAWN),
            (
                "total differs from what was approved",
                "EXISTS(SELECT 1 FROM journal j JOIN approval a ON a.id = j.approval_id"
                " JOIN proposal p ON p.id = a.proposal_id"
                " WHERE j.id = NEW.journal_id AND p.total_dr <> NEW.total_dr LIMIT 1 OFFSET 0)",
            ),
            (
                "legs differ from what was approved",
                f"{_APPROVED} AND (EXISTS({_LEGS} EXCEPT {_POSTED}) OR EXISTS({_POSTED} EXCEPT {_LEGS}))",
            ),
        ],
    )
    sealed = "(SELECT journal_id FROM journal_seal WHERE journal_id = NEW.journal_id) IS NOT NULL"
    for table in ("posting", "receivable_item", "application"):
        out += d.refuse_new(f"{table}_ins", table, [("journal is sealed", sealed)])
    out += d.refuse_new(
        "journal_ins",
        "journal",
        [
            ("posted under another name", acting.format(column="posted_by")),
            ("period closed", "(SELECT status FROM period WHERE ym = NEW.period_ym) <> 'open'"),
            (
                "a journal of this kind needs an approval",
                "NEW.approval_id IS NULL AND NEW.kind NOT IN ('BILL', 'RECEIPT', 'APPLY')",
            ),
            ("only a reversal reverses", "(NEW.kind = 'REVERSAL') <> (NEW.reverses IS NOT NULL)"),
            (
                "a reversal is not reversed: post it anew",
                "(SELECT kind FROM journal WHERE id = NEW.reverses) = 'REVERSAL'",
            ),
            (
                "not an approved proposal of this kind, key and maker",
                "NEW.approval_id IS NOT NULL AND NOT EXISTS(SELECT 1 FROM approval a"
                " JOIN proposal p ON p.id = a.proposal_id"
                " WHERE a.id = NEW.approval_id AND a.decision = 'approved' AND p.kind = NEW.kind"
                " AND p.idem_key = NEW.idem_key AND p.maker = NEW.maker AND p.effective_on = NEW.effective_on"
                " AND p.reverses IS NOT DISTINCT FROM NEW.reverses"
                " AND (a.decided_by = NEW.posted_by OR (a.decided_by LIKE 'policy:%' AND NEW.posted_by = NEW.maker)))",
            ),
        ],
        lock="1 FROM period WHERE ym IN (SELECT period_ym FROM fresh) ORDER BY ym FOR SHARE",
    )
    out += d.refuse(
        "period_reopen",
        "BEFORE UPDATE",
        "period",
        [("closed period: post a dated correction in the open period", "OLD.status = 'closed'")],
    )
    out += d.refuse("period_nd", "BEFORE DELETE", "period", [("periods are kept", "OLD.ym IS NOT NULL")])
    linked = (
        "EXISTS(SELECT 1 FROM staff_account s JOIN account a ON a.number = s.account_number"
        " WHERE a.id = {account} AND s.staff = {who})"
    )
    legs = "(SELECT {what} FROM proposal_leg WHERE proposal_id = NEW.id{where})"
    out += d.refuse(
        "proposal_ins",
        "BEFORE INSERT",
        "proposal",
        [
            ("a proposal begins as a draft", "NEW.state <> 'draft'"),
            ("proposed under another name", acting.format(column="maker")),
            (
                "nobody acts on his own or a linked account",
                linked.format(account="NEW.account_id", who="NEW.maker"),
            ),
            (
                "duplicate in proposal",
                "EXISTS(SELECT 1 FROM proposal WHERE id = NEW.id OR idem_key = NEW.idem_key OR number = NEW.number)"
                if inline
                else "false",
            ),
        ],
    )
    out += d.refuse(
        "proposal_nu",
        "BEFORE UPDATE",
        "proposal",
        [
            ("submitted proposals are fixed", "OLD.state <> 'draft'"),
            (
                "a proposal keeps its maker, key and account",
                "NEW.maker <> OLD.maker OR NEW.idem_key <> OLD.idem_key"
                " OR NEW.account_id IS DISTINCT FROM OLD.account_id OR NEW.number <> OLD.number"
                " OR NEW.id <> OLD.id OR NEW.revises IS DISTINCT FROM OLD.revises",
            ),
            ("submitted under another name", acting.format(column="maker")),
            (
                "a decided proposal is not submitted",
                "EXISTS(SELECT 1 FROM approval WHERE proposal_id = NEW.id)",
            ),
            (
                "a submitted proposal balances and has its total",
                "NEW.state = 'submitted' AND ("
                + legs.format(what="COALESCE(SUM(cents), 1)", where="")
                + " <> 0 OR "
                + legs.format(what="COALESCE(SUM(cents), 0)", where=" AND cents > 0")
                + " <> NEW.total_dr)",
            ),
            (
                "this proposal needs a document",
                "NEW.state = 'submitted' AND NEW.needs_document = 1 AND NOT EXISTS(SELECT 1 FROM document_link"
                " WHERE subject = 'proposal:' || NEW.number)",
            ),
        ],
    )
    out += d.refuse("proposal_nd", "BEFORE DELETE", "proposal", [("proposals are kept", "OLD.id IS NOT NULL")])
    fixed = "EXISTS(SELECT 1 FROM proposal p WHERE p.id = {row}.proposal_id AND p.state <> 'draft')"
    out += d.refuse(
        "leg_ins",
        "BEFORE INSERT",
        "proposal_leg",
        [
            ("submitted proposals are fixed", fixed.format(row="NEW")),
            (
                "duplicate leg",
                "EXISTS(SELECT 1 FROM proposal_leg WHERE proposal_id = NEW.proposal_id AND n = NEW.n)"
                if inline
                else "false",
            ),
        ],
    )
    out += d.refuse("leg_nu", "BEFORE UPDATE", "proposal_leg", [("legs are fixed", "OLD.n IS NOT NULL")])
    out += d.refuse(
        "leg_nd",
        "BEFORE DELETE",
        "proposal_leg",
        [("submitted proposals are fixed", fixed.format(row="OLD"))],
    )
    out += d.refuse(
        "approval_ins",
        "BEFORE INSERT",
        "approval",
        [
            (
                "a maker cannot decide his own proposal",
                "NEW.decision IN ('approved','rejected')"
                " AND (SELECT maker FROM proposal WHERE id = NEW.proposal_id) = NEW.decided_by",
            ),
            ("decided under another name", acting.format(column="decided_by")),
            (
                "only the maker withdraws",
                "NEW.decision = 'withdrawn'"
                " AND (SELECT maker FROM proposal WHERE id = NEW.proposal_id) <> NEW.decided_by",
            ),
            (
                "nobody decides on his own or a linked account",
                linked.format(
                    account="(SELECT account_id FROM proposal WHERE id = NEW.proposal_id)",
                    who="NEW.decided_by",
                ),
            ),
            (
                "policy decides tier 0 only",
                "NEW.decided_by LIKE 'policy:%' AND (NEW.decision IN ('rejected', 'withdrawn')"
                " OR (NEW.decision = 'approved' AND (SELECT tier FROM proposal WHERE id = NEW.proposal_id) <> 0))",
            ),
            (
                "this role does not decide it",
                "NEW.decided_by NOT LIKE 'policy:%' AND NEW.decision IN ('approved', 'rejected') AND NOT EXISTS("
                "SELECT 1 FROM proposal p JOIN staff s ON s.name = NEW.decided_by AND s.active = 1"
                " WHERE p.id = NEW.proposal_id AND (',' || p.approvers || ',') LIKE ('%,' || s.role || ',%'))",
            ),
            (
                "two people sign this amount",
                "NEW.decision = 'approved' AND (SELECT signers FROM proposal WHERE id = NEW.proposal_id) = 2"
                " AND (SELECT COUNT(*) FROM signature WHERE proposal_id = NEW.proposal_id"
                " AND signed_by <> NEW.decided_by"
                " AND role <> (SELECT role FROM staff WHERE name = NEW.decided_by)) = 0",
            ),
            (
                "only submitted proposals are decided",
                "NEW.decision <> 'withdrawn'"
                " AND (SELECT state FROM proposal WHERE id = NEW.proposal_id) <> 'submitted'",
            ),
            (
                "already decided",
                "EXISTS(SELECT 1 FROM approval WHERE proposal_id = NEW.proposal_id OR id = NEW.id)"
                if inline
                else "EXISTS(SELECT 1 FROM approval WHERE proposal_id = NEW.proposal_id)",
            ),
        ],
    )
    out += d.refuse(
        "signature_ins",
        "BEFORE INSERT",
        "signature",
        [
            ("signed under another name", acting.format(column="signed_by")),
            (
                "a maker cannot sign his own proposal",
                "(SELECT maker FROM proposal WHERE id = NEW.proposal_id) = NEW.signed_by",
            ),
            (
                "nobody decides on his own or a linked account",
                linked.format(
                    account="(SELECT account_id FROM proposal WHERE id = NEW.proposal_id)", who="NEW.signed_by"
                ),
            ),
            (
                "this role does not sign it",
                "NOT EXISTS(SELECT 1 FROM proposal p JOIN staff s ON s.name = NEW.signed_by AND s.role = NEW.role"
                " AND s.active = 1 WHERE p.id = NEW.proposal_id AND p.state = 'submitted'"
                " AND (',' || p.approvers || ',') LIKE ('%,' || s.role || ',%'))",
            ),
        ],
    )
    for table, keys, say in (
        ("signature", ["proposal_id, role"], "signatures are kept"),
        ("posting", ["id"], "postings are immutable: reverse instead"),
        ("journal", ["id", "idem_key"], "journals are immutable: reverse instead"),
        ("journal_seal", ["journal_id"], "seals are immutable"),
        ("receivable_item", ["id"], "items are immutable: apply or reverse instead"),
        ("application", ["id"], "applications are immutable: reverse instead"),
        ("approval", ["id", "proposal_id"], "decisions are fixed"),
        ("proposal_ack", ["proposal_id"], "acknowledgements are kept"),
        ("receipt", ["id", "number"], "receipts are immutable: reverse instead"),
        ("tender", ["id"], "tenders are immutable"),
        ("bill", ["id", "number"], "posted bills are immutable: cancel and rebill"),
        ("bill_line", ["id"], "posted bills are immutable: cancel and rebill"),
    ):
        out += d.append_only(table, keys, say)
    return out
