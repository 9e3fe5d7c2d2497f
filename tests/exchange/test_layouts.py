"""Files of typed records: literal lines at the stated columns, both directions, proofs, damage, nothing cut unsaid."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.exchange.test_fuzz import mutant
from tests.scale import scaled
from ubtui.domain.errors import BadValue
from ubtui.exchange.fields import convert
from ubtui.exchange.layouts.declared import Cell, Form, Record, check_digit
from ubtui.exchange.layouts.reading import Flat, Flattening, ProofFailed, parsed
from ubtui.exchange.layouts.writing import plain, rendered, written
from ubtui.exchange.profile import load, names, parse
from ubtui.exchange.rows import FileFault, Reading, source

TODAY = date(2026, 11, 22)


def line(length: int, **at: str) -> str:
    """A line of that many characters with texts at columns: `c14="0012345"` begins in column 14."""
    text = [" "] * length
    for place, value in at.items():
        column = int(place[1:]) - 1
        text[column : column + len(value)] = value
    assert len(text) == length
    return "".join(text)


RADIX = line(36, c4="101", c7="120001", c14="0012345", c21="112026", c27="61000000")
EZROUTE = line(508, c1="101", c15="000010", c29="61000000", c69="0000012345", c135="L", c136="112026", c468="120001-3")
K3 = line(91, c1="120001-3", c13="61000000", c43="M", c44="000012345", c53="1120", c57="", c59="0000000001")
EQUINOX = [
    line(59, c1="COMHD0001", c10="20261101", c58="4N"),
    line(119, c1="RTEHD0001", c14="101", c24="20261120"),
    line(307, c1="PRMDT10110 Acorn Way", c104="120001-3", c124="ACTI"),
    line(336, c1="MTRDT000010", c38="61000000"),
    line(255, c1="RDGDTWTR 80000000", c50="06", c89="0000012345", c99="0000012345"),
    line(307, c1="PRMDT10138 Acorn Way", c104="120005-4", c124="ACTI"),
    line(336, c1="MTRDT000020", c38="61000592", c226="DOG"),
    line(255, c1="RDGDTHIGH", c89="0000000777"),
    line(255, c1="RDGDTLOW", c89=""),
    line(35, c1="RTETR0001B1  101", c24="000002", c30="000002"),
    line(40, c1="COMTR0001", c10="000001"),
]
MVRS = [
    line(126, c1="FHD", c14="01"),
    line(126, c1="CUS101", c15="120001-3", c35="Charles Voss"),
    line(126, c1="MTR101", c46="61000000", c94="W"),
    line(126, c1="RDG101", c34="0000012345", c48="11202026", c92="N"),
    line(126, c1="RFF101", c12="80000000", c55="00"),
    line(126, c1="CUS101", c15="120005-4"),
    line(126, c1="MTR101", c94="W"),
    line(126, c1="RDG101", c34="0000000777", c48="11212026"),
]


def rows(profile: str, lines: list[str], folder: Path, ending: str = "\r\n") -> list[dict[str, object]]:
    """Fields of every row, or its fault."""
    path, layout = folder / "back.dat", load(profile, "reads")
    path.write_bytes("".join(text + ending for text in lines).encode("ascii"))
    reading = Reading(source(path, layout), layout, TODAY)
    found: list[dict[str, object]] = []
    for raw in reading.rows():
        if raw.fault:
            found.append({"fault": raw.fault})
            continue
        assert reading.layout is not None
        values, faults = convert(layout, reading.layout.texts(raw.cells))
        assert not faults
        found.append(values)
    return found


@pytest.mark.parametrize(
    ("profile", "text", "fields"),
    [
        ("radix", RADIX, {"account": "120001", "serial": "61000000"}),
        ("neptune-ezroute", EZROUTE, {"account": "120001-3", "serial": "61000000", "trouble": "L"}),
        ("sensus-k3", K3, {"account": "120001-3", "serial": "61000000", "register": 1}),
    ],
)
@pytest.mark.parametrize("ending", ["\r\n", "\n"])
def test_a_line_means_what_stands_at_its_columns(
    tmp_path: Path, profile: str, text: str, fields: Mapping[str, object], ending: str
) -> None:
    right = {**fields, "value": 12345, "date": "2026-11-20T00:00:00"}
    assert rows(profile, [text], tmp_path, ending) == [right]
    for shifted in (" " + text[:-1], text[1:] + " "):  # a byte too many, a byte too few
        assert rows(profile, [shifted], tmp_path, ending) != [right]


def test_equinox_gives_every_register_its_meter_route_and_account(tmp_path: Path) -> None:
    day = "2026-11-20T00:00:00"
    assert rows("neptune-equinox", EQUINOX, tmp_path) == [
        {"account": "120001-3", "serial": "61000000", "radio": "80000000", "register": 1, "value": 12345, "date": day},
        {"account": "120005-4", "serial": "61000592", "trouble": "DOG", "register": 1, "value": 777, "date": day},
        {"account": "120005-4", "serial": "61000592", "trouble": "DOG", "register": 2, "date": day},
    ]
    own_day = [*EQUINOX[:5], line(80, c1="ORDST20261118"), *EQUINOX[5:]]
    assert [row["date"] for row in rows("neptune-equinox", own_day, tmp_path)] == ["2026-11-18T00:00:00", day, day]


def test_mvrs_is_placed_by_its_customer(tmp_path: Path) -> None:
    assert rows("itron-mvrs", MVRS, tmp_path) == [
        {"account": "120001-3", "value": 12345, "date": "2026-11-20T00:00:00"},
        {"account": "120005-4", "value": 777, "date": "2026-11-21T00:00:00"},
    ]


def test_no_read_reaches_the_meter_before_a_damaged_line(tmp_path: Path) -> None:
    short = [*EQUINOX[:5], EQUINOX[5][:110], *EQUINOX[6:]]  # the second premise breaks off inside its account
    found = rows("neptune-equinox", short, tmp_path)
    assert found[0]["account"] == "120001-3"
    assert [row.get("fault", "") for row in found[1:]] == [
        "line 6: breaks off in column 110 of 307",
        "line 8 stands under line 7, which cannot be read",
        "line 9 stands under line 7, which cannot be read",
    ]
    odd = [*EQUINOX[:5], "PRMTD" + EQUINOX[5][5:], *EQUINOX[6:]]
    behind = "line {} stands behind line 6, which cannot be read"
    assert [row.get("fault", "") for row in rows("neptune-equinox", odd, tmp_path)] == [
        "line 6 begins with no known mark: PRMTD10138 A", "", behind.format(8), behind.format(9),
    ]  # fmt: skip
    unmarked = [*MVRS[:5], "CU5" + MVRS[5][3:], *MVRS[6:]]
    assert [row.get("account", row.get("fault")) for row in rows("itron-mvrs", unmarked, tmp_path)] == [
        "line 6 begins with no known mark: CU5101", "120001-3", "line 8 stands behind line 6, which cannot be read",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (EQUINOX[:-2], "breaks off: RTEHD of line 2 has no end"),
        ([*EQUINOX[:2], *EQUINOX[5:]], "says 2 PRMDT and the file has 1"),
        ([*EQUINOX[:5], *EQUINOX[2:]], "says 2 PRMDT and the file has 3"),
    ],
)
def test_a_file_that_is_not_whole_is_refused(tmp_path: Path, lines: list[str], why: str) -> None:
    with pytest.raises(FileFault, match=why):
        rows("neptune-equinox", lines, tmp_path)


def test_lines_of_another_order_are_told(tmp_path: Path) -> None:
    moved = [*EQUINOX[:3], EQUINOX[4], EQUINOX[3], *EQUINOX[5:]]
    assert rows("neptune-equinox", moved, tmp_path)[0] == {"fault": "line 4: RDGDT stands under no MTRDT"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (RADIX + " x", "is 38 characters long and not 36"),
        (RADIX[:18], "breaks off in column 18"),
        (RADIX.replace("0012345", "00l2345"), r"columns 14-20 \(value\): '00l2345' is no number"),
        (RADIX.replace("112026", "133026"), r"columns 21-26 \(date\): '133026' is no day"),
    ],
)
def test_what_is_wrong_with_a_line_names_its_columns(tmp_path: Path, text: str, why: str) -> None:
    import re

    (found,) = rows("radix", [text], tmp_path)
    assert re.search(why, str(found["fault"]))


@pytest.mark.parametrize(
    ("today", "said", "day"),
    [
        (date(2026, 11, 22), "1120", "2026-11-20"), (date(2026, 1, 3), "1228", "2025-12-28"),
        (date(2026, 12, 20), "0105", "2027-01-05"), (date(2026, 11, 22), "0101", "2026-01-01"),
        (date(2027, 3, 1), "0229", "2024-02-29"),
    ],
)  # fmt: skip
def test_a_day_without_a_year_is_the_latest_at_most_a_month_ahead(today: date, said: str, day: str) -> None:
    cell = Cell(at=1, to=4, name="date", form="day", day="%m%d")
    assert parsed(Record(name="r", length=4, cells=(cell,)), said, today) == ({"date": day}, "")


def test_every_profile_is_sound_and_knows_its_direction() -> None:
    made = {name: load(name) for name in names()}
    assert {name for name, p in made.items() if p.out or p.sheet} == {
        "generic-reads", "itron-mvrs", "neptune-equinox", "sensus-autoread", "sensus-k3",
    }  # fmt: skip
    with pytest.raises(BadValue, match="goes out only"):
        Reading(source(Path(__file__), made["sensus-autoread"]), made["sensus-autoread"])


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ('[{ at = 3, to = 2, name = "value" }]', "ends before it begins"),
        ('[{ at = 1, to = 5, name = "value" }, { at = 5, name = "serial" }]', "begins in the cell before it"),
        ('[{ at = 1, to = 11, name = "value" }]', "does not fit a record of 10"),
        ('[{ at = 1, to = 3, text = "ab" }]', "the literal is not as long"),
        ('[{ at = 1, to = 3, form = "count", of = "x" }]', "nothing of that name"),
        ('[{ at = 1, text = "é" }]', "not plain ASCII"),
    ],
)
def test_a_faulty_declaration_is_refused(cells: str, why: str) -> None:
    record = f'[records]\nrow = "r"\n[[records.records]]\nname = "r"\nlength = 10\ncells = {cells}'
    with pytest.raises(BadValue, match=why):
        parse(f'title = "x"\nkind = "reads"\n{record}', "x.toml")


def test_no_mark_begins_another() -> None:
    both = [Record(name=name, marked=True, length=9) for name in ("RD", "RDG")]
    assert Form(row="RD", records=tuple(both)).faults() == ["RDG: begins as RD does"]


def test_riverside_check_digit() -> None:
    assert check_digit("407370001", (1, 3, 7, 9)) == "8"
    cells = (Cell(at=1, to=9, name="apn"), Cell(at=10, form="check", of="apn"))
    record = Record(name="r", length=10, cells=cells)
    assert rendered(record, {"apn": "407370001"}, lambda _: None) == "4073700018"
    assert parsed(record, "4073700018", TODAY) == ({"apn": "407370001"}, "")
    assert "is not the check digit" in parsed(record, "4073700013", TODAY)[1]


def test_nothing_is_cut_but_where_the_declaration_allows_it() -> None:
    keyed, cut = Cell(at=1, to=4, name="serial"), Cell(at=1, to=4, name="name", cut=True)
    with pytest.raises(BadValue, match=r"101 SP-00001: serial '12345' does not fit columns 1-4"):
        rendered(Record(name="r", length=4, cells=(keyed,)), {"serial": "12345", "route": "101", "point": "SP-00001"},
                 lambda _: None)  # fmt: skip
    assert rendered(Record(name="r", length=4, cells=(cut,)), {"name": "José\x1b[2J"}, lambda _: None) == "Jose"
    number = Cell(at=1, to=4, name="prior", form="number", decimals=1)
    assert rendered(Record(name="r", length=4, cells=(number,)), {"prior": 12}, lambda _: None) == "0120"
    for wrong in (1000, -1):
        with pytest.raises(BadValue, match="prior"):
            rendered(Record(name="r", length=4, cells=(number,)), {"prior": wrong}, lambda _: None)


READ = st.tuples(st.integers(0, 10**9 - 1) | st.none(), st.integers(0, 999_999))
KEYS = st.text("ABCDEF0123456789-", min_size=1, max_size=6).map(str.strip)
FORM = Form(
    row="RD",
    records=(
        Record(name="HD", marked=True, length=12, cells=(Cell(at=3, to=6, form="count", of="MT"),)),
        Record(
            name="RT", marked=True, under="HD", per="route", length=20,
            cells=(Cell(at=3, to=8, name="route"), Cell(at=9, to=16, name="date", form="day")),
        ),
        Record(name="MT", marked=True, under="RT", per="serial", length=20, cells=(Cell(at=4, to=9, name="serial"),)),
        Record(
            name="RD", marked=True, under="MT", per="row", length=30,
            cells=(
                Cell(at=3, name="register", form="number"), Cell(at=4, to=12, name="value", form="number"),
                Cell(at=13, to=20, name="exact", form="number", decimals=2, fill=" "),
                Cell(at=21, to=30, name="note", cut=True),
            ),
        ),
        Record(
            name="RE", marked=True, ends="RT", length=20,
            cells=(Cell(at=3, to=6, form="count", of="RD"), Cell(at=7, to=20, form="sum", of="value")),
        ),
        Record(name="HE", marked=True, ends="HD", length=6, cells=(Cell(at=3, to=6, form="count", of="RT"),)),
    ),
)  # fmt: skip


@given(
    st.dictionaries(
        KEYS,
        st.dictionaries(
            KEYS, st.lists(READ, min_size=1, max_size=3), min_size=1, max_size=4,
        ),
        max_size=4,
    ),
    st.dates(date(1990, 1, 1), date(2090, 1, 1)),
    st.text(max_size=12),
)  # fmt: skip
def test_what_is_written_reads_back(
    routes: dict[str, dict[str, list[tuple[int | None, int]]]], day: date, note: str
) -> None:
    told = [
        {"route": route, "date": day, "serial": serial, "register": n, "value": value, "exact": exact, "note": note}
        for route, meters in routes.items()
        for serial, reads in meters.items()
        for n, (value, exact) in enumerate(reads, 1)
    ]
    lines = list(written(told, FORM))
    assert {len(text) for text in lines} <= {14, 22, 32, 8}
    found = list(Flattening(FORM, TODAY).rows(lines))
    kept = plain(note)[:10].strip()
    assert [(flat.fault, dict(zip(FORM.names, flat.cells, strict=True))) for flat in found] == [
        (
            "",
            {
                "route": row["route"], "date": day.isoformat(), "serial": row["serial"],
                "register": str(row["register"]),
                "value": "" if row["value"] is None else str(row["value"]), "exact": f"{row['exact']}.00", "note": kept,
            },
        )
        for row in told
    ]  # fmt: skip


@given(st.data())
def test_a_touched_file_is_read_right_or_refused(data: st.DataObject) -> None:
    told = [
        {"route": f"R{n // 4}", "date": TODAY, "serial": f"S{n}", "register": 1, "value": n * 7, "exact": 0, "note": ""}
        for n in range(9)
    ]
    lines = list(written(told, FORM))
    at = data.draw(st.integers(0, len(lines) - 1))
    touch = data.draw(st.sampled_from(["drop", "twice", "swap", "shorten", "mark"]))
    if touch == "drop":
        del lines[at]
    elif touch == "twice":
        lines.insert(at, lines[at])
    elif touch == "swap":
        other = data.draw(st.integers(0, len(lines) - 1))
        if lines[at][:2] == lines[other][:2]:
            return  # lines of one kind may stand in any order
        lines[at], lines[other] = lines[other], lines[at]
    elif touch == "shorten":
        lines[at] = lines[at].rstrip("\r\n")[: data.draw(st.integers(2, 11))] + "\r\n"
    else:
        lines[at] = "??" + lines[at][2:]
    try:
        found: list[Flat] = list(Flattening(FORM, TODAY).rows(lines))
    except ProofFailed as no:
        assert "\n" not in str(no)
        return
    at_serial, at_value = FORM.names.index("serial"), FORM.names.index("value")
    right = {row["serial"]: str(row["value"]) for row in told}
    for flat in found:
        if not flat.fault and flat.cells[at_serial]:
            assert right[flat.cells[at_serial]] == flat.cells[at_value]


def test_nested_json_gives_every_reading_with_its_meter(tmp_path: Path) -> None:
    path, layout = tmp_path / "page.json", load("sentryx")
    path.write_text(
        '[{"meters": [{"bodySerialNumber": "61000000", "units": "CF", "data": ['
        '{"timeStamp": "2026-11-20T01:00:00", "reading": 116233.61}, {"timeStamp": "2026-11-20T02:00:00",'
        ' "reading": 116234}]}, {"bodySerialNumber": "61000592", "data": []}]}, {"meters": []}]'
    )
    reading = Reading(source(path, layout), layout)
    assert [raw.cells for raw in reading.rows()] == [
        ["61000000", "2026-11-20T01:00:00", "116233.61"], ["61000000", "2026-11-20T02:00:00", "116234"],
    ]  # fmt: skip
    for broken in ('[{"meters"', "[" * 5000, ""):
        path.write_text(broken)
        with pytest.raises(FileFault):
            list(Reading(source(path, layout), layout).rows())


JSON = (
    '{"meters": [{"bodySerialNumber": "61000000", "data": [{"timeStamp": "2026-11-20T01:00:00", "reading": 116.5}]},'
    ' {"bodySerialNumber": "61000592", "data": [{"timeStamp": "2026-11-20T01:00:00", "reading": 7}]}]}'
)
VALID = {
    "radix": [RADIX] * 6, "neptune-ezroute": [EZROUTE] * 4, "sensus-k3": [K3] * 6, "neptune-equinox": EQUINOX,
    "itron-mvrs": MVRS, "kamstrup-ready": ["120001-3\t61000000\t12345\t2026-11-20"] * 6, "sentryx": [JSON],
}  # fmt: skip


@pytest.mark.parametrize("profile", VALID)
def test_no_bytes_bring_a_layout_down(profile: str, tmp_path: Path) -> None:
    """100,000 touched files a layout in the long run: a row, a reason or a sentence, never anything else."""
    dice, layout = random.Random(f"fuzz {profile}"), load(profile, "reads")
    valid, path = "".join(f"{text}\r\n" for text in VALID[profile]).encode(), tmp_path / "touched.dat"
    told = {"rows": 0, "faults": 0, "sentence": 0}
    for _ in range(scaled(100_000)):
        path.write_bytes(mutant(dice, valid))
        try:
            reading = Reading(source(path, layout), layout, TODAY)
            for raw in reading.rows():
                assert reading.layout is not None
                wrong = raw.fault or convert(layout, reading.layout.texts(raw.cells))[1]
                told["faults" if wrong else "rows"] += 1
        except FileFault as no:
            assert str(no) and "\n" not in str(no)
            told["sentence"] += 1
    assert all(told.values()), told
