"""What happens between staging and release, and to rows judged apart from their file: as if all came in one order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.detectors.scene import PERIODS, Customer, Scene, read_day
from tests.services.importing import ACCOUNTS, ROOT, bring, file, seat, served, stage, training
from tests.services.office import NOW, done, refused
from ubtui.act import Done, Refused
from ubtui.db.models import office as office_models
from ubtui.desk import Desk
from ubtui.domain.numbers import format_account
from ubtui.exchange.fields import cards, masked
from ubtui.exchange.profile import FIELDS, load
from ubtui.services import parties
from ubtui.services.imports.release import Release, release
from ubtui.services.imports.stage import Report
from ubtui.services.imports.staged import Decide, Mend, decide, mend, staged
from ubtui.services.imports.taking import LONGEST_RAW
from ubtui.services.reads import Review, review
from ubtui.services.worklist import Refresh, refresh

HEAD = "maker,serial,date,value\n"
PEOPLE = ACCOUNTS.splitlines()[0] + "\n"
USE = "cust_id,cust_class,cust_class_from_utility,usage_date,usage_ccf,X1,X2,X3,X4,XR1,XR2,XR3,XR4,commodity_charge\n"
CARD = "4111 1111 1111 1111"


@pytest.fixture
def desk(backend: str) -> Iterator[Desk]:
    training(backend)
    with seat(backend) as at:
        yield at


def let_in(desk: Desk, kind: str, report: Report) -> Done[Any]:
    answer = desk.perform(release, Release(kind=kind, sha256=report.sha256))
    assert isinstance(answer, Done), answer.sentence()
    steady(desk)
    return answer


def steady(desk: Desk) -> None:
    """After any act, a full refresh adds and closes nothing."""
    answer = desk.perform(refresh, Refresh())
    assert isinstance(answer, Done) and (answer.opened, answer.closed) == ((), ())


def reads(desk: Desk, serial: str = "1001") -> list[tuple[Any, ...]]:
    return desk.session.rows(
        "SELECT r.read_on, r.value, r.usage, r.days, r.status, r.held_code FROM read r"
        " JOIN register g ON g.id = r.register_id JOIN meter m ON m.id = g.meter_id AND m.maker = 'BADGER'"
        " WHERE m.serial = ? AND r.status <> 'void' ORDER BY r.read_on, r.seq",
        [serial],
    )


def corrected(desk: Desk, value: int, seq: int = 1) -> Review:
    point = desk.session.value(
        "SELECT p.number FROM read r JOIN service_point p ON p.id = r.point_id WHERE r.value = 112"
    )
    return Review(
        point=point, read_on=date(2016, 7, 20), seq=seq, code="R04", decision="corrected", value=value, reason="misread"
    )


@pytest.mark.parametrize(
    ("staged_value", "right", "use", "status"),
    [(130, 122, 8, "released"), (130, 105, 25, "held"), (130, 135, None, "held"), (111, 105, 6, "released")],
)
def test_a_read_staged_beside_a_correction_bills_what_the_register_moved(
    desk: Desk, tmp_path: Path, staged_value: int, right: int, use: int | None, status: str
) -> None:
    served(desk, tmp_path)
    report = stage(desk, "reads", file(tmp_path, f"{HEAD}BADGER,1001,2016-09-20,{staged_value}\n", "new.csv"))
    with seat(desk.data, "ana") as other:
        done(other.perform(review, corrected(other, right)))
    answer = let_in(desk, "reads", report)
    found = reads(desk)
    assert found[-2][:3] == ("2016-07-20", right, right - 100)
    assert found[-1][2] == use and found[-1][4] == status
    if use is not None:  # five times what it used before: known, and held for it
        assert found[-2][2] + found[-1][2] == staged_value - 100
        assert ([k.code for k in answer.opened] == ["R05"]) is (status == "held")
    else:
        assert [k.code for k in answer.opened] == ["R09"]


def test_a_read_staged_beside_a_kept_one_is_measured_by_it(desk: Desk, tmp_path: Path) -> None:
    served(desk, tmp_path)
    bring(desk, "reads", file(tmp_path, HEAD + "BADGER,1001,2016-07-22,115\n", "second.csv"))
    report = stage(desk, "reads", file(tmp_path, HEAD + "BADGER,1001,2016-09-20,130\n", "new.csv"))
    done(desk.perform(decide, Decide(row=desk.ask(staged)[0].row, decision="keep", reason="the later one is right")))
    let_in(desk, "reads", report)
    assert reads(desk)[1:] == [
        ("2016-07-22", 115, 15, 63, "released", None), ("2016-09-20", 130, 15, 60, "released", None),
    ]  # fmt: skip


def test_a_read_mended_in_behind_a_staged_one_is_measured_by_it(desk: Desk, tmp_path: Path) -> None:
    served(desk, tmp_path)
    bring(desk, "reads", file(tmp_path, HEAD + "BADGER,10x1,2016-09-22,131\n", "faulty.csv"))
    report = stage(desk, "reads", file(tmp_path, HEAD + "BADGER,1001,2016-09-20,130\n", "new.csv"))
    done(desk.perform(mend, Mend(row=desk.ask(staged)[0].row, set=("serial=1001",))))
    assert reads(desk)[-1][:3] == ("2016-09-22", 131, 19)
    let_in(desk, "reads", report)
    assert [row[2] for row in reads(desk)[1:]] == [12, 18, 1]


def test_a_release_beside_nothing_looks_at_no_read_again(desk: Desk, tmp_path: Path) -> None:
    served(desk, tmp_path)
    report = stage(desk, "reads", file(tmp_path, HEAD + "BADGER,1001,2016-09-20,130\n", "new.csv"))
    said: list[str] = []
    desk.session.on_statement = said.append
    done(desk.perform(release, Release(kind="reads", sha256=report.sha256)))
    desk.session.on_statement = None
    assert not [sql for sql in said if sql.startswith("UPDATE read SET")]
    assert sum("FROM live_read WHERE register_id IN" in sql for sql in said) == 1, "the summary's own look"


# Healing and refresh agree


def test_mended_accounts_are_looked_at(desk: Desk, tmp_path: Path) -> None:
    served(desk, tmp_path)
    text = PEOPLE + "B-1,Ruth Ortiz,single,XX,9 Alder Ct,,R1,11,SM,2010-01-01,555-0100\n"
    bring(desk, "accounts", file(tmp_path, text, "b.csv"))
    answer = desk.perform(mend, Mend(row=desk.ask(staged)[0].row, set=("cycle=SM",)))
    assert isinstance(answer, Done)
    number = format_account(desk.session.value("SELECT MAX(number) FROM account"))
    assert [str(k) for k in answer.opened] == [f"Q01:account:{number}"]
    steady(desk)


def test_a_placeholder_that_gets_its_name_leaves_its_import(desk: Desk, tmp_path: Path) -> None:
    text = USE + "7,RESIDENTIAL_SINGLE,W,2016-05-01,5,,,,,,,,,1.00\n"
    bring(desk, "usage", file(tmp_path, text), "santa-monica")
    assert desk.session.value("SELECT COUNT(*) FROM work_item WHERE code = 'Q01' AND state = 'open'") == 1
    number = format_account(desk.session.value("SELECT number FROM account"))
    form = parties.Address(
        account=number, line1="1 Main", city="Rincon", state="CA", zip="90401", name="Ruth", reason="letter"
    )
    answer = desk.perform(parties.address, form)
    assert isinstance(answer, Done) and [str(k) for k in answer.closed] == ["Q01:run:import/2016-10-03"]
    steady(desk)


def test_a_mended_use_of_a_new_customer_is_one_more_stand_in(desk: Desk, tmp_path: Path) -> None:
    text = USE + "7,RESIDENTIAL_SINGLE,W,2016-05-01,many,,,,,,,,,1.00\n"
    bring(desk, "usage", file(tmp_path, text), "santa-monica")
    answer = desk.perform(mend, Mend(row=desk.ask(staged)[0].row, set=("usage=5",)))
    assert isinstance(answer, Done)
    assert "Q01:run:import/2016-10-03" in [str(k) for k in answer.opened]
    steady(desk)


# Rows judged alone


def test_two_rows_of_one_new_account_are_mended_one_after_the_other(desk: Desk, tmp_path: Path) -> None:
    served(desk, tmp_path)
    text = PEOPLE + (
        "B-1,Ruth,single,XX,9 Alder Ct,,R1,10,SM,2010-01-01,\n"
        "B-1,Ruth,single,XX,9 Alder Ct rear,,R1,20,SM,2010-01-01,\n"
        "B-1,Ruth,single,XX,9 Alder Ct rear,,R1,20,SM,2010-01-01,\n"
        "A-1,Ruth,single,XX,11 Alder Ct,,R1,20,SM,2010-01-01,\n"
    )
    bring(desk, "accounts", file(tmp_path, text, "b.csv"))
    rows = [row.row for row in desk.ask(staged)]
    for row in rows[:2]:
        assert done(desk.perform(mend, Mend(row=row, set=("cycle=SM",)))).state == "mended"
    made = desk.session.rows(
        "SELECT a.id, m.address FROM external_id x JOIN account a ON a.id = x.subject_id JOIN service s"
        " ON s.account_id = a.id JOIN live_point p ON p.id = s.point_id JOIN premise m ON m.id = p.premise_id"
        " WHERE x.value = 'B-1' AND x.subject_type = 'account' ORDER BY p.number"
    )
    assert [row[1] for row in made] == ["9 Alder Ct", "9 Alder Ct rear"] and made[0][0] == made[1][0]
    assert "twice in the file" in refused(desk.perform(mend, Mend(row=rows[2], set=("cycle=SM",)))).reason
    assert "is here already" in refused(desk.perform(mend, Mend(row=rows[3], set=("cycle=SM",)))).reason
    steady(desk)


def test_a_kept_read_of_one_of_two_meters_takes_the_place_of_its_own(backend: str) -> None:
    scene = Scene(backend)
    c = scene.customer()
    scene.uses(c, [30] * 7)
    with scene.db.writing():
        meter, register = scene._meter("second", c.point_id, date(2020, 1, 1))
        batch = scene.db.insert(
            office_models.Batch, kind="reads", source="x.csv", profile="generic-reads", sha256="b" * 64,
            created_by="ana", created_at=NOW, control="{}",
        )  # fmt: skip
        scene.db.update(office_models.Batch, batch, None, released_at=NOW, released_by="ana")
        fields = {"maker": "badger", "serial": "second", "date": "2026-10-22", "value": "505"}
        row = scene.db.insert(
            office_models.StagedRow, batch_id=batch, row_no=1, kind="reads", reason="duplicate-read", sentence="x",
            raw="[]", fields=json.dumps(fields), point_id=c.point_id, register_id=register, period=PERIODS[-1],
        )  # fmt: skip
    other = Customer(c.account_id, c.account, c.point_id, c.point, register, meter, c.party_id, c.service_id)
    scene.read(other, PERIODS[-1], 500, usage=10)
    scene.act(decide, Decide(row=row, decision="keep", reason="the right one"))
    sql = "SELECT read_on, value, status FROM read WHERE register_id = ? ORDER BY read_on, seq"
    assert scene.db.rows(sql, [register]) == [("2026-10-20", 500, "void"), ("2026-10-22", 505, "released")]
    assert scene.db.rows(sql, [c.register_id])[-1] == (read_day(PERIODS[-1]).isoformat(), 1210, "released")
    scene.steady()
    scene.close()


# What is kept of a row


def test_a_card_number_in_a_row_is_kept_nowhere(desk: Desk, tmp_path: Path) -> None:
    served(desk, tmp_path)
    text = PEOPLE + (
        f"B-1,Ruth {CARD},single,SM,9 Alder Ct,,R1,10,SM,2010-01-01,\n"
        "B-2,Ruth,single,SM,10 Alder Ct,,R1,10,SM,4111111111111111,\n"
        "B-3,Ruth,single,SM,11 Alder Ct,,R1,10,SM,2010-01-01,\n"
    )
    report = bring(desk, "accounts", file(tmp_path, text, "b.csv"))
    assert (report.accepted, report.reasons) == (1, {"card-number": 2})
    assert all("4111" not in example.sentence for example in report.examples)
    kept = desk.session.rows("SELECT raw, fields, sentence FROM staged_row")
    assert all("1111 1111" not in text and "411111" not in text for row in kept for text in row)
    first = desk.ask(staged)[0]
    assert first.fields["name"] == "Ruth **** **** **** 1111"
    keep = Decide(row=first.row, decision="keep", reason="as it stands")
    assert refused(desk.perform(decide, keep)).rule == "card-number"
    assert done(desk.perform(mend, Mend(row=first.row, set=("name=Ruth Ortiz",)))).state == "mended"


def test_long_numbers_of_things_are_no_cards() -> None:
    """Every IMEI passes the test of cards; a parcel's number may."""
    texts = {"serial": "490154203237518", "radio": "4111111111111111", "date": "4111-11-11 11:11:11.11"}
    assert cards(load("generic-reads"), texts, {"date": "4111-11-11"}) == []
    assert cards(load("generic-parcels"), {"apn": CARD, "situs": "4111 Alder Ct, 11111"}, {}) == []
    assert cards(load("generic-parcels"), {"legal": CARD}, {}) == ["legal"]
    assert masked("LOT 12 " + CARD) == "LOT ** **** **** **** 1111"
    assert masked("555-0100") == "555-0100"
    assert all(forms for forms in FIELDS.values())


