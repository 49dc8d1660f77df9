"""`whence weights` as a shell sees it: fits of candles and logs, weights put in force, and what is shown."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.log.sqlite import open_sqlite
from adapters.tapes import synthetic_tape
from adapters.tokens.book import TokenBook
from commands.request import ChangeSettings
from commands.roles import Role
from domain.settings import Settings, SettingsChanged
from domain.streams import settings_stream
from domain.weights.settings import Weight, WeightSettings, weights_text
from infra.cli.serving import ApiOptions, plan_of
from infra.config import WhenceSettings
from infra.run.api_plan import Hosted
from infra.run.demo_log import NOT_TRADED
from infra.run.serve import Api
from infra.store import open_store
from infra.trading import trading_settings
from infra.weights.weights_file import weights_file
from tests.commands.list_log import codec
from tests.domain.history import ACCOUNT, BTC, an_open_day
from tests.infra.cli.conftest import Whence
from tests.infra.run.test_shell_door import OPENED, Door
from tests.infra.run.test_unattended import play
from tests.replacing import replace

D = Decimal
MARKET = (
    "--set", "trading.alpha.minimum_reward_to_risk=0",
    "--set", "trading.tiers.normal_confidence=0",
    "--set", "trading.tiers.strict_confidence=0",
    "--set", "trading.risk.cooldown_seconds=0",
    "--strategy", "fast=trend fast=5 slow=12 trend=30 adx_minimum=0",
    "--strategy", "other=supertrend",
)  # fmt: skip
FIT = ("--by", "strategy", "--least-trades", "2", "--gain", "20", "--folds", "2", "--cache", "kept")


@pytest.fixture
def candles(tmp_path: Path) -> str:
    """Quarter-hourly candles of six days."""
    (tape,) = synthetic_tape(4, ["BTCUSDT"], timedelta(minutes=15), candles=576)
    rows = [
        f"{one.open_time.isoformat()},{one.open},{one.high},{one.low},{one.close},{one.volume}"
        for one in tape.candles
    ]
    (tmp_path / "BTCUSDT_15m.csv").write_text(
        "\n".join(["time,open,high,low,close,volume", *rows, ""]), "utf-8"
    )
    return "BTCUSDT_15m.csv"


def test_weights_of_candles_are_fitted_walked_forward_and_taken_by_a_backtest_as_they_are(
    whence: Whence, tmp_path: Path, candles: str
) -> None:
    words = ("weights", "fit", "--candles", candles, *MARKET, *FIT)
    done = whence(*words, "--settings", "w.toml", "--processes", "1", "--json")
    assert done.code == 0, done
    found = json.loads(done.out)
    tests = found["walk_forward"]["tests"]
    assert [one["trades_before"] > 0 for one in tests] == [True, True]
    assert (tests[0]["to"], found["made"]) == (
        tests[1]["from"],
        5 + sum(bool(one["weights"]) for one in tests),
    )
    tried = [one for one in tests if one["weights"]]
    assert tried
    assert any(one["without"] != one["weighted"] for one in tried)
    groups = {one["strategy"]: one for one in found["fit"]["groups"]}
    assert set(groups) == {"fast", "other"}
    assert sum(one["trades"] for one in groups.values()) == found["fit"]["trades"]

    # A backtest of a test's days with its weights has the same figures: the walk-forward has no engine of its own.
    one = tried[-1]
    table = ",".join(one["weights"])
    last = (datetime.fromisoformat(one["to"]) - timedelta(days=1)).strftime("%Y-%m-%d")
    backtest = whence(
        "backtest", "--candles", candles, *MARKET, "--set", f"trading.weights.table={table}",
        "--from", one["from"][:10], "--to", last, "--json",
    )  # fmt: skip
    assert json.loads(backtest.out)["measures"] == one["weighted"]

    weights = trading_settings(tomllib.loads((tmp_path / "w.toml").read_text("utf-8"))["trading"]).weights
    assert [str(row) for row in weights.table] == [
        f"{row['strategy']}/*/*={row['weight']}" for row in found["weights"]["table"]
    ]

    # The same fit again trades nothing, and has the same bytes; people read the same figures.
    again = whence(*words, "--settings", "again.toml", "--processes", "1", "--json")
    assert json.loads(again.out) == {**found, "made": 0}
    assert (tmp_path / "again.toml").read_bytes() == (tmp_path / "w.toml").read_bytes()
    shown = whence(*words).out
    assert NOT_TRADED in shown
    assert "under 30 days of tests: too few to tell a difference from chance" in shown
    assert "joined" in shown


def test_weights_of_a_log_are_fitted_from_its_closed_trades(whence: Whence, candles: str) -> None:
    backtest = whence("backtest", "--candles", candles, *MARKET, "--log", "sqlite:///a.db", "--json")
    trades = json.loads(backtest.out)["measures"]["trades"]
    words = (
        "weights",
        "fit",
        "sqlite:///a.db",
        "--by",
        "strategy",
        "--least-trades",
        "2",
        "--cache",
        "kept",
        "--json",
    )
    found = json.loads(whence(*words).out)
    assert (found["fit"]["trades"], found["made"], found["walk_forward"]) == (trades, 1, None)
    assert json.loads(whence(*words).out) == {**found, "made": 0}
    days = [one["trades"] for one in json.loads(whence(*words, "--to", "2025-01-02").out)["fit"]["groups"]]
    assert 0 < sum(days) < trades


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("fit", "--by", "day"), "by 'day' is none of strategy, instrument, regime, both"),
        (("fit", "--gain", "much"), "--gain: "),
        (("fit", "--minimum", "1.5"), "weights from 1.5 to 1.75: the bounds are within 0"),
        (("fit", "sqlite:///none.db"), "there is no log at"),
        (
            ("fit", "--set", "trading.risk.max_positions=1"),
            "are for candles: the trades of a log were made under",
        ),
        (("apply",), "give a FILE with weights or --version, one of them"),
        (("apply", "none.toml", "--version", "1"), "give a FILE with weights or --version, one of them"),
        (("apply", "empty.toml"), "empty.toml has no table [trading.weights]"),
        (
            ("apply", "cut.toml"),
            "trading.weights.rows = 2, but trading.weights.table has 1 rows: the file was cut",
        ),
        (("apply", "wrong.toml"), "trading.weights.table.0.weight = 3 of trend/*/* must be in 0 … 2"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason(
    whence: Whence, tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    (tmp_path / "empty.toml").write_text('account = "paper"\n')
    rows = tuple(Weight(strategy=name * 9, instrument=BTC, weight=D("0.5")) for name in ("trend", "range"))
    whole = weights_file(WeightSettings(table=rows), ())
    (tmp_path / "cut.toml").write_text(whole[: whole.rindex("[[trading")], "utf-8")
    (tmp_path / "wrong.toml").write_text(
        '[[trading.weights.table]]\nstrategy = "trend"\nweight = 3\n', "utf-8"
    )
    done = whence("weights", *words)
    assert done.code == 2, done
    assert message in " ".join(done.err.split())


OLD = WeightSettings(table=(Weight(strategy="trend", instrument=BTC, weight=D("0.5")),))
NEW = WeightSettings(table=(Weight(strategy="trend", weight=D("1.5")),))


@dataclass(frozen=True)
class Engine:
    """A running engine's API with the door behind it, and its log, whose settings have the weights `NEW`."""

    door: Door
    words: tuple[str, ...]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("weights")
    history = an_open_day(Settings(weights=OLD))
    now = replace(Settings(), weights=NEW)
    history.record(settings_stream(ACCOUNT), SettingsChanged(2, now, "the second fit"))
    with closing(open_sqlite(folder / "log.db", codec())) as log:
        log.append([*OPENED.envelopes, *history.envelopes])
    settings = WhenceSettings(log=f"sqlite:///{folder / 'log.db'}", account=ACCOUNT)
    door = Door()
    with Api(settings, plan_of(ApiOptions(port=0)), Hosted(door, ACCOUNT, "an engine")) as api:
        store = open_store(settings)
        token = folder / "token"
        token.write_text(
            TokenBook(store).issue("eve", Role.ADMIN, datetime.now(UTC)).spelled, encoding="ascii"
        )
        store.dispose()
        words = ("--api", api.url, "--token-file", str(token), "--account", ACCOUNT, "--log", settings.log)
        yield Engine(door, words)


