"""The page of the audit: a browser checks the notary's signature and the proof of an event by itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
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


def test_a_report_that_is_saved_from_the_page_has_the_bytes_of_the_command(
    page: Page, signed: Signed
) -> None:
    folder = signed.serving.folder
    page.get_by_role("button", name="2025-01").click()
    report = page.get_by_role("status", name="Report")
    expect(report).to_contain_text("Closing balance")
    period = ("--from", "2025-01-01", "--to", "2025-01-31")
    for form, button in (("html", "Save the report"), ("json", "Save its figures")):
        with page.expect_download() as saving:
            page.get_by_role("button", name=button).click()
        out = str(folder / f"by-command.{form}")
        assert whence(folder, "report", *period, "--format", form, "--out", out).returncode == 0
        assert saving.value.path().read_bytes() == Path(out).read_bytes()
        assert re.fullmatch(rf"whence-report-DEMO-paper-[0-9-]+\.{form}", saving.value.suggested_filename)


def test_a_report_of_days_before_the_log_shows_why_there_is_none(page: Page) -> None:
    page.get_by_label("To", exact=True).fill("2020-01-31")
    page.get_by_role("button", name="Make the report").click()
    expect(page.get_by_role("status", name="Report").locator(".loss")).not_to_be_empty()
