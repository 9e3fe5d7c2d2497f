"""What must be true of drawers and deposits, one query a rule, as of the other books."""

from __future__ import annotations

from typing import Final

from ubtui.services.checks import REVIEW, Check

COUNTER: Final = (
    Check(
        "drawer",
        "of {0} on {1}: {2} receipts are numbered, {3} are in it",
        """SELECT w.id, w.staff, w.day, w.last_n, COALESCE(c.n, 0) FROM drawer w LEFT JOIN
          (SELECT drawer_id, COUNT(*) AS n, MAX(n) AS last FROM counter_receipt GROUP BY drawer_id) c
          ON c.drawer_id = w.id WHERE w.last_n <> COALESCE(c.n, 0) OR w.last_n <> COALESCE(c.last, 0)""",
        REVIEW,
    ),
    Check(
        "drawer",
        "of {0} on {1}: {2} cents were expected, its receipts are {3}",
        """SELECT w.id, w.staff, w.day, w.expected_cash + w.expected_checks + w.expected_cards, COALESCE(c.total, 0)
          FROM drawer w LEFT JOIN (SELECT x.drawer_id,
          CAST(SUM(CASE WHEN t.kind = 'cash' THEN t.cents ELSE 0 END) AS bigint) AS cash,
          CAST(SUM(CASE WHEN t.kind IN ('check', 'money_order') THEN t.cents ELSE 0 END) AS bigint) AS checks,
          CAST(SUM(CASE WHEN t.kind = 'card' THEN t.cents ELSE 0 END) AS bigint) AS cards,
          CAST(SUM(t.cents) AS bigint) AS total FROM counter_receipt x JOIN tender t ON t.receipt_id = x.receipt_id
          WHERE x.void = 0 GROUP BY x.drawer_id) c ON c.drawer_id = w.id WHERE w.counted_at IS NOT NULL
          AND (w.expected_cash <> COALESCE(c.cash, 0) OR w.expected_checks <> COALESCE(c.checks, 0)
          OR w.expected_cards <> COALESCE(c.cards, 0) OR w.expected_cash + w.expected_checks + w.expected_cards
          <> COALESCE(c.total, 0))""",
        REVIEW,
    ),
    Check(
        "drawer",
        "of {0} on {1}: {2} cents over (short below zero), {3} are posted",
        """SELECT w.id, w.staff, w.day, w.cash + w.checks + w.cards - w.expected_cash - w.expected_checks
          - w.expected_cards, COALESCE(p.c, 0) FROM drawer w LEFT JOIN
          (SELECT journal_id, CAST(SUM(-cents) AS bigint) AS c FROM posting
          WHERE gl_id IN (SELECT id FROM gl_account WHERE use = 'over_short') GROUP BY journal_id) p
          ON p.journal_id = w.journal_id WHERE w.closed_on IS NOT NULL AND w.cash + w.checks + w.cards - w.expected_cash
          - w.expected_checks - w.expected_cards <> COALESCE(p.c, 0)""",
        REVIEW,
    ),
    Check(
        "counter_receipt",
        "left its drawer, but nothing took it back",
        "SELECT c.receipt_id FROM counter_receipt c JOIN receipt r ON r.id = c.receipt_id WHERE c.void = 1"
        " AND NOT EXISTS(SELECT 1 FROM journal j WHERE j.reverses = r.journal_id)",
        REVIEW,
    ),
    Check(
        "deposit",
        "{0}: {1} cents, its drawers and batches {2}",
        """SELECT d.id, d.number, d.cash + d.checks + d.cards, COALESCE(w.c, 0) + COALESCE(b.c, 0) FROM deposit d
          LEFT JOIN (SELECT x.deposit_id AS i, CAST(SUM(w.cash + w.checks + w.cards) AS bigint) AS c,
            CAST(SUM(w.cards) AS bigint) AS cards FROM deposit_drawer x JOIN drawer w ON w.id = x.drawer_id
            GROUP BY x.deposit_id) w ON w.i = d.id
          LEFT JOIN (SELECT x.deposit_id AS i, CAST(SUM(l.cents) AS bigint) AS c FROM deposit_batch x
            JOIN suspense_line l ON l.batch_id = x.batch_id AND l.kind IN ('cash', 'check') GROUP BY x.deposit_id) b
            ON b.i = d.id
          WHERE d.cash + d.checks + d.cards <> COALESCE(w.c, 0) + COALESCE(b.c, 0)
          OR d.cards <> COALESCE(w.cards, 0)""",
        REVIEW,
    ),
    Check(
        "deposit_drawer",
        "goes to the bank though it is not closed",
        "SELECT d.drawer_id FROM deposit_drawer d JOIN drawer w ON w.id = d.drawer_id WHERE w.closed_on IS NULL",
        REVIEW,
    ),
    Check(
        "suspense_line",
        "{0}/{1}: {2} cents left cash as returned by the bank, which had not been given them",
        """SELECT l.id, l.batch_id, l.line, l.cents FROM suspense_line l JOIN posting p
          ON p.journal_id = l.settled_journal_id AND p.cents < 0
          AND p.gl_id IN (SELECT id FROM gl_account WHERE use = 'cash')
          WHERE l.state = 'returned' AND l.kind IN ('cash', 'check') AND NOT EXISTS(SELECT 1 FROM deposit_batch x
          JOIN deposit d ON d.id = x.deposit_id WHERE x.batch_id = l.batch_id AND d.made_at <= l.settled_at)""",
        REVIEW,
    ),
)
