"""Files that were valid until somebody touched them: a report or one sentence, in bounded time and memory."""

from __future__ import annotations

import random
import resource
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scale import scaled
from tests.services.importing import ACCOUNTS, METERS, PARCELS, READS, bring, counts, file, seat, stage, training
from ubtui.act import Refused
from ubtui.desk import Desk
from ubtui.exchange.profile import KINDS, Kind
from ubtui.exchange.rows import FileFault

USE = "cust_id,cust_class,usage_date,usage_ccf,commodity_charge\n" + "".join(
    f"{n % 7},COMMERCIAL,2016-{1 + n % 5:02d}-01,{n * 3},{n}.{n % 100:02d}\n" for n in range(40)
)
ROLL = "apn,owner,as_of\n022-540-157,ORTIZ RUTH,2016-07-01\n022-540-158,WEISS JÖRG TRUST,07/01/2016\n"
VALID = {"parcels": PARCELS, "accounts": ACCOUNTS, "meters": METERS, "reads": READS, "usage": USE, "owners": ROLL}
PROFILE = {"usage": "santa-monica"}
MOST_SECONDS = 2.0
ODD = [b"\0", b'"', b"\r", b"\n", b",", b"\xff\xfe", b"\xef\xbb\xbf", b"\x1b[2J", "\u202e".encode(), b"'", b"=1+1",
       b"9" * 40, b"-1", b"2016-13-45", b"\x80\x81", "🚰".encode(), b";" * 50, b"[/]", b"e9", b"1/0", b"NaN",
       b"%s{}?"]  # fmt: skip


def mutant(dice: random.Random, text: bytes) -> bytes:
    """A valid file with one to three touches; one in eight is not near any valid file."""
    if dice.random() < 0.12:
        pure = [
            lambda: dice.randbytes(dice.randint(1, 4000)),
            lambda: text.split(b"\n")[0] + b"\n" + b"x" * dice.randint(1, 300_000),
            lambda: text.split(b"\n")[0] + b"," * dice.randint(1, 150_000),
            lambda: text.split(b"\n")[0] + b'\n"' + text * dice.randint(1, 20),
            lambda: text.decode().encode(dice.choice(["utf-16", "utf-16-le", "utf-32", "cp037"]), "replace"),
        ]
        return dice.choice(pure)()
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(text) + 1)
        until = min(len(text), at + dice.choice([0, 1, 1, 2, 8, 60]))
        lines = text.split(b"\n")
        touch = dice.randrange(6)
        if touch == 0:
            text = text[:at]
        elif touch == 1:
            text = text[:at] + dice.choice(ODD) + text[until:]
        elif touch == 2:
            text = text[:at] + text[until:]
        elif touch == 3:
            lines.insert(dice.randrange(len(lines)), dice.choice(lines))
            text = b"\n".join(lines)
        elif touch == 4:
            dice.shuffle(lines)
            text = b"\n".join(lines)
        else:
            row = dice.randrange(len(lines))
            cells = lines[row].split(b",")
            cells[dice.randrange(len(cells))] = dice.choice([*ODD, b"", *cells])
            lines[row] = b",".join(cells)
            text = b"\n".join(lines)
    return text


def most_held() -> int:
    """Megabytes this process held at its most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("fuzz")
    training(str(folder / "district"))
    with seat(str(folder / "district")) as at:
        for kind in ("parcels", "accounts", "meters"):
            bring(at, kind, file(folder, VALID[kind]))  # type: ignore[arg-type]
        yield at


@pytest.mark.parametrize("kind", KINDS)
def test_no_bytes_bring_an_import_down(desk: Desk, kind: Kind, tmp_path: Path) -> None:
    dice, before, held = random.Random(f"fuzz {kind}"), counts(desk), most_held()
    valid, told = VALID[kind].encode(), {"report": 0, "sentence": 0}
    for _ in range(scaled(20_000)):
        path = file(tmp_path, mutant(dice, valid))
        started = time.monotonic()
        try:
            report = stage(desk, kind, path, PROFILE.get(kind, ""), dry_run=True)
        except (FileFault, Refused) as no:
            told["sentence"] += 1
            assert str(no) and "\n" not in str(no) and "Traceback" not in str(no)
        else:
            told["report"] += 1
            assert report.rows == report.accepted + report.held + report.staged + report.passed
            assert sum(report.reasons.values()) == report.held + report.staged
        assert time.monotonic() - started < MOST_SECONDS
    assert min(told.values()) > scaled(20_000) // 50, told
    assert counts(desk) == before
    assert most_held() - held < 200


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_dry_run_says_is_what_comes_in(backend: str, kind: Kind, tmp_path: Path) -> None:
    dice = random.Random(f"real {kind}")
    training(backend)
    with seat(backend) as at:
        for earlier in KINDS[: KINDS.index(kind)]:
            if earlier != "reads":
                bring(at, earlier, file(tmp_path, VALID[earlier]), PROFILE.get(earlier, ""))
        done = 0
        for n in range(scaled(800)):
            path = file(tmp_path, mutant(dice, VALID[kind].encode()), f"{n}.csv")
            try:
                dry = stage(at, kind, path, PROFILE.get(kind, ""), dry_run=True)
            except (FileFault, Refused):
                continue
            assert bring(at, kind, path, PROFILE.get(kind, "")) == dry
            done += 1
        assert done > 0
