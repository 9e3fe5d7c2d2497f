"""Allocation: exact sums, the order kept, nothing over-paid."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubtui.domain.allocation import OpenItem, allocate
from ubtui.domain.errors import BadValue

ITEMS = st.lists(
    st.builds(
        OpenItem,
        st.integers(1, 1000),
        st.integers(1, 4),
        st.dates(date(2026, 1, 1), date(2026, 3, 1)),
        st.integers(0, 50_000),
    ),
    max_size=12,
    unique_by=lambda item: item.id,
)
ORDERS = st.sampled_from([("due", "priority"), ("priority", "due"), ("due",), ("priority",), ()])


@given(st.integers(0, 400_000), ITEMS, ORDERS)
def test_shares_and_remainder_are_the_credit(credit: int, items: list[OpenItem], order: tuple[str, ...]) -> None:
    shares, left = allocate(credit, items, order)
    owed = {item.id: item.open_cents for item in items}
    assert sum(cents for _, cents in shares) + left == credit
    assert all(0 < cents <= owed[id] for id, cents in shares)
    assert left == max(0, credit - sum(owed.values()))
    assert all(cents == owed[id] for id, cents in shares[:-1])


@given(st.integers(0, 400_000), ITEMS, st.randoms())
def test_the_order_of_asking_does_not_matter(credit: int, items: list[OpenItem], random: object) -> None:
    shuffled = list(items)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert allocate(credit, shuffled) == allocate(credit, items)


@given(st.integers(0, 400_000), ITEMS)
def test_no_item_is_passed_over_for_a_later_one(credit: int, items: list[OpenItem]) -> None:
    paid = dict(allocate(credit, items, ("due", "priority"))[0])
    for item in items:
        if paid.get(item.id, 0) < item.open_cents:
            later = [x for x in items if (x.due, x.charge_priority, x.id) > (item.due, item.charge_priority, item.id)]
            assert not any(x.id in paid for x in later)


def test_policies_differ() -> None:
    water = OpenItem("w", 2, date(2026, 1, 5), 1000)
    fee = OpenItem("f", 1, date(2026, 2, 5), 300)
    assert allocate(1100, [fee, water]) == ([("w", 1000), ("f", 100)], 0)
    assert allocate(1100, [fee, water], ("priority", "due")) == ([("f", 300), ("w", 800)], 0)
    assert allocate(1500, [fee, water])[1] == 200


def test_bad_input_is_refused() -> None:
    item = OpenItem(1, 1, date(2026, 1, 5), 1)
    for credit, items, order in (
        (-1, [item], ("due",)),
        (1, [OpenItem(2, 1, item.due, -1)], ("due",)),
        (1, [item], ("colour",)),
    ):
        with pytest.raises(BadValue):
            allocate(credit, items, order)


def test_what_another_owes_is_paid_last() -> None:
    old = OpenItem(1, 1, date(2026, 1, 5), 1000, True)
    own = OpenItem(2, 9, date(2026, 9, 5), 300)
    assert allocate(400, [old, own]) == ([(2, 300), (1, 100)], 0)
    assert allocate(400, [old, own], ("priority",)) == ([(2, 300), (1, 100)], 0)
