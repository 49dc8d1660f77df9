"""Strategies of other packages: they are found by their entry points, and refused where they break the contract."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

import pytest

from adapters.avro import AvroCodec
from adapters.log.library import open_memory
from adapters.tapes import synthetic_tape
from domain.errors import InvalidInput, InvalidSettings, StrategyFailed
from domain.settings import Settings, StrategySettings
from domain.signal import SignalDetected
from infra.run.plan import Plan
from infra.trading import instance_of, strategy_of
from tests.journeys.runs import plan, play
from tests.replacing import replace

MODULE = """
from decimal import Decimal

from domain.strategies import Direction, Intent, Proposal


class Every:
    def __init__(self, parameters, name="every", **mistaken):
        self.name, self.bars, self.mistaken = name, int(parameters.get("bars", 50)), mistaken

    def watch(self):
        return Watcher(self)

    def scan(self, candles):
        watcher = self.watch()
        return [watcher.on_candle(candle) for candle in candles]


class Watcher:
    def __init__(self, strategy):
        self.strategy, self.seen = strategy, 0

    def on_candle(self, candle):
        self.seen += 1
        if self.seen % self.strategy.bars:
            return None
        stop, target = candle.close * Decimal("0.99"), candle.close * Decimal("1.03")
        named = {
            "strategy": self.strategy.name, "instrument": candle.instrument, "interval": candle.interval,
            "direction": Direction.LONG, "intent": Intent.ENTER, "confidence": 0.9, "trend": 0.5,
            "price": candle.close, "stop": stop, "target": target, "inputs": {"seen": float(self.seen)},
        }
        return Proposal(**named | self.strategy.mistaken)


def namesake(parameters):
    return Every(parameters, name="trend")


def later(parameters):
    return Every(parameters, name="later")


def broken(parameters):
    return Every(parameters, colour="blue")


def other_market(parameters):
    return Every(parameters, instrument="ETHUSDT-LINEAR.BYBIT")


def other_name(parameters):
    return Every(parameters, strategy="somebody")


def other_price(parameters):
    return Every(parameters, price=Decimal(1))
"""

ENTRY_POINTS = """
[whence.strategies]
every = whence_every:Every
later = whence_every:later
namesake = whence_every:namesake
broken = whence_every:broken
other_market = whence_every:other_market
other_name = whence_every:other_name
other_price = whence_every:other_price
no_module = whence_nowhere:Every
no_object = whence_every:Nothing
"""


@pytest.fixture(autouse=True)
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Installs the package as pip does: writes a module, and a folder that names its entry points."""
    (tmp_path / "whence_every.py").write_text(MODULE)
    metadata = tmp_path / "whence_every-0.1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: whence-every\nVersion: 0.1\n")
    (metadata / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.delitem(sys.modules, "whence_every", raising=False)


def plan_with(*strategies: StrategySettings) -> Plan:
    tapes = synthetic_tape(4, ["BTCUSDT"], candles=400)
    return plan(tapes, replace(Settings(), strategies=strategies))


def signals_of(the_plan: Plan) -> list[SignalDetected]:
    with closing(open_memory(AvroCodec())) as log:
        first, again = play(the_plan, log), play(the_plan, log)
        assert first == again == [one.envelope for one in log.read()]
    return [one.event for one in first if isinstance(one.event, SignalDetected)]


def test_a_strategy_of_another_package_trades_beside_our_own() -> None:
    signals = signals_of(plan_with(StrategySettings("trend"), StrategySettings("every", {"bars": "40"})))
    raised = [signal for signal in signals if signal.strategy == "every"]
    assert [signal.inputs["seen"] for signal in raised] == [40.0 * n for n in range(1, 11)]
    assert {signal.strategy for signal in signals} == {"trend", "every"}


def test_two_strategies_with_one_id_are_refused() -> None:
    with pytest.raises(InvalidSettings, match="more than one has the id trend; give each an id of its own"):
        plan_with(StrategySettings("trend"), StrategySettings("trend", {"fast": "10"}))


def test_a_strategy_with_another_name_of_its_own_is_recorded_under_its_configured_id() -> None:
    signals = signals_of(plan_with(StrategySettings("trend"), StrategySettings("namesake")))
    assert {signal.strategy for signal in signals} == {"trend", "namesake"}


@pytest.mark.parametrize("name", ["other_market", "other_name", "other_price"])
def test_a_proposal_that_does_not_match_its_candle_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match=r"strategy every proposed .* on a candle of every BTCUSDT-LINEAR"):
        signals_of(plan_with(StrategySettings(name)))


def test_a_strategy_that_raises_ends_the_run_with_its_name_and_candle() -> None:
    with pytest.raises(
        StrategyFailed,
        match=r"strategy every failed on candle:BTCUSDT-LINEAR.BYBIT:5m:.*: TypeError: .*colour",
    ):
        signals_of(plan_with(StrategySettings("broken")))


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        (StrategySettings("no_module"), "ModuleNotFoundError: No module named 'whence_nowhere'"),
        (StrategySettings("no_object"), "AttributeError: "),
        (StrategySettings("every", {"bars": "many"}), "ValueError: invalid literal"),
    ],
)
def test_a_strategy_that_cannot_be_created_is_refused_with_its_fault(
    settings: StrategySettings, fault: str
) -> None:
    with pytest.raises(InvalidSettings) as refused:
        strategy_of(settings)
    assert str(refused.value).startswith(f"trading.strategies: '{settings.name}' (whence_")
    assert fault in str(refused.value)


def test_signals_in_the_log_are_recalled_although_a_later_version_does_not_raise_them() -> None:
    both = plan_with(StrategySettings("every", {"bars": "50"}), StrategySettings("later", {"bars": "50"}))
    silent = replace(
        both, instances=(both.instances[0], instance_of(StrategySettings("later", {"bars": "999"})))
    )
    with closing(open_memory(AvroCodec())) as log:
        assert play(both, log) == play(silent, log)


def test_an_unknown_strategy_is_refused_with_the_names_of_all_installed_ones() -> None:
    with pytest.raises(InvalidSettings, match=r"there are: .*broken, .*every, .*later, .*trend"):
        strategy_of(StrategySettings("luck"))