def test_a_row_of_another_width_keeps_its_fields_and_is_mended(desk: Desk, tmp_path: Path) -> None:
    served(desk, tmp_path)
    text = HEAD + "BADGER,1001,2016-09-20,120,why,so\nBADGER,1002,2016-09-20\n"
    text += f"BADGER,{CARD},2016-09-20,7,{CARD}\n"
    report = bring(desk, "reads", file(tmp_path, text, "wide.csv"))
    assert report.reasons == {"bad-row": 2, "card-number": 1} and report.accepted == 0
    wide, narrow, card = desk.ask(staged)
    assert wide.fields == {"maker": "BADGER", "serial": "1001", "date": "2016-09-20", "value": "120"}
    assert narrow.fields == {"maker": "BADGER", "serial": "1002", "date": "2016-09-20"}
    assert card.fields["serial"] == "**** **** **** 1111"
    kept = desk.session.rows("SELECT raw, fields FROM staged_row ORDER BY id")
    assert json.loads(kept[0][0])[4:] == ["why", "so"] and "4111" not in str(kept)
    keep = Decide(row=wide.row, decision="keep", reason="as it stands")
    assert refused(desk.perform(decide, keep)).rule == "bad-row"
    assert done(desk.perform(mend, Mend(row=wide.row, set=("value=121",)))).state == "mended"
    assert reads(desk)[-1][:3] == ("2016-09-20", 121, 9)
    assert refused(desk.perform(mend, Mend(row=narrow.row, set=("maker=BADGER",)))).rule == "missing-field"
    assert done(desk.perform(mend, Mend(row=narrow.row, set=("value=3201",)))).state == "mended"
    steady(desk)


