"""Who may be the second person: finance or the manager, else a lead or an administrator, never the maker."""

from hypothesis import given
from hypothesis import strategies as st

from ubtui.domain.second import all_touched, checkers

NAMES = st.sampled_from("abcdef")
STAFF = st.dictionaries(NAMES, st.sampled_from(["finance", "manager", "lead", "admin", "technician", "service"]))


@given(STAFF, st.sets(NAMES), NAMES)
def test_the_second_person_is_another_of_a_role_that_decides(
    roles: dict[str, str], touched: set[str], maker: str
) -> None:
    may = checkers(roles, touched, maker)
    assert maker not in may and len(set(may)) == len(may)
    assert {roles[name] for name in may} <= {"finance", "manager", "lead", "admin"}
    if free := {name for name in may if name not in touched}:
        assert free == set(may)
    several = all_touched(roles, touched, maker)
    assert set(several) <= touched - {maker} and len(several) != 1
    others = {name: role for name, role in roles.items() if name != maker}
    if {"finance", "manager"} & set(others.values()) - {roles[name] for name in touched if name in roles}:
        assert {roles[name] for name in may} <= {"finance", "manager"}
    assert bool(may) == bool({"finance", "manager", "lead", "admin"} & set(others.values()))


def test_finance_is_asked_before_the_manager_and_both_before_a_lead() -> None:
    roles = {"lee": "lead", "mia": "manager", "fay": "finance", "ada": "admin", "tim": "technician"}
    assert checkers(roles, (), "lee") == ["fay", "mia"]
    assert checkers(roles, ("fay",), "lee") == ["mia"]
    assert all_touched(roles, ("fay", "mia", "tim"), "lee") == ["fay", "mia"]
    few = {"lee": "lead", "mia": "manager", "ada": "admin"}
    assert checkers(few, ("mia",), "lee") == ["ada"] and all_touched(few, ("mia",), "lee") == []
    assert checkers(few, ("mia", "ada"), "lee") == ["mia"]
    assert checkers({"ada": "admin", "lee": "lead", "bob": "lead"}, (), "lee") == ["bob", "ada"]
    assert checkers({"lee": "lead", "tim": "technician"}, (), "lee") == []
