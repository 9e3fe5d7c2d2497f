"""A meter's history by any of its names: card, exchanges, reads with their reviews, two years of use."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import date
from fractions import Fraction

import pytest
from click.testing import CliRunner

from tests.detectors.scene import PERIODS, Customer, Scene, read_day
from ubtui.cli.meter import meter as command
from ubtui.db.models import record
from ubtui.domain.errors import BadValue
from ubtui.services import meters
from ubtui.services.meters import MeterHistory
from ubtui.services.reads import Review, review

LAST = PERIODS[-1]


@pytest.fixture
def scene(backend: str) -> Iterator[Scene]:
    made = Scene(backend)
    yield made
    made.close()


def told(scene: Scene, key: str) -> MeterHistory:
    with scene.desk() as desk:
        return desk.ask(meters.history, key)


def history(scene: Scene) -> Customer:
    c = scene.customer()
    scene.uses(c, [30, 31, 32, 33, 34, 35, 70])
    return c


def test_by_meter_point_and_account(scene: Scene) -> None:
    c = history(scene)
    found = told(scene, c.point)
    assert told(scene, c.account) == told(scene, c.account.replace("-", "")) == told(scene, "Badger/90001") == found
    card = found.card
    assert (card.point, card.meter, card.account, card.who, card.route, card.sequence) == (
        "SP-00001", "badger/90001", c.account, "Owner 1", "R07", 1,
    )  # fmt: skip
    assert (card.dials, card.use_unit, card.rate, card.state, card.seal) == (6, "ccf", "R1", "active", "")
    newest, before = found.reads[0], found.reads[1]
    assert (newest.on, newest.value, newest.use, newest.last_year, newest.meter) == (
        read_day(LAST), 1265, 70, 30, "badger/90001",
    )  # fmt: skip
    assert (newest.days, newest.per_day) == (61, "1.15")
    assert (before.use, before.last_year, len(found.reads)) == (35, None, 8)


@pytest.mark.parametrize("key", ["SP-77777", "badger/none", "120440-3", "000001-8x", "", "/", "\x1b[31m"])
def test_unknown_is_said_in_one_sentence(scene: Scene, key: str) -> None:
    history(scene)
    with pytest.raises(BadValue, match="is not here"):
        told(scene, key)


def test_an_account_with_two_points_names_them(scene: Scene) -> None:
    c, other = history(scene), scene.customer()
    with scene.db.writing():
        scene.db.run("UPDATE service SET account_id = ? WHERE account_id = ?", [c.account_id, other.account_id])
    with pytest.raises(BadValue, match="SP-00001, SP-00002"):
        told(scene, c.account)


def test_an_exchange_keeps_both_meters(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 6, last=PERIODS[5])
    new = scene.exchange(c, read_day(PERIODS[5]))
    scene.read(new, LAST, 44, usage=44)
    found = told(scene, c.point)
    assert [(h.meter, h.off) for h in found.installs] == [
        (f"badger/x{c.meter_id}", None), ("badger/90001", read_day(PERIODS[5])),
    ]  # fmt: skip
    assert [r.meter for r in found.reads[:2]] == [f"badger/x{c.meter_id}", "badger/90001"]
    assert told(scene, "badger/90001").card.meter == f"badger/x{c.meter_id}"


def test_use_without_a_meter(scene: Scene) -> None:
    c = scene.customer()
    with scene.db.writing():
        scene.db.run("UPDATE meter SET placeholder = 1")
    scene.read(c, LAST, None, usage=31, days=31, on=date(2026, 10, 31))
    found = told(scene, c.point)
    assert (found.card.meter, found.card.dials, found.installs[0].meter) == ("", None, "")
    assert (found.reads[0].value, found.reads[0].use, found.months[-1], found.through) == (None, 31, 31, "2026-10")


def test_months_share_a_reads_use_out_over_its_days(scene: Scene) -> None:
    c = history(scene)
    months = told(scene, c.point).months
    assert len(months) == 24
    days = (read_day(LAST) - read_day(PERIODS[5])).days
    assert months[-1] == round(Fraction(70 * 20, days))
    assert abs(sum(months) - 265) <= 12


def test_reviews_and_void_reads_stay_to_be_seen(scene: Scene) -> None:
    c = history(scene)
    form = Review(point=c.point, read_on=read_day(LAST), code="R04", decision="corrected", value=1230, reason="misread")
    scene.act(review, form)
    first, second = told(scene, c.point).reads[:2]
    assert (first.seq, first.status, first.use) == (2, "released", 35)
    assert (second.seq, second.status, second.reviews) == (1, "void", "R04 corrected")


def test_a_seal_is_three_facts(scene: Scene) -> None:
    c = history(scene)
    with scene.db.writing():
        scene.db.insert(
            record.Seal, point_id=c.point_id, number="4471", lock_state="unlocked", lock_reason="owner_request",
            rate_status="occasional", placed_on=date(2026, 1, 5),
        )  # fmt: skip
    card = told(scene, c.point).card
    assert (card.seal, card.lock, card.lock_reason, card.seal_rate, card.sealed_on) == (
        "4471", "unlocked", "owner_request", "occasional", date(2026, 1, 5),
    )  # fmt: skip


def test_from_the_shell(scene: Scene) -> None:
    c = history(scene)
    with scene.db.writing():
        scene.db.run("UPDATE party SET name = ?", ["\x1b[2JOrtiz"])
    call = ["history", c.point, "--data", scene.data]
    text = CliRunner().invoke(command, call)
    assert text.exit_code == 0 and "[2JOrtiz" in text.stdout and "\x1b" not in text.stdout
    assert all(len(line) <= 100 for line in text.stdout.splitlines())
    rows = list(csv.DictReader(io.StringIO(CliRunner().invoke(command, [*call, "--format", "csv"]).stdout)))
    assert [(r["on"], r["value"], r["use"], r["last_year"]) for r in rows][:1] == [("2026-10-20", "1265", "70", "30")]
    whole = json.loads(CliRunner().invoke(command, [*call, "--format", "json"]).stdout)
    assert whole["card"]["point"] == c.point and len(whole["reads"]) == len(rows) == 8 and len(whole["months"]) == 24


def test_estimates_tell_their_method_and_their_share(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 4, last=PERIODS[3])  # 1120
    scene.read(c, PERIODS[4], 1130, usage=10, days=62, source="E", estimated_by="hand")
    scene.read(c, PERIODS[5], 1140, usage=10, days=61, source="E")
    scene.read(c, PERIODS[6], 1303, usage=163, days=61)
    with scene.desk() as desk:
        found = desk.ask(meters.history, c.point)
    closing, from_file, guessed, actual = found.reads[:4]
    assert [each.share for each in (guessed, from_file, closing)] == [61, 61, 61]
    assert {each.span_on for each in found.reads[:3]} == {closing.on} and actual.share is None
    assert [each.estimated_by for each in (guessed, from_file)] == ["hand", ""]
    told = CliRunner().invoke(command, ["history", c.point, "--data", scene.data, "--as", "ana"]).output
    assert f"estimated hand, share 61 to {closing.on}" in told and f"estimated, share 61 to {closing.on}" in told