def test_weights_of_a_file_are_requested_from_the_engine_with_the_hash_of_the_file(
    whence: Whence, tmp_path: Path, engine: Engine
) -> None:
    (tmp_path / "w.toml").write_text(
        '[[trading.weights.table]]\nstrategy = "trend"\nweight = "1.5"\n', "utf-8"
    )
    done = whence("weights", "apply", "w.toml", *engine.words)
    assert (done.code, done.out) == (0, "1 weights of SIZE are in force; nothing is open\n"), done
    request = engine.door.sent[-1].request
    assert isinstance(request, ChangeSettings)
    assert request.changes == {"weights.scales": "SIZE", "weights.table": weights_text(NEW.table)}
    assert (request.reason or "").startswith("w.toml, sha256 ")
    whence("weights", "apply", "w.toml", "--reason", "the third fit", *engine.words)
    assert engine.door.sent[-1].request == replace(request, reason="the third fit")


def test_weights_of_a_strategy_that_the_log_does_not_know_are_applied_with_a_warning(
    whence: Whence, tmp_path: Path, engine: Engine
) -> None:
    rows = "".join(
        f'[[trading.weights.table]]\nstrategy = "{name}"\n' for name in ("trend", "tend", "foreign")
    )
    (tmp_path / "w.toml").write_text(rows, "utf-8")
    done = whence("weights", "apply", "w.toml", *engine.words)
    assert done.code == 0, done
    assert "no strategy instance of the log is named foreign, tend, and" in " ".join(done.err.split())


