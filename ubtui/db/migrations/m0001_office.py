"""Office: who works here, what was settled, what was done (audit), and the papers kept."""

from ubtui.db.dialect import Dialect

TABLES = """
CREATE TABLE meta(key {text} PRIMARY KEY, value {text} NOT NULL) {clustered};
CREATE TABLE staff(
  id {id}, name {text} NOT NULL CONSTRAINT staff_name UNIQUE, full_name {text} NOT NULL, login {text},
  role {text} NOT NULL CONSTRAINT staff_role CHECK(role IN
    ('field','trainee','technician','lead','finance','auditor','admin','manager','service')),
  active {int} NOT NULL DEFAULT 1, seat_key_sha256 {text}) {strict};
CREATE TABLE calendar_day(
  calendar {text} NOT NULL CHECK(calendar IN('OFFICE','LEGAL','BANK')), day {day} NOT NULL,
  title {text} NOT NULL, PRIMARY KEY(calendar, day)) {clustered};
CREATE TABLE calendar_year(
  calendar {text} NOT NULL, year {int} NOT NULL, locked {int} NOT NULL DEFAULT 0,
  PRIMARY KEY(calendar, year)) {clustered};
CREATE TABLE policy(
  id {id}, kind {text} NOT NULL, version {int} NOT NULL, body {text} NOT NULL, adopted_on {day} NOT NULL,
  adopted_by {text} NOT NULL, CONSTRAINT policy_version UNIQUE(kind, version)) {strict};
CREATE TABLE counter(name {text} PRIMARY KEY, value {int} NOT NULL) {clustered};
CREATE TABLE draft(
  key {text} PRIMARY KEY, staff {text} NOT NULL REFERENCES staff(name), form {text} NOT NULL, subject {text} NOT NULL,
  body {text} NOT NULL, saved_at {instant} NOT NULL, version {int} NOT NULL DEFAULT 1) {clustered};
CREATE TABLE audit(
  seq {int} PRIMARY KEY, at {instant} NOT NULL, business_day {day} NOT NULL, actor {text} NOT NULL,
  seat {text} NOT NULL,
  act {text} NOT NULL, object {text} NOT NULL, outcome {text} NOT NULL CHECK(outcome IN('done','refused','viewed')),
  body {text} NOT NULL, prev {text} NOT NULL CHECK(length(prev)=64), hash {text} NOT NULL CHECK(length(hash)=64)
    CONSTRAINT audit_hash UNIQUE) {strict};
CREATE TABLE audit_personal(
  digest {text} PRIMARY KEY CHECK(length(digest)=64), salt {text} NOT NULL, body {text} NOT NULL) {strict};
CREATE TABLE act_result(
  key {text} PRIMARY KEY CHECK(length(key)>=8), act {text} NOT NULL, actor {text} NOT NULL,
  request_hash {text} NOT NULL, result {text} NOT NULL,
  seq {int} NOT NULL CONSTRAINT act_result_seq UNIQUE REFERENCES audit(seq)) {strict};
CREATE TABLE document(
  id {id}, sha256 {text} NOT NULL, name {text} NOT NULL, media {text} NOT NULL, bytes {int} NOT NULL,
  content {blob} NOT NULL, added_by {text} NOT NULL REFERENCES staff(name), added_at {instant} NOT NULL) {strict};
CREATE TABLE document_link(
  document_id {int} NOT NULL REFERENCES document(id), subject {text} NOT NULL, title {text} NOT NULL,
  PRIMARY KEY(document_id, subject)) {clustered};
CREATE INDEX document_link_subject ON document_link(subject);
CREATE TABLE letter(
  id {id}, account_id {int}, kind {text} NOT NULL, template_version {text} NOT NULL, sha256 {text} NOT NULL,
  address {text} NOT NULL, mailed_on {day} NOT NULL, item_keys {text} NOT NULL DEFAULT '[]') {strict};
CREATE TABLE external_id(
  system {text} NOT NULL, kind {text} NOT NULL, value {text} NOT NULL, subject_type {text} NOT NULL,
  subject_id {int} NOT NULL, PRIMARY KEY(system, kind, value, subject_id)) {clustered};
CREATE INDEX external_id_subject ON external_id(subject_type, subject_id);
CREATE TABLE batch(
  id {id},
  kind {text} NOT NULL CHECK(kind IN('parcels','accounts','meters','reads','usage','owners','receipts','bills')),
  source {text} NOT NULL, profile {text} NOT NULL, sha256 {text} NOT NULL, cycle {text}, period {text},
  rows_in {int} NOT NULL DEFAULT 0, accepted {int} NOT NULL DEFAULT 0, held {int} NOT NULL DEFAULT 0,
  staged {int} NOT NULL DEFAULT 0, total_cents {int} NOT NULL DEFAULT 0, control {text} NOT NULL DEFAULT '{}',
  created_by {text} NOT NULL, created_at {instant} NOT NULL, released_by {text}, released_at {instant},
  abandoned_at {instant}, placeholders {int} NOT NULL DEFAULT 0) {strict};
CREATE UNIQUE INDEX batch_content ON batch(kind, sha256) WHERE released_at IS NOT NULL;
CREATE TABLE staged_row(
  id {id}, batch_id {int} NOT NULL REFERENCES batch(id), row_no {int} NOT NULL, kind {text} NOT NULL,
  reason {text} NOT NULL, sentence {text} NOT NULL, state {text} NOT NULL DEFAULT 'staged'
    CHECK(state IN('staged','kept','dropped','mended')),
  raw {text} NOT NULL, fields {text} NOT NULL, point_id {int}, account_id {int}, register_id {int}, period {text},
  stranger {text}, cents {int} NOT NULL DEFAULT 0, decided_by {text}, decided_at {instant}, why {text},
  version {int} NOT NULL DEFAULT 1, CONSTRAINT staged_once UNIQUE(batch_id, row_no)) {strict};
CREATE INDEX staged_open ON staged_row(kind, reason) WHERE state='staged';
CREATE INDEX staged_stranger ON staged_row(stranger) WHERE state='staged' AND stranger IS NOT NULL;
CREATE TABLE linked_row(
  id {id}, batch_id {int} NOT NULL REFERENCES batch(id), row_no {int} NOT NULL, serial {text} NOT NULL) {strict};
CREATE INDEX linked_row_of ON linked_row(batch_id, row_no);
"""


