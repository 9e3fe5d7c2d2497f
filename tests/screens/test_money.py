"""Money on screen: what is sent is what was shown, what is approved is seen whole, and no card number is kept."""

from __future__ import annotations

import json
import sqlite3
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.screen_text import screen_text
from tests.screens.office import at_desk, settled, sitting
from tests.screens.test_states import press
from tests.services import office
from ubtui.screens import fix as fix_screen
from ubtui.screens.base import Place
from ubtui.services import adjustments, documents, drafts
from ubtui.services.forms import form as read_form
from ubtui.widgets.field import Form


def rows(district: str, sql: str, *params: Any) -> list[Any]:
    with sqlite3.connect(f"file:{district}/ubtui.db?mode=ro", uri=True) as db:
        return db.execute(sql, params).fetchall()


async def test_a_payment_between_the_look_and_the_key_is_not_posted_over(district: str) -> None:
    before = rows(district, "SELECT COUNT(*) FROM proposal")[0][0]
    async with sitting(district) as pilot:
        await press(pilot, "o")
        number = pilot.app.screen.place.key.replace("-", "")  # type: ignore[attr-defined]
        id = rows(district, "SELECT id FROM account WHERE number = ?", number)[0][0]
        with office.desk(district, "ben") as ben:
            office.bill(ben, id, 80_00, date(2026, 10, 1))
        await press(pilot, "a right right tab '54.30' f5")
        assert "Submit 54.30" in screen_text(pilot.app)
        with office.desk(district, "ben") as ben:
            office.pay(ben, id, 80_00, date(2026, 11, 20))
        await press(pilot, "f5")
        text = screen_text(pilot.app)
        assert "not the plan that was shown" in text and "54.30 → " not in text, "the new plan is shown"
        assert rows(district, "SELECT COUNT(*) FROM proposal")[0][0] == before
        await press(pilot, "f5 f5")  # looked at again, and sent
        assert "waits for lead" in screen_text(pilot.app)
    assert rows(district, "SELECT COUNT(*) FROM proposal")[0][0] == before + 1


async def test_a_card_number_in_a_note_is_said_there_and_not_kept(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "o a right right tab '54.30' tab tab ' card 4111 1111 1111 1111'")
        assert "payment card number" in screen_text(pilot.app)
        form = pilot.app.screen.query_one(Form)
        assert "Not kept" in form._errors["note"]
    bodies = rows(district, "SELECT body FROM draft")
    assert not [body for (body,) in bodies if "4111 1111 1111 1111" in body]


async def test_every_ledger_line_can_be_read_before_it_is_approved(district: str) -> None:
    with at_desk(district) as ana:
        account = ana._read(
            lambda: ana.session.value(
                "SELECT a.number FROM account a WHERE NOT EXISTS(SELECT 1 FROM staff_account s"
                " WHERE s.account_number = a.number) ORDER BY a.id LIMIT 1"
            )
        )
        id = ana._read(lambda: ana.session.value("SELECT id FROM account WHERE number = ?", [account]))
        for n in range(14):
            ana._write(lambda n=n: office.bill(ana, id, 1_00 + n, date(2026, 10, 1)))  # type: ignore[misc]
        made = ana.perform(
            adjustments.propose,
            adjustments.Propose(account=account, reason="read-correction", amount_cents=240_00),
        )
        number = office.done(made).number
    legs = rows(
        district, "SELECT COUNT(*) FROM proposal_leg WHERE proposal_id = (SELECT id FROM proposal WHERE number = ?)",
        number,
    )[0][0]  # fmt: skip
    assert legs > 14
    async with sitting(district, "ben") as pilot:
        await press(pilot, "g a end a")
        seen = screen_text(pilot.app)
        assert f"Approve {number}" in seen and "pgdn more lines" in seen
        for _ in range(5):
            await press(pilot, "pagedown")
            seen += screen_text(pilot.app)
        for cents in range(1_00, 1_14):
            assert f"Cr         {cents / 100:.2f}" in seen


async def test_a_paper_is_not_read_before_it_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paper = tmp_path / "scan.pdf"
    paper.write_bytes(b"x" * 4321)
    monkeypatch.setattr(documents, "load", lambda path: pytest.fail("it was read"))
    assert [line.value for line in fix_screen._weighed({"paper": str(paper)})] == ["scan.pdf, 4,321 bytes"]
    assert fix_screen._weighed({"paper": ""})[0].label == "still to do"
    assert "no file" in fix_screen._weighed({"paper": "/dev/zero"})[0].value
    with pytest.raises(pytest.fail.Exception):
        read_form(documents.attach, {"subject": "account:000001-8", "paper": str(paper)})


async def test_a_journal_is_taken_back_by_a_reversing_entry(district: str) -> None:
    [(account,)] = rows(
        district,
        "SELECT a.number FROM journal j JOIN posting p ON p.journal_id = j.id JOIN account a"
        " ON a.id = p.account_id WHERE a.state = 'active' GROUP BY a.number ORDER BY 1 LIMIT 1",
    )
    async with sitting(district) as pilot:
        pilot.app.go(Place("account", f"{account[:-1]}-{account[-1]}"))  # type: ignore[attr-defined]
        await settled(pilot)
        await press(pilot, "u")
        assert "Undo takes a journal back: tab to the ledger" in screen_text(pilot.app)
        await press(pilot, "tab u")
        shown = " ".join(screen_text(pilot.app).split())
        assert "back by a reversing entry" in shown and "balance" in shown and "ledger" in shown
        await press(pilot, "f5")
        assert "Reason is needed" in screen_text(pilot.app)
        await press(pilot, "'twice' f5")
        assert "takes journal" in screen_text(pilot.app) and "waits for" in screen_text(pilot.app)
        [(note, reverses)] = rows(district, "SELECT note, reverses FROM proposal ORDER BY id DESC LIMIT 1")
        assert note == "twice" and reverses is not None
        await press(pilot, "u 'again' f5")
        assert "proposes that already" in screen_text(pilot.app)


async def test_a_form_changed_in_two_windows_is_compared_field_by_field(district: str) -> None:
    [(account,)] = rows(district, "SELECT number FROM account WHERE state = 'active' ORDER BY 1 LIMIT 1")
    async with sitting(district) as pilot:
        pilot.app.go(Place("adjust", f"{account[:-1]}-{account[-1]}"))  # type: ignore[attr-defined]
        await settled(pilot)
        await press(pilot, "'lea' enter '12.50' enter")
        [kept] = pilot.app.desk.ask(drafts.kept)  # type: ignore[attr-defined]
        there = {**json.loads(kept.body), "amount_cents": "15.00", "note": "the owner called"}
        with at_desk(district) as other:
            other.save(drafts.save, kept.key, kept.form, kept.subject, json.dumps(there), kept.version)
        await press(pilot, "enter 'x'")
        shown = " ".join(screen_text(pilot.app).split())
        assert "Changed in two windows" in shown and "another window kept this form 2026-11-23 08:00" in shown
        assert "Amount * ‹ here: 12.50 ›" in shown and "Reason *" not in shown.partition("Changed in two windows")[2]
        await press(pilot, "'there' f5")
        values = pilot.app.screen.query_one(Form).values()
        assert (values["amount_cents"], values["note"]) == ("15.00", "x")
        [kept] = pilot.app.desk.ask(drafts.kept)  # type: ignore[attr-defined]
        assert json.loads(kept.body)["amount_cents"] == "15.00" and json.loads(kept.body)["note"] == "x"
