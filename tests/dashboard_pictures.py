"""Makes the README's pictures of the dashboard anew: `python -m tests.dashboard_pictures`.

They show the log of `make demo`, served by the program, in Chromium with a width of 1400 pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser import chromium
from tests.journeys.program import patient_whence
from tests.journeys.serving import drained, started
from tests.journeys.test_dashboard import opened

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
SIZE: ViewportSize = {"width": 1400, "height": 860}
COLOURS = 256
"""The colours of a picture, whose file is smaller than with all of them."""
_PATIENCE = 300.0


def chart(page: Page) -> None:
    opened(page, "chart").get_by_label("Interval").select_option("1h")
    expect(page.get_by_role("figure", name="Candles of BTCUSDT-LINEAR.BYBIT, 1h")).to_be_visible()
    expect(page.get_by_role("table", name="Marks").get_by_role("row").nth(1)).to_be_visible()


def chain(page: Page) -> None:
    opened(page, "positions").get_by_role("row").nth(1).click()
    expect(page.locator(".story")).to_contain_text("PositionClosed")


def performance(page: Page) -> None:
    expect(opened(page, "performance").locator(".curve").nth(1)).to_be_visible()


PICTURES: Mapping[str, Callable[[Page], None]] = {
    "chart": chart,
    "chain": chain,
    "performance": performance,
}


def main() -> None:
    """Writes each picture as a PNG file."""
    FOLDER.mkdir(exist_ok=True)
    with TemporaryDirectory() as name:
        folder = Path(name)
        done = patient_whence(folder, _PATIENCE, "paper")
        assert done.returncode == 0, done.stderr
        with started(folder) as serving, drained(serving.program, folder / "api.log"), chromium() as browser:
            page = browser.new_page(viewport=SIZE, color_scheme="light")
            page.goto(serving.page())
            expect(page.locator(".connection.live")).to_be_visible()
            for picture, show in PICTURES.items():
                show(page)
                expect(page.get_by_text("Loading …")).to_have_count(0)
                written(FOLDER / f"{picture}.png", page.screenshot(animations="disabled"))


def written(file: Path, shot: bytes) -> None:
    image = (
        Image.open(BytesIO(shot))
        .convert("RGB")
        .quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    )
    image.save(file, optimize=True)


if __name__ == "__main__":
    main()