def test_a_row_too_long_to_keep_stays_a_list(desk: Desk, tmp_path: Path) -> None:
    served(desk, tmp_path)
    extra = ",".join(f"c{n}" for n in range(300))
    text = HEAD.strip() + f",{extra}\n" + "BADGER,7,2016-09-20,5," + ",".join(["w" * 400] * 300) + "\n"
    bring(desk, "reads", file(tmp_path, text, "wide.csv"))
    raw = desk.session.value("SELECT raw FROM staged_row")
    cells = json.loads(raw)
    assert len(raw) <= LONGEST_RAW and len(cells) == 304
    assert cells[:4] == ["BADGER", "7", "2016-09-20", "5"] and cells[-1].endswith("…")


def test_reasons_are_cleaned(desk: Desk, tmp_path: Path) -> None:
    served(desk, tmp_path)
    bring(desk, "reads", file(tmp_path, HEAD + "BADGER,7,2016-09-20,5\n", "one.csv"))
    row = desk.ask(staged)[0].row
    assert (
        "reason is missing"
        in refused(desk.perform(decide, Decide(row=row, decision="drop", reason="\u200b\u200b\u200b"))).reason
    )
    done(desk.perform(decide, Decide(row=row, decision="drop", reason="read\x1b[2J\u202e twice")))
    (dropped,) = desk.ask(staged, state="dropped")
    assert dropped.why == "read[2J twice"


