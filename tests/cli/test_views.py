"""Looking at what is protected, from the shell: who did is known, and who may not is told so in one sentence."""

from __future__ import annotations

import json

import pytest

from tests.services import office
from ubtui.cli import run_command
from ubtui.domain.numbers import format_account


@pytest.mark.parametrize("what", ["account.show", "meter.show"])
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_look_is_an_event_and_an_admin_has_none(
    sample: str, what: str, form: str, capfd: pytest.CaptureFixture[str]
) -> None:
    session = office.admin(sample)
    point = session.value("SELECT number FROM service_point ORDER BY id LIMIT 1")
    number = format_account(session.value("SELECT number FROM account ORDER BY id LIMIT 1"))
    session.run("INSERT INTO staff(name, full_name, role) VALUES ('finn', 'Finn Moss', 'admin')")
    session.database.close()
    words = ["account", "show", number] if what == "account.show" else ["meter", "history", point]
    line = [*words, "--data", sample, "--format", form]
    capfd.readouterr()
    assert run_command([*line, "--as", "dee"]) == 0
    assert capfd.readouterr().out
    assert run_command([*line, "--as", "finn"]) == 1
    out, said = capfd.readouterr()
    assert out == "" and said.startswith(f"refused: the role admin may not do {what}") and said.count("\n") == 1
    with office.desk(sample) as desk:
        seen = desk.session.rows("SELECT actor, outcome, body FROM audit WHERE act = ? ORDER BY seq", [what])
    assert [row[:2] for row in seen] == [("dee", "viewed"), ("finn", "refused")]
    assert (number if what == "account.show" else point) in json.loads(seen[0][2])["facts"].values()
