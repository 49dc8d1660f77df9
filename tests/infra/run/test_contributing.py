"""The strategy in CONTRIBUTING.md trades when it is installed as that page describes."""

from __future__ import annotations

import re
import sys
import tomllib
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.avro import AvroCodec
from adapters.log.library import open_memory
from adapters.tapes import synthetic_tape
from domain.errors import InvalidSettings
from domain.settings import StrategySettings
from domain.signal import SignalDetected
from infra.run.plan import plan_of
from infra.trading import strategy_of, trading_settings
from tests.journeys.runs import play

PAGE = (Path(__file__).parents[3] / "CONTRIBUTING.md").read_text(encoding="utf-8")
(MODULE,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
PROJECT, SETTINGS = (tomllib.loads(text) for text in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL))


@pytest.fixture(autouse=True)
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Installs the package as pip does: writes its module, and a folder that names its entry points."""
    (tmp_path / "whence_channel.py").write_text(MODULE)
    project = PROJECT["project"]
    folder = tmp_path / f"whence_channel-{project['version']}.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 0.1\n")
    points = [f"{name} = {target}" for name, target in project["entry-points"]["whence.strategies"].items()]
    (folder / "entry_points.txt").write_text("\n".join(["[whence.strategies]", *points, ""]))
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.delitem(sys.modules, "whence_channel", raising=False)


def test_both_instances_of_the_page_trade_and_their_log_can_be_resumed() -> None:
    tapes = synthetic_tape(4, ["BTCUSDT"], candles=600)
    settings = trading_settings(SETTINGS["trading"])
    plan = plan_of(tapes, "paper", Decimal(10_000), Decimal(1), settings)
    with closing(open_memory(AvroCodec())) as log:
        first = play(plan, log)
        assert play(plan, log) == first == [one.envelope for one in log.read()]
    signals = [one.event for one in first if isinstance(one.event, SignalDetected)]
    assert {one.strategy for one in signals} == {"channel", "channel-slow"}
    assert {one.interval_seconds for one in signals if one.strategy == "channel-slow"} == {900}
    assert all(one.stop < one.price < one.target for one in signals)


@pytest.mark.parametrize(
    ("parameters", "refusal"),
    [
        ({"bars": "1"}, "strategy channel: bars must be from 2 to 1000, not 1"),
        ({"confidence": "2"}, r"strategy channel: confidence must be from 0 to 1, not 2\.0"),
        ({"bras": "20"}, "strategy channel: no such parameter: bras; there are bars, confidence"),
    ],
)
def test_an_invalid_parameter_is_refused_with_the_strategys_message(
    parameters: dict[str, str], refusal: str
) -> None:
    with pytest.raises(InvalidSettings, match=refusal):
        strategy_of(StrategySettings("channel", parameters))