def test_the_weights_of_an_earlier_version_are_put_in_force_again(whence: Whence, engine: Engine) -> None:
    done = whence("weights", "apply", "--version", "1", *engine.words)
    assert done.code == 0, done
    request = engine.door.sent[-1].request
    assert isinstance(request, ChangeSettings)
    assert request.changes["weights.table"] == weights_text(OLD.table)
    assert request.reason == "again those of version 1"
    refused = whence("weights", "apply", "--version", "3", *engine.words)
    assert (refused.code, "the log has no settings of this version" in " ".join(refused.err.split())) == (
        2,
        True,
    )


def test_without_an_engine_weights_are_applied_in_the_log_at_rest(whence: Whence, tmp_path: Path) -> None:
    play(tmp_path / "whence.db", 10)
    (tmp_path / "w.toml").write_text(
        '[[trading.weights.table]]\nstrategy = "trend"\nweight = "1.5"\n', "utf-8"
    )
    words = ("weights", "apply", "w.toml", "--api", "http://127.0.0.1:1")
    done = whence(*words)
    assert done.code == 0, done
    assert "1 weights of SIZE are in force; no engine runs: the log at rest has it" in " ".join(
        done.out.split()
    )
    (now,) = json.loads(whence("weights", "show", "--json").out)
    assert (now["version"], now["table"][0]["weight"]) == (2, "1.5")
    again = " ".join(whence(*words).out.split())
    assert "already" in again
    with closing(open_sqlite(tmp_path / "whence.db", codec())):
        owned = whence(*words)
    assert (owned.code, "name the address of its API with --api" in " ".join(owned.err.split())) == (1, True)


def test_a_change_that_an_engine_declines_is_refused_with_its_reason(
    whence: Whence, tmp_path: Path, engine: Engine
) -> None:
    (tmp_path / "w.toml").write_text("[trading.weights]\ntable = []\n", "utf-8")
    done = whence("weights", "apply", "w.toml", "--reason", "declined", *engine.words)
    assert (done.code, "it is not tripped" in done.err) == (1, True)


def test_the_weights_in_force_and_every_change_of_them_are_shown(whence: Whence, engine: Engine) -> None:
    log = engine.words[-4:]
    (now,) = json.loads(whence("weights", "show", *log, "--json").out)
    assert (now["version"], now["reason"], now["table"][0]["weight"]) == (2, "the second fit", "1.5")
    found = json.loads(whence("weights", "show", "--all", *log, "--json").out)
    assert [(one["version"], one["table"][0]["weight"]) for one in found] == [(1, "0.5"), (2, "1.5")]
    shown = whence("weights", "show", "--all", *log).out
    assert "settings 2 by " in shown
    assert "weights: 1 of SIZE: the second fit" in shown
    assert BTC in shown
