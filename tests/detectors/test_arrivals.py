"""Rows of files that nothing fits: raised one a meter, linked, taken in or dropped; and values with too many digits."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from tests.detectors.scene import DAY, NOW, PERIODS, Customer, Scene, read_day
from tests.services.importing import bring, file
from ubtui.detectors import heal
from ubtui.domain.subjects import ItemKey
from ubtui.services import faces, installs, worklist
from ubtui.services.fixes.arrivals import near
from ubtui.services.fixes.table import offers
from ubtui.services.imports import staged
from ubtui.services.imports.taking import stranger

LAST = PERIODS[-1]


def arrive(scene: Scene, folder: Path, *rows: str, name: str = "round.csv") -> None:
    """A file of reads: serial, day, value, and whatever names the meter besides."""
    text = "maker,serial,radio,point,account,date,value\n" + "".join(f"{row}\n" for row in rows)
    with scene.desk() as desk:
        bring(desk, "reads", file(folder, text, name))


def text(serial: str, maker: str = "badger") -> str:
    return f"R18:text:{stranger('reads', 'unknown-meter', {'maker': maker, 'serial': serial})}"


def until_last(scene: Scene, c: Customer) -> None:
    """Reads of every period but the newest."""
    scene.uses(c, [20, 21, 19, 22, 20, 21], last=PERIODS[-2])


def healthy(scene: Scene) -> None:
    """A refresh finds nothing that the acts did not find before it."""
    with scene.db.writing():
        done = heal.refresh(scene.db, DAY, NOW)
    assert not [k for k in (*done.opened, *done.closed) if k.code in ("R18", "R23", "R15")]


def staged_row(scene: Scene, key: str) -> int:
    with scene.desk() as desk:
        return int(str(desk.ask(worklist.item, ItemKey.parse(key)).evidence["staged"]))


def test_r18_one_item_for_each_meter_that_nothing_fits(scene: Scene, tmp_path: Path) -> None:
    c = scene.customer()
    until_last(scene, c)
    on = read_day(LAST)
    arrive(
        scene, tmp_path, f"badger,90001,,,,{on},1150", f"badger,70,,,,{on},5", f"BADGER,70,,,,{on},6",
        f"badger,71,,SP-00001,,{on},7", f"badger,[b]72\x1b[31m,,,,{on},8",
    )  # fmt: skip
    assert sorted(scene.items("R18")) == sorted([text("70"), text("71"), text("[b]72[31m")])
    healthy(scene)
    with scene.desk() as desk:
        item = desk.ask(worklist.item, ItemKey.parse(text("70")))
        assert (item.evidence["rows"], item.why) == (
            2,
            "no meter badger/70 is installed here (round.csv, row 2, 2 rows)",
        )
        mismatch = desk.ask(worklist.item, ItemKey.parse(text("71")))
        assert mismatch.point_id == c.point_id and mismatch.evidence["because"] == "serial-mismatch"


def test_r18_linked_goes_in_and_is_known_ever_after(scene: Scene, tmp_path: Path) -> None:
    c = scene.customer()
    until_last(scene, c)
    on = read_day(LAST)
    arrive(scene, tmp_path, f"badger,90777,890777,,,{on},1150")
    key = text("90777")
    row = staged_row(scene, key)
    with scene.desk() as desk:
        likely = [o for o in offers(desk.look(), desk.ask(worklist.item, ItemKey.parse(key))) if o.likely]
        assert [(o.act, o.values()["meter"]) for o in likely] == [], "three digits differ: nothing is guessed"
    no = scene.refused(staged.link, staged.Link(row=row, meter="badger/99", reason="says the crew"))
    assert "no meter badger/99" in no.reason
    done = scene.act(staged.link, staged.Link(row=row, meter="Badger/90001", reason="the lid says so"))
    assert (done.result.state, done.result.stay) == ("kept", 0)
    assert [str(k) for k in done.closed] == [key]
    assert scene.db.rows("SELECT value FROM read WHERE register_id = ? AND period = ?", [c.register_id, LAST]) == [
        (1150,)
    ]
    healthy(scene)
    arrive(scene, tmp_path, f"badger,90777,,,,{on},1150", name="again.csv")
    assert scene.items("R18") == [], "the file's serial is understood now"
    assert scene.db.rows("SELECT reason FROM staged_row WHERE state = 'staged'") == [("same-read",)]


def test_r18_the_serial_of_another_meter_is_linked_for_its_rows_alone(scene: Scene, tmp_path: Path) -> None:
    c, other = scene.customer(), scene.customer()
    until_last(scene, c)
    arrive(scene, tmp_path, f"badger,90002,,SP-00001,,{read_day(LAST)},1150")
    key = text("90002")
    with scene.desk() as desk:
        offered = offers(desk.look(), desk.ask(worklist.item, ItemKey.parse(key)))
    assert {o.values()["always"] for o in offered if o.act == "staged.link"} == {"no"}
    form = staged.Link(row=staged_row(scene, key), meter="badger/90001", reason="the bodies were changed")
    assert "own serial" in scene.refused(staged.link, form).reason
    done = scene.act(staged.link, structs.replace(form, always=False))
    assert done.result.state == "kept" and other.point
    healthy(scene)


def test_r18_linked_to_a_meter_that_was_read_waits_for_that(scene: Scene, tmp_path: Path) -> None:
    c = scene.customer()
    scene.uses(c, [20, 21, 19, 22, 20, 21, 20])
    arrive(scene, tmp_path, f"badger,90002,,,,{read_day(LAST)},1177")
    key = text("90002")
    with scene.desk() as desk:
        first = offers(desk.look(), desk.ask(worklist.item, ItemKey.parse(key)))[0]
        assert (first.act, first.values()["meter"], first.likely) == ("staged.link", "badger/90001", True)
    form = staged.Link(row=staged_row(scene, key), meter="90001", reason="one digit", always=False)
    done = scene.act(staged.link, form)
    assert (done.result.state, done.result.stay) == ("staged", 1)
    assert [str(k) for k in done.closed] == [key] and scene.items("R15") == [f"R15:point:{c.point}@{LAST}"]
    assert scene.db.value("SELECT COUNT(*) FROM external_id WHERE system = 'serial'") == 0
    healthy(scene)


def test_r18_a_meter_set_late_takes_its_rows_in(scene: Scene, tmp_path: Path) -> None:
    c = scene.customer()
    until_last(scene, c)
    on = read_day(LAST)
    arrive(scene, tmp_path, f"badger,777,,,,{on},12", f"badger,888,,,,{on},3")
    form = installs.Exchange(
        point=c.point, on=date(2026, 10, 1), removed_value=1130, maker="badger", serial="777", reason="stopped",
    )  # fmt: skip
    scene.act(installs.exchange, form)
    row = staged_row(scene, text("777"))
    with scene.desk() as desk:
        first = offers(desk.look(), desk.ask(worklist.item, ItemKey.parse(text("777"))))[0]
    assert (first.act, first.values()["decision"], first.likely) == ("staged.decide", "keep", True)
    done = scene.act(staged.decide, staged.Decide(row=row, decision="keep", reason="it hangs there", alike=True))
    assert text("777") in map(str, done.closed) and done.result.state == "kept"
    no = staged.Decide(row=staged_row(scene, text("888")), decision="keep", reason="take it", alike=True)
    assert "no meter badger/888" in scene.refused(staged.decide, no).reason
    healthy(scene)


def test_r18_all_rows_of_a_meter_are_dropped_at_once(scene: Scene, tmp_path: Path) -> None:
    scene.customer()
    on = read_day(LAST)
    arrive(scene, tmp_path, *(f"badger,70,,,,{on},{n}" for n in range(4)), f"badger,71,,,,{on},1")
    row = staged_row(scene, text("70"))
    done = scene.act(staged.decide, staged.Decide(row=row, decision="drop", reason="the next town's", alike=True))
    assert (done.result.state, done.result.also) == ("dropped", 3)
    assert [str(k) for k in done.closed] == [text("70")] and scene.items("R18") == [text("71")]
    healthy(scene)


def test_r23_more_digits_than_dials(scene: Scene, tmp_path: Path) -> None:
    c, near_one = scene.customer(dials=4), scene.customer(dials=4)
    for one in (c, near_one):
        until_last(scene, one)
    on = read_day(LAST)
    arrive(scene, tmp_path, f"badger,90001,,,,{on},11450", f"badger,90002,,,,{on},9999")
    key = f"R23:point:{c.point}@{LAST}"
    assert scene.items("R23") == [key]
    healthy(scene)
    with scene.desk() as desk:
        item = desk.ask(worklist.item, ItemKey.parse(key))
        assert item.why == "11450 does not fit 4 dials (round.csv, row 1)"
        drafts = [o for o in offers(desk.look(), item) if o.act == "staged.mend"]
    assert [(o.values()["set"], o.likely) for o in drafts] == [
        ("value=1145", True), ("value=1450", False), ("", False),
    ]  # fmt: skip
    done = scene.act(staged.mend, staged.Mend(row=staged_row(scene, key), set=("value=1145",)))
    assert key in map(str, done.closed)
    assert scene.db.value("SELECT usage FROM read WHERE register_id = ? AND period = ?", [c.register_id, LAST]) == 22
    healthy(scene)


def test_r23_the_register_has_more_dials_than_the_record_says(scene: Scene, tmp_path: Path) -> None:
    c = scene.customer(dials=4)
    scene.read(c, PERIODS[-2], 1123)
    scene.refresh()
    arrive(scene, tmp_path, f"badger,90001,,,,{read_day(LAST)},11450")
    key = f"R23:point:{c.point}@{LAST}"
    face = faces.Face(meter="badger/90001", dials=5, reason="five turn")
    assert key not in map(str, scene.act(faces.face, face).closed), "the read still waits outside"
    with scene.desk() as desk:
        item = desk.ask(worklist.item, ItemKey.parse(key))
        assert item.evidence["dials"] == 5
        first = offers(desk.look(), item)[0]
        assert (first.act, first.values()["decision"], first.likely) == ("staged.decide", "keep", True)
    keep = staged.Decide(row=staged_row(scene, key), decision="keep", reason="it fits now")
    assert key in map(str, scene.act(staged.decide, keep).closed)
    healthy(scene)


@given(st.text("0123456789", min_size=1, max_size=12), st.data())
def test_near_serials_are_those_of_one_slip(serial: str, data: st.DataObject) -> None:
    n = data.draw(st.integers(0, len(serial) - 1))
    slip = serial[:n] + data.draw(st.sampled_from("0123456789")) + serial[n + 1 :]
    assert slip == serial or slip in near(serial)
    swapped = serial[:n] + serial[n + 1 : n + 2] + serial[n] + serial[n + 2 :]
    assert swapped == serial or swapped in near(serial)
    assert serial not in near(serial) and len(set(near(serial))) == len(near(serial)) <= 140


def test_r18_use_of_an_account_that_nobody_knows(scene: Scene, tmp_path: Path) -> None:
    on = read_day(LAST)
    rows = f"account,class,date,usage\nZZ-9,residential,{on},5\nZZ-9,residential,{on},6\n"
    with scene.desk() as desk:
        bring(desk, "usage", file(tmp_path, rows))
    [key] = scene.items("R18")
    healthy(scene)
    with scene.desk() as desk:
        item = desk.ask(worklist.item, ItemKey.parse(key))
        assert (item.evidence["customer"], item.evidence["because"]) == ("ZZ-9", "unknown-account")
        assert [o.act for o in offers(desk.look(), item) if o.act.startswith("staged.")] == ["staged.decide"]
    form = staged.Link(row=staged_row(scene, key), meter="badger/90001", reason="it is that")
    assert "waits for another reason" in scene.refused(staged.link, form).reason
    drop = staged.Decide(row=staged_row(scene, key), decision="drop", reason="the next town's", alike=True)
    assert [str(k) for k in scene.act(staged.decide, drop).closed] == [key]
    healthy(scene)
