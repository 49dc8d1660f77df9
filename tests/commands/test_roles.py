"""The table of roles is complete."""

from __future__ import annotations

from typing import get_args

from commands.request import Request
from commands.roles import LEAST_ROLE, Role


def test_every_request_has_a_least_role() -> None:
    assert set(LEAST_ROLE) == set(get_args(Request))


def test_no_request_is_permitted_to_a_viewer() -> None:
    assert Role.VIEWER not in LEAST_ROLE.values()
