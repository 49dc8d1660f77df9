"""A built-in strategy on books from a recording to explained, replayed decisions; and a book that is lost meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.direction import Side
from domain.order import OrderFilled
from domain.position import PositionClosed, PositionOpened
from domain.signal import DecisionMade, SignalDetected, Verdict
from tests.infra.cli.conftest import Whence
from tests.infra.recording.traffic import binance_traffic, received_from_binance, recorded
from tests.journeys.runs import events_at

SETTINGS = """
[[trading.strategies]]
name = "book-scalper"
interval = "1m"
[trading.strategies.parameters]
reward = 20
least_reward = 15
[trading.strategies.models]
minimum_confidence = 0
[trading.alpha]
minimum_trend = -1
minimum_reward_to_risk = 0
[trading.book]
levels = 50
readings_per_second = 10
max_slippage_bps = 100
"""
UNTIL = datetime(2024, 8, 8, 23, 58, 2, tzinfo=UTC)


PAGE = Path(__file__).parents[3] / "docs" / "order-book.md"


@pytest.fixture(scope="module")
def folder(market_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    received = received_from_binance(binance_traffic(market_data, UNTIL), reads=False)
    return recorded(received, tmp_path_factory.mktemp("traffic") / "recording")


def test_the_settings_of_the_page_enter_and_close_on_a_recording_as_they_stand(
    whence: Whence, folder: Path, tmp_path: Path
) -> None:
    config, log = tmp_path / "scalper.toml", f"sqlite:///{tmp_path}/tested.db"
    config.write_text(PAGE.read_text().split("```toml\n")[1].split("```")[0])
    done = whence("backtest", "--recording", str(folder), "--config", str(config), "--log", log)
    assert done.code == 0, done
    events = [one.envelope.event for one in events_at(log)]
    assert [type(one).__name__ for one in events if isinstance(one, PositionOpened | PositionClosed)] == [
        "PositionOpened",
        "PositionClosed",
    ]


def test_a_recording_is_scalped_with_expected_and_real_slippage_explained_and_replayed_alike(
    whence: Whence, folder: Path, tmp_path: Path
) -> None:
    config = tmp_path / "scalper.toml"
    config.write_text(SETTINGS)
    log = f"sqlite:///{tmp_path}/scalped.db"
    done = whence("backtest", "--recording", str(folder), "--config", str(config), "--log", log)
    assert done.code == 0, done
    events = [one.envelope for one in events_at(log)]
    signals = [one for one in events if isinstance(one.event, SignalDetected)]
    assert signals
    decisions = {one.meta.correlation_id: one.event for one in events if isinstance(one.event, DecisionMade)}
    entered = [one for one in signals if decisions[one.meta.correlation_id].verdict is Verdict.ENTER]
    assert entered, [one.reasons for one in decisions.values()]
    first = entered[0]
    assert isinstance(first.event, SignalDetected)
    assert first.event.book is not None
    assert first.meta.causation_id == f"book:{first.event.instrument}:{first.event.book.update_id}"
    assert any(isinstance(one.event, OrderFilled) for one in events)
    told = whence("explain", first.meta.correlation_id, "--log", log, "--config", str(config))
    assert told.code == 0, told
    words = " ".join(told.out.split())
    book = first.event.book
    entry = f"filled {decisions[first.meta.correlation_id].quantity} at"
    assert first.meta.causation_id in words
    assert (
        f"{entry} {book.taken_by(Side.SELL)[0].price}, slippage 0 (0 bp), expected by the book 0 bp" in words
    )
    verified = whence("replay", "--verify", "--log", log, "--config", str(config))
    assert verified.code == 0, verified