def test_a_fraction_of_a_whole_unit_waits_and_is_never_cut(desk: Desk, tmp_path: Path) -> None:
    text = USE + "7,RESIDENTIAL_SINGLE,W,2016-05-01,1.5,,,,,,,,,4.00\n"
    text += "8,RESIDENTIAL_SINGLE,W,2016-05-01,2.0,,,,,,,,,5.00\n"
    report = bring(desk, "usage", file(tmp_path, text), "santa-monica")
    assert (report.accepted, report.units, report.reasons) == (1, 2, {"fraction": 1})
    row = desk.ask(staged)[0]
    assert row.sentence == "line 2: usage 1.5 is no whole number of ccf, and a use is never cut"
    keep = Decide(row=row.row, decision="keep", reason="as it stands")
    assert refused(desk.perform(decide, keep)).rule == "fraction"
    assert done(desk.perform(mend, Mend(row=row.row, set=("usage=2",)))).state == "mended"
    assert desk.session.rows("SELECT value, usage FROM live_read") == [(None, 2), (None, 2)]
    steady(desk)


def test_a_use_of_another_unit_is_taken_in_whole_billing_units(desk: Desk, tmp_path: Path) -> None:
    toml = (ROOT / "ubtui/exchange/profiles/santa-monica.toml").read_text("utf-8").replace('"ccf"', '"cf"')
    text = USE + "7,RESIDENTIAL_SINGLE,W,2016-05-01,250.5,,,,,,,,,4.00\n"
    report = bring(desk, "usage", file(tmp_path, text), toml=toml)
    assert (report.accepted, report.units) == (1, 2)


