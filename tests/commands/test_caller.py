"""How far each role reaches."""

from __future__ import annotations

import pytest

from commands.caller import ANONYMOUS, Caller
from commands.roles import Role
from domain.errors import NotAllowed, Unauthenticated


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("least", Role)
def test_a_role_reaches_itself_and_those_below(role: Role, least: Role) -> None:
    caller = Caller("desk", role, "t1")
    if role >= least:
        caller.check(least)
    else:
        with pytest.raises(NotAllowed, match=f"needs the role {least.word}"):
            caller.check(least)


@pytest.mark.parametrize("role", [Role.TRADER, Role.ADMIN])
def test_without_a_token_one_reads(role: Role) -> None:
    ANONYMOUS.check(Role.VIEWER)
    with pytest.raises(Unauthenticated):
        ANONYMOUS.check(role)


def test_nobody_without_a_token_acts_whatever_role_was_given_by_mistake() -> None:
    with pytest.raises(Unauthenticated):
        Caller("anonymous", Role.ADMIN, None).check(Role.TRADER)


def test_roles_are_read_as_they_are_told() -> None:
    assert [Role.named(role.word) for role in Role] == list(Role)
