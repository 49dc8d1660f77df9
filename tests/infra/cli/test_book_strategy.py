"""A built-in strategy on books from a recording to explained, replayed decisions; and a book that is lost meanwhile."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from domain.direction import Side
from domain.features.book import BOOK_1
from domain.features.core import CORE_1
from domain.features.feature_set import FeatureSet
from domain.order import OrderFilled
from domain.position import PositionClosed, PositionOpened
from domain.scored import ScoreOutcome, SignalScored
from domain.signal import DecisionMade, SignalDetected, Verdict
from domain.strategies import Intent
from tests.domain.models.files import constant, rarely
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


def test_a_model_scores_the_signals_of_a_recording_and_the_report_counts_its_scores(
    whence: Whence, folder: Path, tmp_path: Path
) -> None:
    config, log = tmp_path / "scalper.toml", f"sqlite:///{tmp_path}/scored.db"
    config.write_text(SETTINGS)
    model = tmp_path / "model.json"
    model.write_bytes(constant())
    run = ("backtest", "--recording", str(folder), "--config", str(config), "--json")
    done = whence(*run, "--model", str(model), "--log", log)
    assert done.code == 0, done
    events = [one.envelope.event for one in events_at(log)]
    scores = [one for one in events if isinstance(one, SignalScored)]
    entries = [one for one in events if isinstance(one, SignalDetected) and one.intent is Intent.ENTER]
    assert len(scores) == len(entries) > 0
    assert {one.outcome for one in scores} == {ScoreOutcome.OK}
    assert {round(one.confidence or 0, 3) for one in scores} == {0.818}
    found = json.loads(done.out)
    digest = sha256(model.read_bytes()).hexdigest()[:12]
    assert f"The model {digest} scored {len(scores)} signal" in " ".join(found["notes"])


def test_the_log_of_a_backtest_has_another_id_with_another_model(whence: Whence, tmp_path: Path) -> None:
    names = ["none", *(str(tmp_path / name) for name in ("one.json", "other.json"))]
    for name, logit in zip(names[1:], (1.5, -3.0), strict=True):
        Path(name).write_bytes(constant(logit))
    run = ("backtest", "--symbol", "BTCUSDT", "--bars", "20", "--json")
    without, *found = (
        json.loads(whence(*run, *given).out)["log_id"] for given in ((), *(("--model", one) for one in names))
    )
    assert found[0] == without
    assert len(set(found)) == 3


@pytest.mark.parametrize(
    ("features", "given", "words"),
    [
        (
            BOOK_1,
            ("--recording", "FOLDER"),
            "without trading.book.required the engine need not have an order book",
        ),
        (
            BOOK_1,
            ("--bars", "50"),
            "figures of order books, which this market does not have: trade a recording",
        ),
        (
            None,
            ("--bars", "50"),
            "this is no file, and a new log knows no registered model; name the model's file",
        ),
        (CORE_1, ("--bars", "50", "--check-lookahead"), "which no model changes: leave out --model"),
    ],
    ids=["books not required", "no books", "no file", "a check of signals"],
)
def test_a_model_that_cannot_score_on_the_market_of_a_backtest_is_refused_with_the_reason(
    whence: Whence,
    folder: Path,
    tmp_path: Path,
    features: FeatureSet | None,
    given: tuple[str, ...],
    words: str,
) -> None:
    model = tmp_path / "model.json"
    if features is not None:
        model.write_bytes(
            constant(
                feature_set=features.id,
                features=features.names,
                reference=[rarely(name) for name in features.names],
            )
        )
    done = whence("backtest", *(one.replace("FOLDER", str(folder)) for one in given), "--model", str(model))
    assert done.code in (1, 2), done
    assert words in " ".join(done.err.split())
