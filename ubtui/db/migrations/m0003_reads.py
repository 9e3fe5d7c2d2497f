"""Reads, clustered by register and day, their reviews, skips, and the row under judgement kept beside them."""

from ubtui.db.dialect import Dialect

TABLES = """
CREATE TABLE read(
  register_id {int} NOT NULL, read_on {day} NOT NULL, seq {int} NOT NULL DEFAULT 1, point_id {int} NOT NULL,
  period {text} NOT NULL, value {int}, usage {int}, days {int},
  kind {text} NOT NULL DEFAULT 'regular' CHECK(kind IN
    ('regular','final','opening','reread','control','removal','installation')),
  source {text} NOT NULL CHECK(source IN('A','C','E','K')),
  status {text} NOT NULL CHECK(status IN('entered','held','released','billed','void')),
  held_code {text}, trouble_code {text}, rolled {int} NOT NULL DEFAULT 0, carry {text},
  entered_by {text} NOT NULL, entered_at {instant} NOT NULL,
  batch_id {int}, row_no {int},
  estimated_by {text} CHECK(estimated_by IN('last-year','recent','class','seal','hand')),
  PRIMARY KEY(register_id, read_on, seq),
  CONSTRAINT read_guess CHECK(estimated_by IS NULL OR source = 'E'),
  CONSTRAINT read_says CHECK(value IS NOT NULL OR usage IS NOT NULL),
  CONSTRAINT read_use CHECK(usage BETWEEN -1000000000 AND 1000000000)) {clustered};
CREATE INDEX read_batch ON read(batch_id) WHERE batch_id IS NOT NULL;
CREATE INDEX read_carry ON read(register_id) WHERE carry IS NOT NULL;
CREATE TABLE read_review(
  id {id}, register_id {int} NOT NULL, read_on {day} NOT NULL, seq {int} NOT NULL, code {text} NOT NULL,
  decision {text} NOT NULL CHECK(decision IN('confirmed','corrected','rollover','void','adjusted')),
  reason {text} NOT NULL, by_staff {text} NOT NULL, at {instant} NOT NULL, proposal_id {int}, usage {int}) {strict};
CREATE INDEX read_review_read ON read_review(register_id, read_on, seq);
CREATE TABLE read_summary(
  register_id {int} NOT NULL, read_on {day} NOT NULL, seq {int} NOT NULL, usage {int}, ly_milli {int}, avg_milli {int},
  newest {int} NOT NULL, point_id {int} NOT NULL, period {text} NOT NULL, value {int}, days {int}, kind {text} NOT NULL,
  source {text} NOT NULL, status {text} NOT NULL, held_code {text}, rolled {int} NOT NULL,
  prev_on {day}, prev_value {int}, prev_usage {int}, prev_source {text}, prev_actual_value {int},
  raw_use {int}, rollover_use {int}, rollover {int} NOT NULL, ly_on {day}, ly_usage {int},
  zero_run {int} NOT NULL, before_zero {int}, decided {text} NOT NULL,
  prev_status {text}, est_run {int} NOT NULL, same_run {int} NOT NULL, trouble_code {text}, prev_trouble {text},
  avg_est {int} NOT NULL DEFAULT 0, recent {text} NOT NULL DEFAULT '',
  PRIMARY KEY(register_id, read_on, seq)) {clustered};
CREATE INDEX read_summary_low ON read_summary(register_id) WHERE raw_use IS NOT NULL;
CREATE INDEX read_summary_none ON read_summary(register_id) WHERE zero_run > 1;
CREATE INDEX read_summary_prior ON read_summary(register_id) WHERE prev_status = 'held';
CREATE INDEX read_summary_held ON read_summary(register_id) WHERE status = 'held';
CREATE INDEX read_summary_estimated ON read_summary(register_id) WHERE est_run > 1;
CREATE INDEX read_summary_same ON read_summary(register_id) WHERE same_run > 1;
CREATE INDEX read_summary_trouble ON read_summary(register_id) WHERE trouble_code IS NOT NULL;
CREATE INDEX read_summary_point ON read_summary(point_id);
CREATE TABLE read_skip(
  point_id {int} NOT NULL, period {text} NOT NULL, skipped_on {day} NOT NULL, why {text} NOT NULL,
  note {text} NOT NULL DEFAULT '', by_staff {text} NOT NULL, at {instant} NOT NULL,
  PRIMARY KEY(point_id, period)) {clustered};
CREATE INDEX read_skip_day ON read_skip(skipped_on);
CREATE TABLE cycle_median(
  period {text} PRIMARY KEY, ratio_ppm {int} NOT NULL, pairs {int} NOT NULL, as_of {day} NOT NULL) {clustered};
CREATE VIEW live_read AS SELECT r.* FROM read r
  WHERE r.batch_id IS NULL OR r.batch_id IN (SELECT id FROM batch WHERE released_at IS NOT NULL);
"""


def statements(d: Dialect) -> list[str]:
    out = d.ddl(TABLES)
    same = " AND ".join(
        f"NEW.{c} IS NOT DISTINCT FROM OLD.{c}"
        for c in (
            "register_id",
            "read_on",
            "seq",
            "value",
            "point_id",
            "entered_by",
            "batch_id",
            "kind",
            "source",
            "estimated_by",
        )
    )
    out += d.refuse(
        "read_nu",
        "BEFORE UPDATE",
        "read",
        [
            ("a read is kept as it came: enter a new one", f"NOT ({same})"),
            (
                "a billed read is fixed: adjust the bill",
                "OLD.status = 'billed' AND (NEW.status <> 'billed' OR NEW.usage IS DISTINCT FROM OLD.usage"
                " OR NEW.carry IS DISTINCT FROM OLD.carry)",
            ),
            ("a void read stays void", "OLD.status = 'void' AND NEW.status <> 'void'"),
        ],
    )
    out += d.refuse(
        "read_nd",
        "BEFORE DELETE",
        "read",
        [
            (
                "reads are kept",
                "OLD.batch_id IS NULL OR EXISTS(SELECT 1 FROM batch b WHERE b.id = OLD.batch_id"
                " AND b.released_at IS NOT NULL)",
            )
        ],
    )
    out += (
        d.refuse(
            "read_ng",
            "BEFORE INSERT",
            "read",
            [
                (
                    "a read of this register, day and number exists",
                    "EXISTS(SELECT 1 FROM read WHERE register_id = NEW.register_id AND read_on = NEW.read_on"
                    " AND seq = NEW.seq)",
                )
            ],
        )
        if d.kind == "sqlite"
        else []
    )
    out += d.append_only("read_review", ["id"], "reviews are kept: add another")
    out += d.append_only("read_skip", ["point_id, period"], "a skip is kept: enter the read that came after all")
    return out
