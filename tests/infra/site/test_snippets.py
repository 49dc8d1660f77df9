"""The snippets of the pages that are no commands: settings, GraphQL, JSON and Python."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, parse, validate

from adapters.graphql.schema import printed
from infra.accounts import read_accounts
from infra.config import load
from infra.trading import trading_settings
from tests.infra.site.blocks import ROOT, Block, blocks

PACKAGE = "CONTRIBUTING.md"
"""Its snippets are a package with a strategy and its settings; tests/infra/run/test_contributing.py runs them."""
CONNECTS: Mapping[str, str] = {
    "WebsocketsTransport": "tests/adapters/graphql/serving.py",
    "unified.WebSocket(": "tests/adapters/simulated/server/clients.py",
}
"""Snippets in Python that connect to a running program, so that they are compiled here: a text in each of them, and the
file of the tests that connects in the same way."""


def _of(*languages: str) -> list[Any]:
    found = [one for one in blocks() if one.language in languages and one.page != PACKAGE]
    return [pytest.param(one, id=f"{one.page}-{number}") for number, one in enumerate(found)]


ACCOUNTS = "[[account]]"
"""The beginning of a snippet that is a file of `whence accounts`."""


@pytest.mark.parametrize("block", _of("toml"))
def test_a_snippet_of_settings_is_read_by_the_parser_of_settings(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if block.text.startswith(ACCOUNTS):
        (tmp_path / "accounts.toml").write_text(block.text, encoding="utf-8")
        assert read_accounts(tmp_path / "accounts.toml")
        return
    (tmp_path / "whence.toml").write_text(block.text, encoding="utf-8")
    trading_settings(load().trading)


@pytest.mark.parametrize("block", _of("graphql"))
def test_a_snippet_of_graphql_is_valid_in_the_schema(block: Block) -> None:
    assert validate(build_schema(printed()), parse(block.text)) == []


@pytest.mark.parametrize("block", _of("json"))
def test_a_snippet_of_json_is_json(block: Block) -> None:
    """The sender fills in `{{…}}`; a snippet that begins with a name is a part of an object."""
    text = re.sub(r"\{\{.*?\}\}", "1", block.text).strip()
    assert json.loads(f"{{{text.rstrip(',')}}}" if text.startswith('"') else text) is not None


def test_snippets_in_python_that_connect_to_nothing_run_in_the_order_of_their_page() -> None:
    pages: dict[str, dict[str, Any]] = {}
    skipped: set[str] = set()
    for block in blocks():
        if block.language != "python" or block.page == PACKAGE:
            continue
        ast.parse(block.text)
        connecting = next((one for one in CONNECTS if one in block.text), None)
        if connecting:
            skipped.add(connecting)
            continue
        names = pages.setdefault(block.page, {"KEY": "demo", "SECRET": "demo"})
        # The page states that the snippet is for ccxt, ccxt.async_support and ccxt.pro; the last one has sockets.
        text = block.text.replace("import ccxt\n", "import ccxt.pro as ccxt\n")
        exec(compile(text, block.page, "exec"), names)  # noqa: S102  # it is text of this project
    assert skipped == set(CONNECTS)
    assert [path for path in CONNECTS.values() if not (ROOT / path).is_file()] == []
    exchange = pages["venue.md"]["exchange"]
    assert exchange.urls["api"]["public"] == "http://127.0.0.1:8680"
    assert exchange.urls["api"]["ws"]["public"]["linear"] == "ws://127.0.0.1:8680/v5/public/linear"
    assert pages["venue.md"]["session"].endpoint == "http://127.0.0.1:8680"


def test_the_documents_inside_python_are_valid_in_the_schema() -> None:
    found = [text for one in blocks() for text in re.findall(r'gql\("""(.*?)"""\)', one.text, re.DOTALL)]
    assert found
    assert [validate(build_schema(printed()), parse(text)) for text in found] == [[]] * len(found)


def test_no_block_has_a_language_that_no_test_reads() -> None:
    assert {one.language for one in blocks()} == {"", "sh", "ini", "toml", "json", "graphql", "python"}
