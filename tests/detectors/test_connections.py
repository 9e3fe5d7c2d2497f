"""Connections and their papers: rights that nothing proves, services asked for, paid and set in the wrong order."""

from __future__ import annotations

import base64
from datetime import date

from tests.detectors.scene import DAY, Scene
from tests.detectors.test_meters import APN, DAYS, parcel, right
from ubtui.domain.subjects import ItemKey
from ubtui.services import documents, rights, worklist
from ubtui.services.documents import Paper
from ubtui.services.fixes.table import offers

SCAN = Paper(name="../card\x1b[2J.pdf", media="application/pdf", content=base64.b64encode(b"%PDF-1.4 card").decode())


def test_m14_a_verified_right_without_its_paper(scene: Scene) -> None:
    here = [scene.customer() for _ in range(2)]
    plot, other = parcel(scene, here[0]), parcel(scene, here[1], apn="012345679000")
    right(scene, plot, 1, document_id=None)
    right(scene, plot, 1, document_id=None, kind="irrigation", size="1", source="[b]permit 9[/b]\x1b[31m")
    right(scene, plot, 1, document_id=None, to_on=DAY - 1 * DAYS)
    right(scene, other, 1, status="presumed")
    scene.refresh()
    key = f"M14:parcel:{APN}"
    assert scene.items("M14") == [key]
    with scene.desk() as desk:
        item = desk.ask(worklist.item, ItemKey.parse(key))
        assert "1 potable at 5/8 in, by permit 12; 1 irrigation at 1 in, by [b]permit 9[/b]" in item.why
        assert item.account == here[0].account and item.backlog
        first = offers(desk.look(), item)[0]
        assert (first.act, first.likely) == ("right.document", True)
    no = scene.refused(rights.document, rights.Document(parcel="012345679000", paper=SCAN))
    assert "no verified right without its paper" in no.reason
    done = scene.act(rights.document, rights.Document(parcel=APN, paper=SCAN))
    assert [str(k) for k in done.closed] == [key]
    scene.steady()
    with scene.desk() as desk:
        kept = desk.ask(documents.documents, f"parcel:{APN}")
        assert [(paper.id, paper.bytes) for paper in kept] == [(done.result.document, 13)]
        assert "/" not in kept[0].name and "\x1b" not in kept[0].name
        assert [r.document for r in desk.ask(rights.rights, APN)][:2] == [kept[0].id] * 2


def test_m14_a_right_is_set_and_proved_with_its_paper(scene: Scene) -> None:
    plot = parcel(scene, scene.customer())
    assert plot
    scene.refresh()
    made = scene.act(rights.set_right, rights.Set(parcel=APN, size="1", source="permit 4", paper=SCAN))
    assert made.result.document and not [k for k in made.opened if k.code == "M14"]
    bare = scene.act(rights.set_right, rights.Set(parcel=APN, size="2", source="permit 5", from_on=date(2024, 1, 1)))
    assert [str(k) for k in bare.opened if k.code == "M14"] == [f"M14:parcel:{APN}"]
    one = scene.act(rights.document, rights.Document(parcel=APN, right=bare.result.right, paper=SCAN))
    assert [k.code for k in one.closed] == ["M14"] and one.result.document == made.result.document, "one copy is kept"
    waiting = scene.act(rights.set_right, rights.Set(parcel=APN, size="2", status="pending"))
    form = rights.Verify(parcel=APN, right=waiting.result.right, source="permit 6", paper=SCAN)
    assert not [k for k in scene.act(rights.verify, form).opened if k.code == "M14"]
    scene.steady()
