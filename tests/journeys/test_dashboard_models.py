"""The page of the models shows the champion, the challenger and their drifts, as the log has them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, Page, expect

from infra.config import WhenceSettings
from infra.logs import open_owned
from tests.browser import visit
from tests.commands.models_of_tests import FIRST, SECOND
from tests.journeys.serving import Started, started
from tests.projections.test_models import a_traded_day


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """A log in which two models score an entry whose trade gains; then the challenger is promoted."""
    folder = tmp_path_factory.mktemp("models")
    with closing(open_owned(WhenceSettings(log=f"sqlite:///{folder / 'whence.db'}"))) as log:
        log.append(a_traded_day().desk.recorded)
    with started(folder, "--read-only") as serving:
        yield serving


@pytest.fixture
def page(browser: Browser, scored: Started) -> Iterator[Page]:
    with visit(browser) as visiting:
        visiting.page.goto(f"{scored.page()}#/models")
        yield visiting.page


def test_the_champion_has_its_calibration_and_the_other_model_stands_below(page: Page) -> None:
    expect(page.get_by_text(SECOND[:8])).to_be_visible()
    shown = {
        name: page.locator(".figure", has_text=name) for name in ("Mean confidence", "Share that gained")
    }
    expect(shown["Mean confidence"]).to_contain_text("40.0\u202f%")
    expect(shown["Share that gained"]).to_contain_text("100.0\u202f%")
    others = page.get_by_role("table", name="Challengers and other models")
    expect(others.get_by_role("row")).to_have_count(2)
    expect(others).to_contain_text(FIRST[:8])
    expect(others.get_by_text("passed", exact=True)).to_be_visible()
    expect(page.get_by_text("Gate passed")).to_be_visible()
    figures = page.get_by_role("table", name="Figures of its validation").get_by_role("row")
    expect(figures.first).to_have_text("FigureValue")
    assert len(figures.all_inner_texts()) > 1


def test_the_scores_stand_beside_the_votes_on_a_signal(page: Page) -> None:
    page.get_by_role("link", name="Decisions").click()
    page.get_by_role("row").nth(1).click()
    scores = page.get_by_role("region", name="Scores of the models")
    expect(scores.get_by_role("row")).to_have_count(3)
    expect(scores).to_contain_text("80.0\u202f%")
