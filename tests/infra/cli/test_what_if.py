"""`whence what-if` as a shell sees it: its report, what it refuses, and what nobody may do with its log."""

# pyright: reportPrivateUsage=false
# A test calls the check of `whence api`, which would serve until it is stopped.

from __future__ import annotations

import json
import shutil
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256 as sha256_of
from pathlib import Path

import pytest

from adapters.tapes import synthetic_tape
from commands.request import PlaceOrder
from domain.errors import InvalidInput, LogReadOnly
from domain.settings import Settings
from domain.signal import Chamber, Vote
from infra.cli import serving
from infra.cli.not_fed import not_fed
from infra.cli.what_if_words import figure_row, why
from infra.config import WhenceSettings
from infra.inputs import input_tape
from infra.logs import open_owned
from infra.run.demo_log import NOT_TRADED
from infra.run.live import check_source
from infra.trading import on_tapes
from projections.behaviour import Fact
from projections.comparison import DecisionPair, FigurePair
from tests.browser import Visit
from tests.domain import history
from tests.domain.models.files import constant, content, raw
from tests.infra.cli.conftest import Whence
from tests.infra.run.demo_desk import START, DemoDesk
from tests.infra.run.live_desk import FIVE, LIMIT
from tests.journeys.runs import SYMBOLS, plan, play_at
from tests.replacing import replace