def statements(d: Dialect) -> list[str]:
    out = d.ddl(TABLES)
    locked = (
        "EXISTS(SELECT 1 FROM calendar_year y WHERE y.calendar = {row}.calendar AND y.locked = 1"
        " AND y.year = CAST(substr(CAST({row}.day AS text), 1, 4) AS integer))"
    )
    for event, rows in (("INSERT", ("NEW",)), ("UPDATE", ("OLD", "NEW")), ("DELETE", ("OLD",))):
        rules = [("this calendar's year is locked", locked.format(row=row)) for row in rows]
        out += d.refuse(f"calendar_day_{event.lower()}", f"BEFORE {event}", "calendar_day", rules)
    out += d.refuse(
        "calendar_year_nu",
        "BEFORE UPDATE",
        "calendar_year",
        [("a locked year stays locked", "OLD.locked = 1"), ("a year keeps its name", "NEW.year <> OLD.year")],
    )
    out += d.refuse("calendar_year_nd", "BEFORE DELETE", "calendar_year", [("a locked year stays", "OLD.locked = 1")])
    out += d.append_only("audit", ["seq", "hash"], "the audit chain is append-only")
    out += d.refuse(
        "audit_chain",
        "BEFORE INSERT",
        "audit",
        [
            (
                "an audit event continues the chain",
                "NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM audit)"
                " OR NEW.prev <> COALESCE((SELECT hash FROM audit ORDER BY seq DESC LIMIT 1), '" + "0" * 64 + "')",
            ),
        ],
    )
    out += d.append_only("act_result", ["key"], "an act's first answer stays")
    out += d.append_only("policy", ["id", "kind, version"], "a policy is replaced by a new version")
    out += d.append_only("document", ["id"], "documents are kept as they came")
    out += d.append_only("letter", ["id"], "letters are kept as mailed")
    out += d.refuse(
        "batch_fixed",
        "BEFORE UPDATE",
        "batch",
        [
            ("a released batch is fixed", "OLD.released_at IS NOT NULL"),
            ("an abandoned batch stays so", "OLD.abandoned_at IS NOT NULL"),
        ],
    )
    out += d.refuse("batch_nd", "BEFORE DELETE", "batch", [("batches are kept", "OLD.id IS NOT NULL")])
    return out
