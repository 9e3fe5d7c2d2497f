"""The second person: who may put in force what another put forward."""

from collections.abc import Collection, Mapping

_ROLES = ("finance", "manager"), ("lead", "admin")
"""Whose it is, and whose where none of those works here; the first of each is asked first."""


def checkers(roles: Mapping[str, str], touched: Collection[str], maker: str) -> list[str]:
    """Who may put in force what `maker` put forward, of people by their roles; empty: nobody else is here.

    Finance and the manager, where none is another lead or administrator; nobody whose own place is `touched`, unless
    nobody else is left in any of these roles. Whoever is asked first stands first.
    """
    asked = _asked(roles, maker)
    free = [[name for name in some if name not in touched] for some in asked]
    return free[0] or free[1] or asked[0] or asked[1]


def all_touched(roles: Mapping[str, str], touched: Collection[str], maker: str) -> list[str]:
    """Several to whom it would go, each of whose own places it changes: one by one they decide for each other."""
    asked = _asked(roles, maker)
    may = asked[0] or asked[1]
    return may if len(may) > 1 and set(may) <= set(touched) else []


def _asked(roles: Mapping[str, str], maker: str) -> list[list[str]]:
    return [[name for role in some for name in roles if roles[name] == role and name != maker] for some in _ROLES]
