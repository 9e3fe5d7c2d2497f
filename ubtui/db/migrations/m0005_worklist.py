"""The worklist: items, one a code, subject and period, and their append-only events."""

from ubtui.db.dialect import Dialect

TABLES = """
CREATE TABLE work_item(
  id {id}, code {text} NOT NULL, grp {text} NOT NULL, subject_type {text} NOT NULL, subject_key {text} NOT NULL,
  period {text} NOT NULL DEFAULT '', account_id {int}, account {text}, point_id {int}, cycle {text}, route {text},
  customer_class {text},
  title {text} NOT NULL, who {text} NOT NULL DEFAULT '', place {text} NOT NULL DEFAULT '', why {text} NOT NULL,
  money_cents {int} NOT NULL DEFAULT 0, units {int} NOT NULL DEFAULT 0, consequence {text} NOT NULL,
  evidence {text} NOT NULL, due_on {day}, due_source {text}, detected_on {day} NOT NULL, detected_at {instant} NOT NULL,
  last_seen_at {instant} NOT NULL, seen_count {int} NOT NULL DEFAULT 1, priority {int} NOT NULL,
  priority_calc {int} NOT NULL, override_reason {text}, role {text} NOT NULL, assignee {text}, lease_until {instant},
  state {text} NOT NULL DEFAULT 'open' CHECK(state IN('open','claimed','waiting','resolved','dismissed')),
  wait_for {text}, wake_on {day}, resolved_by {text}, resolved_at {instant}, resolution {text},
  reopen_count {int} NOT NULL DEFAULT 0, dismissed_until {day}, parent_id {int}, raised_by {text} NOT NULL,
  backlog {int} NOT NULL DEFAULT 0 CHECK(backlog IN(0, 1)),
  version {int} NOT NULL DEFAULT 1, CONSTRAINT work_item_key UNIQUE(code, subject_type, subject_key, period),
  CONSTRAINT work_item_claimed CHECK((state='claimed') = (lease_until IS NOT NULL))) {strict};
CREATE INDEX work_item_queue ON work_item(priority DESC, code, subject_type, subject_key, period)
  WHERE state IN ('open','claimed','waiting') AND backlog = 0;
CREATE INDEX work_item_head ON work_item(role, assignee, state)
  WHERE state IN ('open','claimed','waiting') AND backlog = 0;
CREATE INDEX work_item_mine ON work_item(assignee) WHERE assignee IS NOT NULL;
CREATE INDEX work_item_team ON work_item(role, priority DESC, code, subject_type, subject_key, period)
  WHERE state = 'open' AND assignee IS NULL AND backlog = 0;
CREATE INDEX work_item_backlog ON work_item(priority DESC, code, subject_type, subject_key, period)
  WHERE state = 'open' AND backlog = 1;
CREATE INDEX work_item_done ON work_item(resolved_at) WHERE resolved_at IS NOT NULL;
CREATE INDEX work_item_subject ON work_item(subject_type, subject_key);
CREATE INDEX work_item_account ON work_item(account_id);
CREATE TABLE work_event(
  id {id}, item_id {int} NOT NULL REFERENCES work_item(id), at {instant} NOT NULL, actor {text} NOT NULL,
  kind {text} NOT NULL, note {text} NOT NULL DEFAULT '') {strict};
CREATE INDEX work_event_item ON work_event(item_id);
CREATE INDEX work_event_at ON work_event(at);
"""


def statements(d: Dialect) -> list[str]:
    out = d.ddl(TABLES)
    out += d.append_only("work_event", ["id"], "events are append-only")
    out += d.refuse("work_item_nd", "BEFORE DELETE", "work_item", [("items are kept", "OLD.id IS NOT NULL")])
    return out
