"""For whom a token may send requests: the header `Whence-Actor`."""

from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from adapters.http.acting import acting
from commands.caller import Caller
from commands.roles import Role
from domain.errors import InvalidInput, NotAllowed


def named(token: str, role: Role, *actors: str) -> Caller:
    """The caller of a request with this token and these headers."""
    headers = Headers(raw=[(b"whence-actor", one.encode()) for one in actors])
    return acting(Caller(token, role, "t1"), headers)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TRADER, Role.ADMIN])
def test_a_token_of_a_program_sends_for_its_people_with_its_own_role(role: Role) -> None:
    found = named(f"telegram-{role.word}", role, "telegram:11")
    assert found == Caller("telegram:11", role, "t1")


def test_without_the_header_the_caller_is_the_token() -> None:
    assert named("telegram-trader", Role.TRADER).name == "telegram-trader"


@pytest.mark.parametrize(
    ("token", "actor"),
    [
        ("ada", "telegram:11"),
        ("tele", "telegram:11"),
        ("telegram-viewer", "telegram:11"),
        ("telegram-trader", "TELEGRAM:11"),
        ("telegram-trader", "telegram-trader:11"),
        ("telegram-trader", "ada:11"),
        ("source", "source:11"),
        ("Source", "Source:11"),
        ("SOURCE-trader", "SOURCE:11"),
    ],
)
def test_a_token_sends_for_no_other_name(token: str, actor: str) -> None:
    with pytest.raises(NotAllowed, match="for no others"):
        named(token, Role.TRADER, actor)


@pytest.mark.parametrize(
    "actor",
    [
        "",
        "telegram",
        "telegram:",
        ":11",
        "telegram:11:12",
        "telegram:11\n",
        "telegram:a b",
        "telegram:\uff11",
    ],
)
def test_a_header_that_is_no_actor_is_refused(actor: str) -> None:
    with pytest.raises(InvalidInput, match="must be one NAME:PERSON"):
        named("telegram-trader", Role.TRADER, actor)


def test_two_headers_are_refused() -> None:
    with pytest.raises(InvalidInput, match="must be one NAME:PERSON"):
        named("telegram-trader", Role.TRADER, "telegram:11", "telegram:12")
