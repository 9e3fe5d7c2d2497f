"""What must be true of liens and of what was transferred to the county's roll, one query a rule."""

from __future__ import annotations

from typing import Final

from ubtui.services.checks import REVIEW, Check

_ROLL = "(SELECT id FROM gl_account WHERE use = 'roll')"

LIENS: Final = (
    Check(
        "lien",
        "{0}: states {1} cents, its items {2}",
        "SELECT l.id, l.number, l.cents, COALESCE(x.c, 0) FROM lien l LEFT JOIN (SELECT lien_id,"
        " CAST(SUM(cents) AS bigint) AS c FROM lien_item GROUP BY lien_id) x ON x.lien_id = l.id"
        " WHERE l.cents <> COALESCE(x.c, 0)",
        REVIEW,
    ),
    Check(
        "lien",
        "{0}: states item {1}, which is another account's, not lienable, or less than stated",
        "SELECT l.id, l.number, i.id FROM lien l JOIN lien_item x ON x.lien_id = l.id JOIN receivable_item i"
        " ON i.id = x.item_id JOIN charge_code c ON c.id = i.charge_code_id"
        " WHERE i.account_id <> l.account_id OR c.lienable = 0 OR x.cents > i.cents OR i.due_on >= l.recorded_on",
        REVIEW,
    ),
    Check(
        "lien",
        "{0}: parcel {1} is none of its account's",
        "SELECT l.id, l.number, l.parcel_id FROM lien l WHERE NOT EXISTS(SELECT 1 FROM account_parcel a"
        " WHERE a.account_id = l.account_id AND a.parcel_id = l.parcel_id)",
        REVIEW,
    ),
    Check(
        "lien_item",
        "item {0} stands on {1} liens that are not released",
        "SELECT MIN(x.lien_id), x.item_id, COUNT(*) FROM lien_item x JOIN lien l ON l.id = x.lien_id"
        " WHERE l.released_on IS NULL GROUP BY x.item_id HAVING COUNT(*) > 1",
        REVIEW,
    ),
    Check(
        "posting",
        "an amount on the county's roll of no account",
        f"SELECT id FROM posting WHERE account_id IS NULL AND gl_id IN {_ROLL}",
        REVIEW,
    ),
    Check(
        "account",
        "{0} cents more came back from the county's roll than went there",
        f"SELECT account_id, CAST(SUM(-cents) AS bigint) FROM posting WHERE account_id IS NOT NULL AND gl_id IN {_ROLL}"
        " GROUP BY account_id HAVING SUM(cents) < 0",
        REVIEW,
    ),
)
