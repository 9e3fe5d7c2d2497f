"""Text: hostile input made harmless, widths kept, searching folded."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ubtui.domain.text import cell_width, clean_text, csv_cell, file_name, fit, fold, has_card_number

HOSTILE = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\x1b\x07\x9b\u202e\u2066\u200b\ufeff\u2028\u0301\u0489\u20dd\ud800\ue000\t\r\n가漢=@"),
    ),
    max_size=60,
)
BAD = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
MARKS = {"Mn", "Me", "Mc"}


@given(HOSTILE, st.booleans())
@example("a\u200d\u0301\u0301\u0301\u0301\u0301", False)
@example("\u0958\u0301\u0301\u0301", False)
def test_nothing_harmful_is_left(s: str, multiline: bool) -> None:
    text = clean_text(s, multiline=multiline)
    assert all(unicodedata.category(c) not in BAD or (multiline and c == "\n") for c in text)
    assert unicodedata.is_normalized("NFC", text)
    marks = 3
    for c in text:
        marks = marks + 1 if unicodedata.category(c) in MARKS else 0
        assert marks <= 3
    assert clean_text(text, multiline=multiline) == text


@given(HOSTILE, st.integers(1, 20))
def test_a_limit_is_kept_and_shown(s: str, limit: int) -> None:
    text, whole = clean_text(s, limit=limit), clean_text(s)
    assert len(text) <= limit
    assert text == whole if len(whole) <= limit else text.endswith("…")


def test_cleaning_by_hand() -> None:
    assert clean_text("José\tDíaz\r\n2 Main") == "José Díaz 2 Main"
    assert clean_text("Jose\u0301") == "José"
    assert clean_text("a\r\nb\rc\u2028d", multiline=True) == "a\nb\nc\nd"
    assert clean_text("\x1b[31mred\x1b]0;x\x07") == "[31mred]0;x"
    assert clean_text("abc\u202etxt.exe") == "abctxt.exe"
    assert clean_text("é" + "\u0301" * 50) == "é" + "\u0301" * 3
    assert clean_text("[b]not markup[/b]") == "[b]not markup[/b]"


def test_every_letter_alone_and_beside_another_is_kept_or_dropped_by_its_category() -> None:
    for c in map(chr, range(0x3000)):
        category = unicodedata.category(c)
        kept = " " if c in "\t\n\r\v\f\x85\u2028\u2029" else "" if category in BAD else unicodedata.normalize("NFC", c)
        assert clean_text(f"a{c}") == unicodedata.normalize("NFC", f"a{kept}"), hex(ord(c))
        if category not in BAD:
            wide = 0 if category in ("Mn", "Me") else 2 if unicodedata.east_asian_width(c) in "WF" else 1
            assert cell_width(f"a{c}") == 1 + wide, hex(ord(c))


DANGER = "=+-@\t\r\n\0"


@given(HOSTILE)
def test_no_cell_starts_a_formula(s: str) -> None:
    cell = csv_cell(s)
    assert unicodedata.normalize("NFKC", cell)[:1] not in set(DANGER)
    assert cell in (s, "'" + s)


@pytest.mark.parametrize("s", [c + "1+1" for c in DANGER] + ["＝1", "＋1", "－1", "＠x", "\ufeff=1", " =1", "﹦1"])
def test_formulas_and_their_full_width_forms_are_quoted(s: str) -> None:
    assert csv_cell(s) == "'" + s


@pytest.mark.parametrize("s", ["", "Main St 12", "'=1", "a=1", "12-3", "漢字"])
def test_plain_cells_are_left_alone(s: str) -> None:
    assert csv_cell(s) == s


CARDS = ["4111111111111111", "378282246310005", "6011111111111117", "5555555555554444", "4222222222222"]


@given(st.sampled_from(CARDS), st.sampled_from(["", " ", "-", " - ", "\u2013", "\u00a0"]), st.data())
def test_card_numbers_are_found_however_they_are_grouped(card: str, gap: str, data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, len(card) - 1))
    spaced = card[:cut] + (gap if len(gap) < 3 else "-") + card[cut:]
    assert has_card_number(f"paid by {spaced}, thanks")
    wrong = card[:-1] + str((int(card[-1]) + 1) % 10)
    assert not has_card_number(f"paid by {wrong}, thanks")


def test_card_numbers_among_other_figures() -> None:
    assert has_card_number("account 12 4111 1111 1111 1111 exp 12 28")
    assert has_card_number("４１１１１１１１１１１１１１１１")
    assert not has_card_number("0000 0000 0000 0000")
    assert not has_card_number("120440-3 on 2026-11-23, 555-0100")
    assert not has_card_number("")


@given(HOSTILE)
@example("../../etc/passwd")
@example("CON.txt")
def test_a_file_name_is_only_a_name(s: str) -> None:
    name = file_name(s)
    assert name and len(name) <= 100
    assert name.isascii() and not set(name) & set('/\\:*?"<>| \0\n')
    assert ".." not in name and name[0] not in ".-" and name[-1] not in ".-"
    assert name.split(".")[0].casefold() not in {"con", "prn", "aux", "nul", "com1", "lpt1"}
    assert file_name(name) == name


def test_file_names_by_hand() -> None:
    assert file_name("José's bill 11/2026.pdf") == "Jose-s-bill-11-2026.pdf"
    assert file_name("../..") == "file"


@given(HOSTILE, st.integers(0, 30))
def test_fitted_text_fits(s: str, width: int) -> None:
    text = clean_text(s)
    cut = fit(text, width)
    assert cell_width(cut) <= width
    assert cut == text if cell_width(text) <= width else width == 0 or cut.endswith("…")
    assert cell_width(fit(text, width, pad=True)) == width


def test_widths_by_hand() -> None:
    assert [cell_width(s) for s in ("abc", "漢字", "e\u0301", "", "ﾊ", "😀")] == [3, 4, 1, 0, 1, 2]
    assert fit("漢字漢", 5) == "漢字…"
    assert fit("漢字漢", 4) == "漢…"
    assert fit("漢", 4, pad=True) == "漢  "
    assert fit("Main Street", 6) == "Main …"


@given(HOSTILE)
def test_folding_twice_is_folding_once(s: str) -> None:
    assert fold(fold(s)) == fold(s)


def test_folding_by_hand() -> None:
    assert fold("  José  DÍAZ-Straße ") == "jose diaz-strasse"
    assert fold("Ａ ﬁne") == "a fine"
