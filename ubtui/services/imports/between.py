"""Reads of a file that go in among others: in the place of an estimate, by the rule and code of typed ones."""

from __future__ import annotations

import msgspec

from ubtui.act import Refused, Work
from ubtui.db.models.office import StagedRow
from ubtui.exchange.fields import convert
from ubtui.exchange.profile import load
from ubtui.services.imports.reads import IN_PLACE, Between, ReadTaker
from ubtui.services.imports.taking import Line, Rows, Taker, Verdict
from ubtui.services.reads import summarise
from ubtui.services.reads.entering import after_all, put, room


def written(work: Work, taking: Taker, verdict: Verdict, batch_id: int, row_no: int) -> None:
    """Write what an accepted or held verdict on one row says into the row's batch, as the record now stands.

    Refused, with nothing written, where there is no room for it any more. The caller summarises.
    """
    verdict.line.row_no = row_no
    goods, rows = verdict.goods, Rows(work.db, batch_id, work.actor.name, work.now)
    if not isinstance(goods, Between):
        taking.write(rows, [verdict])
        rows.flush()
        return
    at = goods.now(work)
    put(
        work, at, verdict.period or "", goods.day, goods.value, room(at, verdict.period or ""), after_all(goods.day),
        goods.limit, trouble_code=verdict.line.values.get("trouble"), batch_id=batch_id, row_no=row_no,
    )  # fmt: skip
    if isinstance(taking, ReadTaker):
        taking.note(rows, verdict)
        rows.flush()


def placed(work: Work, batch_id: int) -> int:
    """Let the reads of a batch in that take the place of estimates, inside the act that releases it; how many could
    not, since something else was done about their periods meanwhile: they stay staged for that.
    """
    found = work.db.rows(
        "SELECT s.id, s.row_no, s.fields, s.sentence, b.profile FROM staged_row s JOIN batch b ON b.id = s.batch_id"
        " WHERE s.batch_id = ? AND s.reason = ? AND s.state = 'staged' ORDER BY s.row_no",
        [batch_id, IN_PLACE],
    )
    if not found:
        return 0
    profile = load(found[0][4], "reads")
    taking = ReadTaker(work, profile)
    lines = []
    for _, row_no, texts, *_ in found:
        fields = msgspec.json.decode(texts)
        values, _ = convert(profile, fields)
        lines.append(Line(row_no, row_no, [*fields.values()], fields, values))
    if taking.looks_ahead:
        taking.survey(lines)
    registers, stay = set(), 0
    for (id, row_no, _, sentence, _), verdict in zip(found, taking.judge(lines), strict=True):
        reason, why = verdict.reason, verdict.sentence
        if verdict.state in ("accepted", "held"):
            try:
                written(work, taking, verdict, batch_id, row_no)
            except Refused as no:
                reason, why = "duplicate-read", f"{no.reason}; {no.cure}"
            else:
                registers.add(verdict.register_id)
                work.db.update(
                    StagedRow, id, state="kept", decided_by=work.actor.name, decided_at=work.now,
                    why=sentence.partition(": ")[2],
                )  # fmt: skip
                continue
        stay += 1
        work.db.update(StagedRow, id, reason=reason, sentence=f"{sentence.partition(': ')[0]}: {why}")
    summarise(work.db, [id for id in registers if id is not None])
    work.fact(replaced=len(found) - stay)
    return stay
