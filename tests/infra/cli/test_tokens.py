"""`whence tokens`: a token is printed once, listed without its secret, and revoked."""

from __future__ import annotations

import json

from adapters.tokens.bearers import Bearers
from adapters.tokens.book import TokenBook
from commands.roles import Role
from infra.config import WhenceSettings
from infra.store import open_store
from tests.infra.cli.conftest import Whence


def test_a_created_token_identifies_its_bearer_and_is_not_shown_again(whence: Whence) -> None:
    made = whence("tokens", "create", "desk", "--role", "trader")
    assert made.code == 0
    token = made.out.strip()
    engine = open_store(WhenceSettings())
    caller = Bearers(TokenBook(engine)).caller(token)
    engine.dispose()
    assert (caller.name, caller.role) == ("desk", Role.TRADER)
    assert token not in made.err
    assert "at the API of sqlite:///whence.db" in made.err
    shown = whence("tokens", "list")
    assert "desk" in shown.out
    assert token.rpartition("_")[2] not in shown.out


def test_create_and_list_print_json_for_programs(whence: Whence) -> None:
    made = json.loads(whence("tokens", "create", "bot", "--role", "viewer", "--json").out)
    assert set(made) == {"id", "name", "role", "token"}
    (listed,) = json.loads(whence("tokens", "list", "--json").out)
    assert {key: listed[key] for key in ("id", "name", "role")} == {
        key: made[key] for key in ("id", "name", "role")
    }
    assert listed["revoked_at"] is None


def test_a_revoked_token_is_listed_with_its_time_and_cannot_be_revoked_again(whence: Whence) -> None:
    whence("tokens", "create", "desk", "--role", "admin")
    assert whence("tokens", "revoke", "desk").code == 0
    (listed,) = json.loads(whence("tokens", "list", "--json").out)
    assert listed["revoked_at"] is not None
    again = whence("tokens", "revoke", "desk")
    assert again.code == 2
    assert "no token in force" in again.err


def test_an_unknown_role_is_refused_with_the_known_ones(whence: Whence) -> None:
    refused = whence("tokens", "create", "desk", "--role", "boss")
    assert refused.code == 2
    assert "there are: source, viewer, trader, admin" in refused.err


def test_an_unreachable_store_is_reported_without_its_password(whence: Whence) -> None:
    refused = whence("tokens", "list", "--store", "postgresql://desk:hushhush@127.0.0.1:1/whence")
    assert refused.code == 4
    assert "does not answer" in refused.err
    assert "hushhush" not in refused.err
