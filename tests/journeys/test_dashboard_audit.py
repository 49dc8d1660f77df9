"""The page of the audit: a browser checks the notary's signature and the proof of an event by itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser import visit
from tests.journeys.program import whence
from tests.journeys.serving import Started, started


@dataclass(frozen=True)
class Signed:
    """The demo's log with a notary, served by the API; `key` is the notary's public key."""

    serving: Started
    key: str


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signed]:
    folder = tmp_path_factory.mktemp("audit")
    assert whence(folder, "paper").returncode == 0
    notary = ("--folder", str(folder / "notary"))
    assert whence(folder, "notary", "run", "--once", *notary).returncode == 0
    key = whence(folder, "notary", "key", *notary).stdout.strip()
    with started(folder, "--checkpoints", str(folder / "notary")) as serving:
        yield Signed(serving, key)


@pytest.fixture
def page(browser: Browser, signed: Signed) -> Iterator[Page]:
    """The page of the audit, whose reader has typed the notary's key."""
    with visit(browser) as visiting:
        visiting.page.goto(f"{signed.serving.page()}#/audit/7")
        visiting.page.get_by_label("Public key of the notary").fill(signed.key)
        yield visiting.page


def found_by(page: Page, button: str) -> str:
    """What the check of this name found."""
    page.get_by_role("button", name=button).click()
    finding = page.get_by_role("status", name=button)
    expect(finding).to_contain_text(re.compile("[✓✗]"))
    return finding.inner_text()


def test_the_signature_the_whole_log_and_one_event_are_proven(page: Page) -> None:
    assert found_by(page, "Check the signature").startswith("✓ The notary with this key has signed")
    assert found_by(page, "Verify the log").startswith("✓ ")
    proven = found_by(page, "Check the proof")
    assert proven.count("✓") == 2, proven
    assert "✗" not in proven


def test_another_key_and_a_changed_event_are_found_by_the_browser(page: Page, signed: Signed) -> None:
    def tampered(route: Route) -> None:
        answer = route.fetch()
        content: dict[str, Any] = answer.json()
        proof: dict[str, Any] | None = content["data"].get("inclusion")
        if proof is not None:
            proof["version"] = str(int(proof["version"]) + 1)
        route.fulfill(response=answer, body=json.dumps(content))

    page.route("**/graphql", tampered)
    assert "✗" in found_by(page, "Check the proof")
    page.unroute("**/graphql")

    name, _, rest = signed.key.partition("+")
    page.get_by_label("Public key of the notary").fill(f"{name}+{rest[:-6]}AAAAAA")
    assert found_by(page, "Check the signature").startswith("✗")
