"""The desk's own comforts: saved views, preferences, back-ups, questions, handovers, and how each code has served."""

from ubtui.db.dialect import Dialect

TABLES = """
CREATE TABLE saved_view(
  id {id}, owner {text} NOT NULL DEFAULT '', name {text} NOT NULL, expression {text} NOT NULL DEFAULT '', sort {text},
  reverse {int} NOT NULL DEFAULT 0, saved_by {text} NOT NULL REFERENCES staff(name), saved_at {instant} NOT NULL,
  version {int} NOT NULL DEFAULT 1, CONSTRAINT saved_view_name UNIQUE(owner, name)) {strict};
CREATE TABLE preference(
  staff {text} NOT NULL REFERENCES staff(name), name {text} NOT NULL, value {text} NOT NULL,
  PRIMARY KEY(staff, name)) {clustered};
CREATE TABLE delegation(
  id {id}, person {text} NOT NULL REFERENCES staff(name), backup {text} NOT NULL REFERENCES staff(name),
  from_on {day} NOT NULL, to_on {day} NOT NULL, made_by {text} NOT NULL, made_at {instant} NOT NULL,
  ended_at {instant}, version {int} NOT NULL DEFAULT 1,
  CONSTRAINT delegation_days CHECK(from_on <= to_on), CONSTRAINT delegation_two CHECK(person <> backup)) {strict};
CREATE INDEX delegation_backup ON delegation(backup, to_on);
CREATE TABLE question(
  id {id}, key {text} NOT NULL CONSTRAINT question_key UNIQUE, item_id {int} NOT NULL REFERENCES work_item(id),
  asked_by {text} NOT NULL, asked_on {day} NOT NULL, asked_at {instant} NOT NULL, role {text} NOT NULL, person {text},
  asked {text} NOT NULL, answer {text}, answered_by {text}, answered_on {day}, version {int} NOT NULL DEFAULT 1,
  CONSTRAINT question_answered CHECK((answer IS NULL) = (answered_by IS NULL))) {strict};
CREATE INDEX question_open ON question(asked_on) WHERE answer IS NULL;
CREATE INDEX question_item ON question(item_id);
CREATE TABLE handover(
  id {id}, staff {text} NOT NULL REFERENCES staff(name), role {text} NOT NULL, at {instant} NOT NULL,
  day {day} NOT NULL, body {text} NOT NULL) {strict};
CREATE TABLE detector_state(
  code {text} PRIMARY KEY, state {text} NOT NULL CHECK(state IN('demoted','promoted')), on_day {day} NOT NULL,
  by_whom {text} NOT NULL, raised {int} NOT NULL DEFAULT 0, dismissed {int} NOT NULL DEFAULT 0,
  reason {text} NOT NULL DEFAULT '') {clustered};
CREATE TABLE kind_minutes(
  code {text} PRIMARY KEY, minutes {int} NOT NULL, measured {int} NOT NULL, as_of {day} NOT NULL) {clustered};
CREATE TABLE backlog_day(day {day} PRIMARY KEY, quota {int} NOT NULL, released {int} NOT NULL) {clustered};
"""


def statements(d: Dialect) -> list[str]:
    out = d.ddl(TABLES)
    out += d.append_only("handover", ["id"], "a handover note stays as it was written")
    out += d.append_only("backlog_day", ["day"], "what a day released from the backlog stays")
    out += d.refuse("question_nd", "BEFORE DELETE", "question", [("questions are kept", "OLD.id IS NOT NULL")])
    out += d.refuse("delegation_nd", "BEFORE DELETE", "delegation", [("delegations are kept", "OLD.id IS NOT NULL")])
    return out