def test_a_use_beyond_every_bill_waits(desk: Desk, tmp_path: Path) -> None:
    served(desk, tmp_path)
    text = USE + "7,RESIDENTIAL_SINGLE,W,2016-05-01,1000000001,,,,,,,,,1.00\n"
    text += "8,RESIDENTIAL_SINGLE,W,2016-05-01,1000000000,,,,,,,,,1.00\n"
    report = bring(desk, "usage", file(tmp_path, text), "santa-monica")
    assert (report.held, report.reasons, report.placeholders) == (1, {"bad-value": 1, "over-limit": 1}, 1)
    steady(desk)


def test_nobody_settles_rows_of_his_own_account(desk: Desk, tmp_path: Path) -> None:
    served(desk, tmp_path)
    bring(desk, "reads", file(tmp_path, HEAD + "BADGER,1001,2016-07-22,115\n", "second.csv"))
    text = PEOPLE + "B-1,Ruth,single,XX,9 Alder Ct,,R1,10,SM,2010-01-01,\n"
    bring(desk, "accounts", file(tmp_path, text, "b.csv"))
    number = desk.session.value(
        "SELECT a.number FROM account a JOIN external_id x ON x.subject_id = a.id AND x.value = 'A-1'"
    )
    read, person = (row.row for row in desk.ask(staged))
    touched = desk.perform(mend, Mend(row=person, set=("cycle=SM",)))
    assert isinstance(touched, Done) and {s.type for s in touched.touched} == {"point", "account", "run"}
    with desk.session.writing():
        desk.session.run(
            "INSERT INTO staff_account(staff, account_number, relation) VALUES ('ana', ?, 'own')", [number]
        )
    for decision in ("keep", "drop"):
        no = desk.perform(decide, Decide(row=read, decision=decision, reason="the later one is right"))
        assert isinstance(no, Refused) and "own" in no.rule