SOURCE = ("--log", "sqlite:///a.db")
MARKET = ("--symbol", "BTCUSDT", "--seed", "4", "--bars", "900")
ONE = ("what-if", *SOURCE, *MARKET, "--set", "trading.alpha.minimum_reward_to_risk=0")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log of a synthetic market, which is copied for each test."""
    path = tmp_path_factory.mktemp("made") / "a.db"
    planned = plan(synthetic_tape(4, SYMBOLS[:1], candles=900), on_tapes(Settings()))
    play_at(planned, f"sqlite:///{path}")
    return path


@pytest.fixture
def log(made: Path, tmp_path: Path) -> None:
    """The log `a.db` in the folder of the test."""
    shutil.copy(made, tmp_path)


@pytest.mark.usefixtures("log")
def test_the_report_has_the_change_the_figures_and_why_each_decision_differs_in_every_form(
    whence: Whence, tmp_path: Path, visitor: Visit
) -> None:
    done = whence(*ONE, "--into", "sqlite:///b.db", "--html", "r.html")
    assert done.code == 0, done
    assert done.out.startswith(NOT_TRADED)
    assert "trading.alpha.minimum_reward_to_risk = 0" in done.out
    assert "The control makes every decision, order and fill of the log again." in done.out
    assert "reward_to_risk REWARD_TO_RISK_TOO_LOW -> yes" in " ".join(done.out.split())
    page = (tmp_path / "r.html").read_text("utf-8")
    assert NOT_TRADED in page
    assert page.count("<svg") == 4
    for width in (1400, 420):
        visitor.page.set_viewport_size({"width": width, "height": 900})
        visitor.page.goto((tmp_path / "r.html").as_uri())
        assert visitor.page.evaluate("document.documentElement.scrollWidth") == width
    assert visitor.faults == []
    found = json.loads(whence(*ONE, "--into", "memory:", "--json").out)
    assert found["notices"][0] == NOT_TRADED
    assert found["control_differs_from_log"] == {"decisions": 0, "orders": 0, "fills": 0}
    both = [one for one in found["decisions"] if one["control"] and one["candidate"]]
    assert ("SKIP", "ENTER") in [(one["control"]["verdict"], one["candidate"]["verdict"]) for one in both]
    assert found["trades"]["gained"]
    events = len(whence("log", "--json", "--log", "sqlite:///b.db").out.splitlines())
    assert found["events"] == events
    written = json.loads(whence("log", "--json", "--to", "1", "--log", "sqlite:///b.db").out)
    assert (written["data"]["mode"], written["data"]["log_id"]) == ("BACKTEST", found["into_log_id"])


@pytest.mark.usefixtures("log")
def test_a_written_log_is_named_as_a_backtest_and_no_engine_takes_it(whence: Whence) -> None:
    assert whence(*ONE, "--into", "sqlite:///b.db").code == 0
    target = ("--log", "sqlite:///b.db")
    assert NOT_TRADED in whence("log", *target).err
    assert NOT_TRADED in " ".join(whence("explain", "#1", *target).out.split())
    assert whence("report", "--day", "2025-01-02", *target).code == 0
    (report,) = Path.cwd().glob("whence-report-BACKTEST-*.html")
    assert NOT_TRADED in report.read_text("utf-8")
    paper = whence("paper", *target, *MARKET)
    assert (paper.code, "opened by `whence what-if`" in paper.err) == (2, True)
    assert "no engine trades on it; choose another log" in paper.err
    again = whence("what-if", *target, *MARKET, "--into", "sqlite:///c.db")
    assert (again.code, "made by a backtest or a what-if" in " ".join(again.err.split())) == (2, True)
    with closing(open_owned(WhenceSettings(log="sqlite:///b.db"))) as opened:
        with pytest.raises(LogReadOnly, match="is a backtest"):
            serving._check_not_live(opened)
        with pytest.raises(InvalidInput, match="was not opened by `whence live`"):
            check_source(opened, "live")


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("--set", "risk.max_positions=3"), "write it like trading.risk.max_positions=3"),
        (("--set", "leverage=3"), "--set leverage is no setting of the trading"),
        (("--set", "trading.risk.max_position=3"), "did you mean trading.risk.max_positions"),
        (("--set", "trading.risk.max_positions=-1"), "must be in 0"),
        (("--set", "trading.strategies=trend"), "strategies are given as a whole"),
        (("--set", "trading.paused=x", "--set", "trading.paused=y"), "is given twice"),
        (("--strategy", "nope"), "no strategy is called 'nope'"),
        (("--strategy", "trend fast"), "'fast' is no parameter"),
        (("--policy", "99"), "the versions of the policy are 1 to"),
        (("--seed", "5"), "the tape differs"),
        (("--bars", "800"), "the candles are not those that this log was made from"),
        (("--html", "a.db/r.html"), "a.db is no folder"),
        (("--into", "sqlite:///a.db"), "is the log itself"),
        (("--into", "nonsense"), "--into: "),
        (("--log", "sqlite:///none.db"), "there is no log at none.db"),
    ],
)
def test_bad_input_is_refused_by_its_name_and_nothing_is_written(
    whence: Whence, tmp_path: Path, words: tuple[str, ...], fault: str
) -> None:
    done = whence("what-if", *SOURCE, *MARKET, "--into", "sqlite:///b.db", *words)
    assert done.code in (1, 2), done
    assert fault in done.err
    assert not list(tmp_path.glob("b.db*"))


@pytest.mark.usefixtures("log")
def test_the_settings_of_a_file_are_traded_in_place_of_those_of_the_log_and_options_win(
    whence: Whence, tmp_path: Path
) -> None:
    (tmp_path / "other.toml").write_text(
        "[trading.alpha]\nminimum_reward_to_risk = 0\n[trading.risk]\nmax_positions = 2\n"
        'allowed = ["BTCUSDT-LINEAR.BYBIT"]\n[trading.sizing]\nrule = "PERCENT"\n[trading.flips]\nrepeats = 2\n'
        '[[trading.strategies]]\nname = "trend"\nparameters = { fast = 9 }\n'
    )
    words = (
        "--settings",
        "other.toml",
        "--set",
        "trading.risk.max_positions=1",
        "--into",
        "memory:",
        "--json",
    )
    found = json.loads(whence("what-if", *SOURCE, *MARKET, *words).out)
    assert sorted(found["changes"]) == [
        "strategy trend (trend) fast=9",
        "trading.alpha.minimum_reward_to_risk = 0",
        "trading.flips.repeats = 2",
        "trading.risk.allowed = BTCUSDT-LINEAR.BYBIT",
        "trading.risk.max_positions = 1",
        "trading.sizing.rule = PERCENT",
    ]
    assert found["candidate_differs_from_control"]["decisions"] > 0


@pytest.mark.usefixtures("log")
def test_the_file_with_which_the_log_was_made_changes_nothing(whence: Whence, tmp_path: Path) -> None:
    (tmp_path / "same.toml").write_text("leverage = 1\n")
    done = whence("what-if", *SOURCE, *MARKET, "--settings", "same.toml", "--into", "memory:", "--json")
    found = json.loads(done.out)
    assert found["changes"] == []
    assert found["candidate_differs_from_control"] == {"decisions": 0, "orders": 0, "fills": 0}


@pytest.mark.usefixtures("log")
def test_a_settings_file_that_pauses_a_strategy_is_refused(whence: Whence, tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text('[trading]\npaused = ["trend"]\n')
    done = whence("what-if", *SOURCE, *MARKET, "--settings", "other.toml", "--into", "memory:")
    assert done.code == 2
    assert "--settings other.toml: trading.paused is not that of the log" in done.err


@pytest.mark.usefixtures("log")
def test_a_settings_file_with_other_groups_is_refused(whence: Whence, tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text('[trading.groups]\nmemes = ["DOGE", "SHIB"]\n')
    done = whence("what-if", *SOURCE, *MARKET, "--settings", "other.toml", "--into", "memory:")
    assert done.code == 2
    assert "--settings other.toml: trading.groups is not that of the log" in done.err


@pytest.mark.usefixtures("log")
def test_a_log_of_other_candles_than_the_synthetic_ones_needs_candles(whence: Whence) -> None:
    done = whence("what-if", *SOURCE, "--into", "memory:")
    assert done.code == 2
    assert "give the candle files that the log was made from with --candles" in done.err


@pytest.mark.usefixtures("log")
def test_on_a_narrow_terminal_each_reason_is_below_its_decision(
    whence: Whence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = whence(*ONE, "--into", "memory:").out.splitlines()
    decision = next(number for number, line in enumerate(lines) if "BTCUSDT trend: SKIP -> ENTER" in line)
    assert lines[decision + 1].startswith("    reward_to_risk REWARD_TO_RISK_TOO_LOW -> yes (")


@pytest.mark.parametrize(
    ("only_in_the_control", "reason"),
    [
        ("flip_loss", "flip_loss REASON -> did not vote"),
        ("max_positions", "the signal met another position or order: REASON -> EXIT_SIGNAL"),
    ],
)
def test_a_rule_for_flips_that_is_off_is_a_missing_vote_and_other_members_are_another_position(
    only_in_the_control: str, reason: str
) -> None:
    both = vote("holder", approves=True)
    control = history.a_decision(reasons=("REASON",), votes=(both, vote(only_in_the_control, approves=False)))
    candidate = history.a_decision(reasons=("EXIT_SIGNAL",), votes=(both,))
    assert why(DecisionPair(Fact("candle:x", "trend"), history.a_signal(), control, candidate)) == reason


def test_a_member_that_approves_by_a_setting_of_one_log_is_no_reason_of_another_size() -> None:
    """Leverage by volatility has a member of its own; with less leverage the margin allows a smaller size."""
    both = vote("holder", approves=True)
    control = history.a_decision(
        quantity=Decimal("0.371"), votes=(both, vote("leverage_known", approves=True))
    )
    candidate = history.a_decision(quantity=Decimal("0.105"), votes=(both,))
    pair = DecisionPair(Fact("candle:x", "trend"), history.a_signal(), control, candidate)
    assert why(pair) == "quantity 0.371 -> 0.105"


def vote(member: str, *, approves: bool) -> Vote:
    reasons = () if approves else ("REASON",)
    return Vote(
        member=member, chamber=Chamber.ALPHA, approves=approves, reasons=reasons, figures={"price": "3"}
    )


@pytest.mark.usefixtures("log")
def test_a_target_with_events_is_refused_and_keeps_them(whence: Whence) -> None:
    assert whence(*ONE, "--into", "sqlite:///b.db").code == 0
    before = whence("log", "--json", "--log", "sqlite:///b.db").out
    done = whence("what-if", *SOURCE, *MARKET, "--into", "sqlite:///b.db")
    assert (done.code, "--into sqlite:///b.db holds events" in done.err) == (2, True)
    assert whence("log", "--json", "--log", "sqlite:///b.db").out == before


def test_a_log_with_a_tape_of_inputs_needs_no_candles_and_states_what_the_control_is(
    whence: Whence, tmp_path: Path
) -> None:
    settings = WhenceSettings(log=f"sqlite:///{tmp_path / 'a.db'}")
    with closing(open_owned(settings)) as log, input_tape(settings, log, lambda: START) as tape:
        desk = DemoDesk(log, tape=tape).started()  # type: ignore[arg-type]  # its names are not read here
        desk.shows("99.9", "100")
        desk.asks(PlaceOrder(replace(LIMIT.terms, limit_price=Decimal(99))))
        desk.passes((FIVE - timedelta(seconds=10)).total_seconds())
        desk.closes_at("98")
        desk.run.close()
    refused = whence("what-if", *SOURCE, "--bars", "3", "--into", "memory:")
    assert (refused.code, "--bars is for a log of candles" in refused.err) == (2, True)
    done = whence("what-if", *SOURCE, "--into", "sqlite:///b.db")
    assert done.code == 0, done
    assert "Simulated fills differ from recorded ones." in done.out
    assert "Not fed: " in done.out
    first = json.loads(whence("log", "--json", "--to", "1", "--log", "sqlite:///b.db").out)
    assert first["data"]["mode"] == "BACKTEST"


@pytest.mark.parametrize(
    ("candidate", "written"),
    [("0.02004", "0.00%"), ("0.01996", "0.00%"), ("0.01", "-1.00%"), ("0.03", "+1.00%")],
)
def test_a_difference_that_is_written_as_zero_has_no_sign(candidate: str, written: str) -> None:
    pair = FigurePair("largest drawdown", "fraction", Decimal("0.02"), Decimal(candidate))
    assert figure_row(pair, "USDT")[-1] == written


def test_what_a_backtest_leaves_out_is_stated_in_plain_words_each_kind_with_its_reason() -> None:
    assert list(not_fed({"Stimulus": 44, "Reported": 1, "RequestMade": 11})) == [
        "1 report of the exchange (the simulated exchange makes its own)",
        (
            "11 requests of people (about a difference with the exchange, or about a setting or model that this "
            "what-if changes itself)"
        ),
        (
            "44 commands of the engine from its comparisons with the exchange, beginnings and ends included, and from "
            "its stops (the simulated exchange is not compared, and a backtest does not stop)"
        ),
    ]


@pytest.mark.usefixtures("log")
def test_a_model_file_is_the_champion_of_the_candidate_and_the_report_names_it(
    whence: Whence, tmp_path: Path
) -> None:
    (tmp_path / "model.json").write_bytes(constant(data={**content()["data"], "last_signal_at": 2**51}))
    done = whence(*ONE, "--model", "model.json", "--into", "sqlite:///b.db", "--json")
    assert done.code == 0, done
    found = json.loads(done.out)
    sha256 = sha256_of((tmp_path / "model.json").read_bytes()).hexdigest()
    assert f"the model {sha256[:12]} (what_if, core.1) as the champion" in found["changes"]
    scored, in_sample = found["basis"][1:3]
    assert scored.startswith(f"The model {sha256[:12]} scored ")
    assert "no forecast" in in_sample
    (tmp_path / "models").mkdir()
    (tmp_path / "model.json").rename(tmp_path / "models" / f"{sha256}.json")
    assert whence("replay", "--verify", "--log", "sqlite:///b.db").code == 0
    none = json.loads(whence(*ONE, "--model", "none", "--into", "memory:", "--json").out)
    assert none["changes"][-1] == "no model"


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize(
    ("model", "named"),
    [
        ("small.json", "it reads the features small.1, and this program computes book.1, core.1"),
        ("abcdef12", "no registered model begins with 'abcdef12'"),
        ("damaged.json", "damaged"),
    ],
)
def test_a_model_that_cannot_score_is_refused_before_anything_is_made(
    whence: Whence, tmp_path: Path, model: str, named: str
) -> None:
    (tmp_path / "small.json").write_bytes(raw())
    (tmp_path / "damaged.json").write_bytes(b"{}")
    done = whence(*ONE, "--model", model, "--into", "sqlite:///b.db")
    assert done.code == 2, done
    assert named in " ".join(done.err.split())
    assert not (tmp_path / "b.db").exists()
