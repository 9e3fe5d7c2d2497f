"""What a list remembers, without a screen: bounded rows, pages asked for in order, ids taken out."""

from array import array

from hypothesis import given
from hypothesis import strategies as st

from ubtui.widgets.pages import KEPT, PAGE, Pages
from ubtui.widgets.rows import Row


def opened(n: int) -> Pages:
    pages = Pages()
    pages.begin(array("q", range(min(n, PAGE))), {})
    pages.finish(array("q", range(n)))
    return pages


def rows(ids: range) -> dict[int, Row]:
    return {id: Row((str(id),)) for id in ids}


def test_the_page_in_view_comes_before_the_one_beside_it() -> None:
    pages = opened(1_000)
    assert pages.missing(250, 20, 1) == list(range(200, 300))
    assert pages.missing(290, 20, 1) == list(range(200, 400))
    pages.keep(rows(range(200, 300)), 250, 20)
    assert pages.missing(250, 20, 1) == list(range(300, 400))
    assert pages.missing(250, 20, -1) == list(range(100, 200))
    pages.give_up(range(300, 400))
    assert pages.missing(250, 20, 1) == []


def test_rows_are_bounded_and_those_in_view_are_forgotten_last() -> None:
    pages = opened(10 * KEPT)
    pages.keep(rows(range(PAGE)), 0, 20)
    for start in range(PAGE, 5 * KEPT, PAGE):
        pages.keep(rows(range(start, start + PAGE)), 0, 20)
        assert pages.held() <= KEPT
        assert all(pages.row(id) for id in range(20))


def test_what_was_dropped_while_ids_were_coming_stays_dropped() -> None:
    pages = Pages()
    pages.begin(array("q", range(PAGE)), rows(range(PAGE)))
    pages.drop({5}, 0)
    pages.finish(array("q", range(1_000)))
    assert len(pages) == 999
    assert pages.place_of(5) is None


@given(st.sets(st.integers(0, 60)), st.integers(0, 49))
def test_after_a_drop_the_cursor_is_on_its_id_or_the_next_one(gone: set[int], cursor: int) -> None:
    pages = opened(50)
    left = [id for id in range(50) if id not in gone]
    place = pages.drop(gone, cursor)
    assert list(pages.ids) == left
    assert place == len([id for id in left if id < cursor])
