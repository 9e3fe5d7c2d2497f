"""What must be true of the books, one query a rule: each gives the rows that break it, by their own numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ubtui.services.chain import KEEP

RESTORE: Final = "postings are never edited: " + KEEP
REVIEW: Final = "find out who wrote it: " + KEEP


@dataclass(frozen=True)
class Check:
    """Rows of `sql` break the rule: the first column names the row of `table`, the rest fill `say` ({0}, {1} …)."""

    table: str
    say: str
    sql: str
    cure: str = RESTORE


# Sums are asked for row by row, by an index: a table of them would be as large as the record, in memory.
_SUM = "COALESCE((SELECT CAST(SUM({}) AS bigint) FROM {}), 0)"
_APPLIED = _SUM.format("x.cents", "application x WHERE x.item_id = i.id")
_RECEIVABLE = "(SELECT id FROM gl_account WHERE use = 'receivable')"
_YM = "CAST(substr(CAST({0} AS text), 1, 4) AS bigint) * 100 + CAST(substr(CAST({0} AS text), 6, 2) AS bigint)"
# An item that the journal itself opened had no number yet when its legs were approved.
_OWN = (
    "CASE WHEN EXISTS(SELECT 1 FROM receivable_item i WHERE i.id = p.item_id AND i.journal_id = p.journal_id)"
    " THEN 0 ELSE COALESCE(p.item_id, 0) END"
)
_LEGS = (
    "SELECT gl_id, COALESCE(account_id, 0), COALESCE(item_id, 0), COALESCE(charge_code_id, 0), fund_id, cents, COUNT(*)"
    " FROM proposal_leg WHERE proposal_id = q.id"
    " GROUP BY gl_id, COALESCE(account_id, 0), COALESCE(item_id, 0), COALESCE(charge_code_id, 0), fund_id, cents"
)
_POSTED = (
    f"SELECT gl_id, COALESCE(account_id, 0), {_OWN}, COALESCE(charge_code_id, 0), fund_id, cents, COUNT(*)"
    f" FROM posting p WHERE p.journal_id = j.id GROUP BY gl_id, COALESCE(account_id, 0), {_OWN},"
    " COALESCE(charge_code_id, 0), fund_id, cents"
)
_APPROVED = "journal j JOIN approval a ON a.id = j.approval_id JOIN proposal q ON q.id = a.proposal_id"

BOOKS: Final = (
    Check("journal", "has no seal", "SELECT id FROM journal WHERE id NOT IN (SELECT journal_id FROM journal_seal)"),
    Check(
        "journal",
        "its postings sum to {0} cents, not to zero",
        "SELECT journal_id, CAST(SUM(cents) AS bigint) FROM posting GROUP BY journal_id HAVING SUM(cents) <> 0",
    ),
    Check(
        "journal_seal",
        "seals {0} postings with debits of {1} cents, but {2} stand with {3}",
        "SELECT p.j, s.n, s.total_dr, p.n, p.dr FROM (SELECT journal_id AS j, COUNT(*) AS n,"
        " CAST(SUM(CASE WHEN cents > 0 THEN cents ELSE 0 END) AS bigint) AS dr FROM posting GROUP BY journal_id) p"
        " JOIN journal_seal s ON s.journal_id = p.j WHERE s.n <> p.n OR s.total_dr <> p.dr",
    ),
    Check(
        "journal_seal",
        "seals {0} postings that are gone",
        "SELECT s.journal_id, s.n FROM journal_seal s"
        " WHERE NOT EXISTS(SELECT 1 FROM posting p WHERE p.journal_id = s.journal_id)",
    ),
    Check(
        "journal",
        "items less applications differ from its receivable postings",
        f"""SELECT j.id FROM journal j WHERE EXISTS(SELECT 1 FROM (
          SELECT account_id AS a, item_id AS i, cents AS c FROM posting WHERE journal_id = j.id
            AND gl_id IN {_RECEIVABLE}
          UNION ALL SELECT account_id, id, -cents FROM receivable_item WHERE journal_id = j.id
          UNION ALL SELECT account_id, item_id, cents FROM application WHERE journal_id = j.id) AS both_books
          GROUP BY a, i HAVING SUM(c) <> 0 OR a IS NULL OR i IS NULL)""",
    ),
    Check(
        "account",
        "receivable postings are {0} cents, open items {1}",
        f"""SELECT id, posted, open FROM (SELECT a.id,
          COALESCE((SELECT CAST(SUM(p.cents) AS bigint) FROM posting p WHERE p.account_id = a.id
            AND p.gl_id IN {_RECEIVABLE}), 0) AS posted,
          COALESCE((SELECT CAST(SUM(i.cents) AS bigint) FROM receivable_item i WHERE i.account_id = a.id), 0)
          - COALESCE((SELECT CAST(SUM(x.cents) AS bigint) FROM application x WHERE x.account_id = a.id), 0) AS open
          FROM account a) both_books WHERE posted <> open""",
    ),
    Check(
        "gl_account",
        "control account {0}: postings are {1} cents, open items {2}",
        f"""SELECT g.id, g.code, g.posted, g.open FROM (SELECT g.id, g.code,
          {_SUM.format("p.cents", "posting p WHERE p.gl_id = g.id")} AS posted,
          {
            _SUM.format(
                f"i.cents - {_APPLIED}",
                "receivable_item i WHERE i.charge_code_id IN"
                " (SELECT c.id FROM charge_code c WHERE c.receivable_gl_id = g.id)",
            )
        } AS open
          FROM gl_account g WHERE g.use = 'receivable') g WHERE g.posted <> g.open""",
    ),
    Check(
        "receivable_item",
        "{0} cents are applied to its {1}",
        "SELECT i.id, x.c, i.cents FROM (SELECT item_id, CAST(SUM(cents) AS bigint) AS c FROM application"
        " GROUP BY item_id) x JOIN receivable_item i ON i.id = x.item_id WHERE x.c < 0 OR x.c > i.cents",
    ),
    Check(
        "receivable_item",
        "{0} cents are left of it, {1} in the list of what is open",
        f"""SELECT i.id, i.cents - {_APPLIED}, COALESCE(o.cents, 0) FROM receivable_item i
          LEFT JOIN open_item o ON o.item_id = i.id WHERE i.cents - {_APPLIED} <> COALESCE(o.cents, 0)
          OR o.account_id <> i.account_id OR o.due_on <> i.due_on""",
        REVIEW,
    ),
    Check(
        "application",
        "applies to item {0} of another account",
        "SELECT x.id, x.item_id FROM application x JOIN receivable_item i ON i.id = x.item_id"
        " WHERE i.account_id <> x.account_id",
    ),
    Check(
        "account",
        "its customer credit is overdrawn by {0} cents",
        "SELECT account_id, CAST(SUM(cents) AS bigint) FROM posting WHERE account_id IS NOT NULL AND gl_id IN"
        " (SELECT id FROM gl_account WHERE use = 'credit') GROUP BY account_id, gl_id HAVING SUM(cents) > 0",
    ),
    Check(
        "posting",
        "customer credit of no account",
        "SELECT id FROM posting WHERE account_id IS NULL AND gl_id IN (SELECT id FROM gl_account WHERE use = 'credit')",
    ),
    Check(
        "posting",
        "stands on another account or charge than its item {0}",
        "SELECT p.id, p.item_id FROM posting p JOIN receivable_item i ON i.id = p.item_id"
        " WHERE i.account_id IS DISTINCT FROM p.account_id OR i.charge_code_id IS DISTINCT FROM p.charge_code_id",
    ),
    Check(
        "posting",
        "stands on fund {0}, its charge code on {1}",
        "SELECT p.id, p.fund_id, c.fund_id FROM posting p JOIN charge_code c ON c.id = p.charge_code_id"
        " WHERE p.fund_id <> c.fund_id",
    ),
    Check(
        "posting",
        "a bill's charge on general ledger account {0}, its charge code on {1}",
        "SELECT p.id, p.gl_id, c.revenue_gl_id FROM posting p JOIN charge_code c ON c.id = p.charge_code_id"
        " JOIN journal j ON j.id = p.journal_id AND j.kind = 'BILL'"
        " WHERE p.cents < 0 AND p.gl_id <> c.revenue_gl_id",
    ),
    Check(
        "journal",
        "stands in period {0}, earlier than its day {1}",
        f"SELECT id, period_ym, effective_on FROM journal WHERE period_ym < {_YM.format('effective_on')}",
    ),
    Check(
        "journal",
        "undoes journal {0}, but not to the cent",
        "SELECT j.id, j.reverses FROM journal j WHERE j.reverses IS NOT NULL AND EXISTS(SELECT 1 FROM (SELECT p.gl_id,"
        " p.account_id, p.fund_id FROM posting p WHERE p.journal_id IN (j.id, j.reverses) GROUP BY p.gl_id,"
        " p.account_id, p.item_id, p.charge_code_id, p.fund_id HAVING SUM(p.cents) <> 0) AS rest)",
    ),
)

DECISIONS: Final = (
    Check(
        "journal",
        "a {0} without an approval",
        "SELECT id, kind FROM journal WHERE kind NOT IN ('BILL','RECEIPT','APPLY') AND approval_id IS NULL",
        REVIEW,
    ),
    Check(
        "journal",
        "posted on decision {0}, which does not allow it (kind, key, maker, poster or decision differ)",
        f"SELECT j.id, a.id FROM {_APPROVED} WHERE a.decision <> 'approved' OR q.kind <> j.kind"
        " OR q.idem_key <> j.idem_key OR q.maker <> j.maker OR NOT (a.decided_by = j.posted_by"
        " OR (a.decided_by LIKE 'policy:%' AND j.posted_by = j.maker))",
        REVIEW,
    ),
    Check(
        "approval",
        "proposal {0} was decided by its own maker {1}",
        "SELECT a.id, q.number, q.maker FROM approval a JOIN proposal q ON q.id = a.proposal_id"
        " WHERE a.decision IN ('approved','rejected') AND a.decided_by = q.maker",
        REVIEW,
    ),
    Check(
        "approval",
        "decided by {0}, who is neither on the staff list nor a policy",
        "SELECT id, decided_by FROM approval WHERE decided_by NOT LIKE 'policy:%'"
        " AND decided_by NOT IN (SELECT name FROM staff)",
        REVIEW,
    ),
    Check(
        "approval",
        "a policy approved proposal {0} of tier {1}",
        "SELECT a.id, q.number, q.tier FROM approval a JOIN proposal q ON q.id = a.proposal_id"
        " WHERE a.decided_by LIKE 'policy:%' AND a.decision = 'approved' AND q.tier <> 0",
        REVIEW,
    ),
    Check(
        "approval",
        "decides proposal {0}, which was never submitted",
        "SELECT a.id, q.number FROM approval a JOIN proposal q ON q.id = a.proposal_id"
        " WHERE q.state <> 'submitted' AND a.decision <> 'withdrawn'",
        REVIEW,
    ),
    Check(
        "approval",
        "approves proposal {0} alone, where two people sign",
        "SELECT a.id, q.number FROM approval a JOIN proposal q ON q.id = a.proposal_id WHERE a.decision = 'approved'"
        " AND q.signers = 2 AND NOT EXISTS(SELECT 1 FROM signature s WHERE s.proposal_id = q.id"
        " AND s.signed_by <> a.decided_by AND s.signed_by <> q.maker)",
        REVIEW,
    ),
    Check(
        "approval",
        "approves proposal {0}, which no journal posts",
        "SELECT a.id, q.number FROM approval a JOIN proposal q ON q.id = a.proposal_id WHERE a.decision = 'approved'"
        " AND NOT EXISTS(SELECT 1 FROM journal j WHERE j.approval_id = a.id)",
        REVIEW,
    ),
    Check(
        "proposal",
        "{0}: its legs do not balance at its total of {1} cents",
        "SELECT q.id, q.number, q.total_dr FROM proposal q WHERE q.state = 'submitted' AND"
        " ((SELECT COALESCE(SUM(l.cents), 1) FROM proposal_leg l WHERE l.proposal_id = q.id) <> 0 OR q.total_dr <>"
        " (SELECT SUM(l.cents) FROM proposal_leg l WHERE l.proposal_id = q.id AND l.cents > 0))",
        REVIEW,
    ),
    Check(
        "proposal",
        "{0}: its legs differ from what journal {1} posted",
        f"SELECT q.id, q.number, j.id FROM {_APPROVED} WHERE EXISTS({_LEGS} EXCEPT {_POSTED})"
        f" OR EXISTS({_POSTED} EXCEPT {_LEGS})",
        REVIEW,
    ),
    Check(
        "proposal",
        "{0}: its total of {1} cents is not what journal {2} seals",
        f"SELECT q.id, q.number, q.total_dr, j.id FROM {_APPROVED} JOIN journal_seal s ON s.journal_id = j.id"
        " WHERE s.total_dr <> q.total_dr",
        REVIEW,
    ),
)

PLANS: Final = (
    Check(
        "suspense_line",
        "{0} cents of unsettled payments, {1} in suspense",
        """SELECT 'all', l.c, p.c FROM (SELECT COALESCE(CAST(SUM(cents) AS bigint), 0) AS c FROM suspense_line
          WHERE state = 'suspense') l, (SELECT COALESCE(CAST(SUM(-cents) AS bigint), 0) AS c FROM posting
          WHERE gl_id IN (SELECT id FROM gl_account WHERE use = 'suspense')) p WHERE l.c <> p.c""",
        REVIEW,
    ),
    Check(
        "arrangement",
        "{0}: {1} cents in all, its items {2}, its instalments {3}",
        """SELECT r.id, r.number, r.cents, COALESCE(i.c, 0), COALESCE(n.c, 0) FROM arrangement r
          LEFT JOIN (SELECT arrangement_id AS a, CAST(SUM(cents) AS bigint) AS c FROM arrangement_item
            GROUP BY arrangement_id) i ON i.a = r.id
          LEFT JOIN (SELECT arrangement_id AS a, CAST(SUM(cents) AS bigint) AS c FROM instalment
            GROUP BY arrangement_id) n ON n.a = r.id
          WHERE r.cents <> COALESCE(i.c, 0) OR r.cents <> COALESCE(n.c, 0)""",
        REVIEW,
    ),
)

_LINES = _SUM.format("l.cents", "bill_line l WHERE l.bill_id = b.id")
_TENDERS = _SUM.format("t.cents", "tender t WHERE t.receipt_id = r.id")
_ITEMS = _SUM.format("i.cents", "receivable_item i WHERE i.journal_id = b.j")
_CAME = _SUM.format(
    "p.cents",
    "posting p WHERE p.journal_id = b.j AND p.gl_id IN (SELECT id FROM gl_account WHERE use IN ('cash', 'suspense'))",
)
PAPERS: Final = (
    Check(
        "bill",
        "{0}: its total is {1} cents, its lines {2}",
        f"SELECT b.id, b.number, b.total_cents, {_LINES} FROM bill b WHERE b.total_cents <> {_LINES}",
    ),
    Check(
        "bill",
        "{0}: {1} cents without a journal",
        "SELECT id, number, total_cents FROM bill WHERE journal_id IS NULL AND total_cents <> 0",
    ),
    Check(
        "journal",
        "its bills are {0} cents, its items {1}",
        f"""SELECT j, c, {_ITEMS} FROM (SELECT journal_id AS j, CAST(SUM(total_cents) AS bigint) AS c FROM bill
          WHERE journal_id IS NOT NULL GROUP BY journal_id) b WHERE c <> {_ITEMS}""",
    ),
    Check(
        "receivable_item",
        "differs from the bill line {0} it was made from",
        "SELECT i.id, l.id FROM receivable_item i JOIN bill_line l ON l.id = i.bill_line_id JOIN bill b"
        " ON b.id = l.bill_id WHERE i.cents <> l.cents OR i.account_id <> b.account_id"
        " OR i.charge_code_id <> l.charge_code_id OR b.journal_id IS DISTINCT FROM i.journal_id",
    ),
    Check(
        "receipt",
        "{0}: {1} cents, its tenders {2}",
        f"SELECT r.id, r.number, r.cents, {_TENDERS} FROM receipt r WHERE r.cents <> {_TENDERS}",
    ),
    Check(
        "journal",
        "its receipts are {0} cents, its cash and what leaves suspense {1}",
        f"""SELECT j, c, {_CAME} FROM (SELECT journal_id AS j, CAST(SUM(cents) AS bigint) AS c FROM receipt
          GROUP BY journal_id) b WHERE c <> {_CAME}""",
    ),
    Check(
        "batch",
        "{0} rows came in, but {1} are accepted, held or staged",
        "SELECT id, rows_in, accepted + held + staged FROM batch WHERE released_at IS NOT NULL"
        " AND rows_in <> accepted + held + staged",
        REVIEW,
    ),
)

TRAIL: Final = (
    Check(
        "act_result",
        "is not the answer that event {0} records",
        "SELECT r.key, r.seq FROM act_result r LEFT JOIN audit a ON a.seq = r.seq WHERE a.seq IS NULL"
        " OR a.act <> r.act OR a.actor <> r.actor OR a.outcome <> 'done'",
        KEEP,
    ),
    Check(
        "audit",
        "{0} was done, but its answer is not kept",
        "SELECT a.seq, a.act FROM audit a WHERE a.outcome = 'done' AND a.act <> 'district.init'"
        " AND NOT EXISTS(SELECT 1 FROM act_result r WHERE r.seq = a.seq)",
        KEEP,
    ),
)
