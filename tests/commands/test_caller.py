"""The requests that each role permits."""

from __future__ import annotations

import pytest

from commands.caller import ANONYMOUS, Caller
from commands.roles import Role
from domain.errors import NotAllowed, Unauthenticated


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("least", Role)
def test_a_role_permits_what_it_and_lower_roles_may_do(role: Role, least: Role) -> None:
    caller = Caller("desk", role, "t1")
    if role >= least:
        caller.check(least)
    else:
        with pytest.raises(NotAllowed, match=f"needs the role {least.word}"):
            caller.check(least)


@pytest.mark.parametrize("role", [Role.TRADER, Role.ADMIN])
def test_a_caller_without_a_token_may_only_read(role: Role) -> None:
    ANONYMOUS.check(Role.VIEWER)
    with pytest.raises(Unauthenticated):
        ANONYMOUS.check(role)


def test_a_caller_without_a_token_may_only_read_whatever_its_role() -> None:
    with pytest.raises(Unauthenticated):
        Caller("anonymous", Role.ADMIN, None).check(Role.TRADER)


def test_a_role_is_read_from_its_word() -> None:
    assert [Role.named(role.word) for role in Role] == list(Role)
