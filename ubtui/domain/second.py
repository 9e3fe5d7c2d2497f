"""The second person: who may put in force what another put forward."""

from collections.abc import Collection, Mapping

_ROLES = ("finance", "manager"), ("lead", "admin")
"""Whose it is, and whose where none of those works here; the first of each is asked first."""


def checkers(roles: Mapping[str, str], touched: Collection[str], maker: str) -> list[str]:
    """Who may put in force what `maker` put forward, of people by their roles; empty: nobody else is here.

    Finance and the manager, where none is another lead or administrator; nobody whose own place is `touched`, unless
    no other is left. Whoever is asked first stands first.
    """
    asked = [[name for role in some for name in roles if roles[name] == role and name != maker] for some in _ROLES]
    may = asked[0] or asked[1]
    return [name for name in may if name not in touched] or may
