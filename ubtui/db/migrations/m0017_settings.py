"""Changes of the district's settings: who put each forward, who decided it, and the file that took force."""

from ubtui.db.dialect import Dialect

TABLES = """
CREATE TABLE settings_change(
  id {id}, base {int} NOT NULL, body {text} NOT NULL, changes {text} NOT NULL, reason {text} NOT NULL,
  maker {text} NOT NULL REFERENCES staff(name), made_on {day} NOT NULL, made_at {instant} NOT NULL,
  checked {int} NOT NULL, state {text} NOT NULL CHECK(state IN('waiting','in force','rejected','withdrawn')),
  makes {int} CONSTRAINT settings_once UNIQUE, decided_by {text} REFERENCES staff(name), decided_on {day},
  why {text} NOT NULL DEFAULT '', version {int} NOT NULL DEFAULT 1,
  CONSTRAINT settings_decided CHECK((state = 'waiting') = (decided_by IS NULL)),
  CONSTRAINT settings_makes CHECK((state = 'in force') = (makes IS NOT NULL)),
  CONSTRAINT settings_checked CHECK(state <> 'in force' OR checked = 0 OR decided_by <> maker),
  CONSTRAINT settings_withdrawn CHECK(state <> 'withdrawn' OR decided_by = maker)) {strict};
CREATE UNIQUE INDEX settings_waiting ON settings_change(state) WHERE state = 'waiting';
"""
_FIXED = ("id", "base", "body", "changes", "reason", "maker", "made_on", "made_at", "checked")


def statements(d: Dialect) -> list[str]:
    changed = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in _FIXED)
    return [
        *d.ddl(TABLES),
        *d.refuse(
            "settings_change_nu",
            "BEFORE UPDATE",
            "settings_change",
            [("what was put forward stays", changed), ("a change is decided once", "OLD.state <> 'waiting'")],
        ),
        *d.refuse(
            "settings_change_nd", "BEFORE DELETE", "settings_change", [("changes are kept", "OLD.id IS NOT NULL")]
        ),
    ]
