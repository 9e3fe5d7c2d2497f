"""F1: the policy behind what is shown, from the record's own policy rows and settings."""

from __future__ import annotations

from tests.screen_text import screen_text
from tests.screens.office import settled, sitting
from tests.screens.test_reading import first_item
from ubtui.act import permissions
from ubtui.desk import Desk, Seat
from ubtui.detectors.registry import CODES
from ubtui.domain.errors import BadValue
from ubtui.domain.money import format_money
from ubtui.screens.base import Place
from ubtui.services import policies
from ubtui.services.forms import act_named


async def test_f1_tells_the_rule_of_the_row_and_of_the_reason_inside_a_form(district: str) -> None:
    async with sitting(district, size=(120, 40)) as pilot:
        await pilot.press("f1")
        await settled(pilot)
        text = screen_text(pilot.app)
        assert "Policy" in text and "looks for" in text and "rule" in text and "unpaid" in text
        await pilot.press("escape", "a")
        await settled(pilot)
        await pilot.press("f1")
        await settled(pilot)
        text = screen_text(pilot.app)
        tiers = pilot.app.desk.district.approval.tier_cents  # type: ignore[attr-defined]
        assert all(format_money(cents) in text for cents in tiers)


def test_a_rule_names_its_own_limit_and_the_districts(district: str) -> None:
    with Desk(district, Seat("ana")) as desk:
        id = desk.session.value("SELECT id FROM work_item WHERE code = 'R06' LIMIT 1")
        before = dict(desk.ask(policies.of_item, id).lines)
        name = next(label for label, told in before.items() if "(the program's own)" in told)
        with desk.session.writing():
            desk.session.run(
                "INSERT INTO policy(kind, version, body, adopted_on, adopted_by) VALUES"
                " ('detector:R06', 1, ?, '2026-11-01', 'ben')",
                ['{"%s": "77"}' % name.replace(" ", "_")],  # noqa: UP031
            )
        after = dict(desk.ask(policies.of_item, id).lines)
        assert after[name].startswith("77 ") and "the program's own)" in after[name]
        assert "version 1 of 2026-11-01, adopted by ben" in after["district policy"]


def test_every_reason_and_account_has_its_article(district: str) -> None:
    _, number = first_item(district)
    with Desk(district, Seat("ana")) as desk:
        for reason in desk.district.reasons:
            found = desk.ask(policies.article, "reason", reason.code)
            assert reason.title in found.title and dict(found.lines)["article"]
            assert reason.charge_code and "paid in place" in dict(found.lines)["charge code"]
        owed = desk.ask(policies.article, "account", number)
        assert number in owed.title and any("paid in place" in told for _, told in owed.lines)
        assert desk.ask(policies.article, "", "").title == "Approvals"
        assert set(policies.UNPAID) >= {desk.district.enabling_act}


async def test_f1_inside_a_question_tells_what_its_act_rests_on(district: str) -> None:
    _, number = first_item(district)
    async with sitting(district) as pilot:
        pilot.app.go(Place("account", number))  # type: ignore[attr-defined]
        await settled(pilot)
        for keys, law in (
            (["n"], "HSC 116908"), (["O"], "GC 60373 and 60374"), (["p"], policies.rests_on("payment.take")),
            (["E", "8"], policies.rests_on("protection.set")),
        ):  # fmt: skip
            await pilot.press(*keys)
            await settled(pilot)
            await pilot.press("f1")
            await settled(pilot)
            assert law in " ".join(screen_text(pilot.app).split())
            await pilot.press("f1", "escape", "escape")
            await settled(pilot)
        assert screen_text(pilot.app).lstrip().startswith("Account")


def test_every_code_and_act_names_its_law_standard_or_rule() -> None:
    for code, kind in CODES.items():
        assert len(kind.source) > 10 and "practice" not in kind.source, code
    for name in permissions():
        try:
            act_named(name)
        except BadValue:
            continue  # a view
        assert len(policies.rests_on(name)) > 10
