"""`whence backtest` as a shell sees it: its report in every form, its log, its checks, and what it refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest

from adapters.tapes.trade_candles import candles_of_trades
from domain.strategies.builtin import BUILTIN, StrategyFactory
from infra.cli.not_fed import NO_FUNDING
from infra.config import WhenceSettings
from infra.inputs import input_tape
from infra.logs import open_owned
from infra.run.demo_log import NOT_TRADED
from projections.analysis.measures import MEASURES
from tests.infra.cli.conftest import Whence
from tests.infra.run.demo_desk import START, DemoDesk
from tests.infra.run.live_desk import FIVE, OnPrice
from tests.infra.run.test_backtesting import Peeking
from tests.infra.run.test_trade_backtest import WALKED

DOCS = Path(__file__).parents[3] / "docs" / "backtest.md"
EAGER = ("--set", "trading.alpha.minimum_reward_to_risk=0", "--set", "trading.tiers.normal_confidence=0")
MARKET = ("--symbol", "BTCUSDT", "--seed", "4", "--bars", "900", *EAGER)


def test_the_report_has_every_measure_and_group_in_every_form(whence: Whence, tmp_path: Path) -> None:
    done = whence("backtest", *MARKET, "--html", "r.html")
    assert done.code == 0, done
    assert done.out.startswith(NOT_TRADED)
    page = (tmp_path / "r.html").read_text("utf-8")
    for one in MEASURES:
        assert one.words in done.out
        assert one.words in page
        assert one.definition in page.replace("&#39;", "'")
    for head in (
        "By symbol",
        "By strategy",
        "By direction",
        "By month",
        "By hour of the close",
        "By exit reason",
    ):
        assert head in done.out
    assert "events were made in memory" in done.out
    assert NO_FUNDING in done.out
    assert NO_FUNDING in page
    months = page[page.index('id="months"') :]
    assert "linked; deposits are no profit" in months[: months.index("</section>")]
    assert "Trades on the candles" in page
    assert page.count('class="mark ') == 8  # four fills, drawn wide and narrow
    assert not list(tmp_path.glob("*.db*"))
    found = json.loads(whence("backtest", *MARKET, "--json").out)
    assert set(found["measures"]) == set(found["definitions"]) == {one.name for one in MEASURES}
    assert found["measures"]["trades"] == sum(one["trades"] for one in found["performance"]["exit"].values())
    assert found["measures"]["trades"] == 2
    assert found["measures"]["drawdown_length"] > 0
    assert found["measures"]["funding"] is None  # the candles have no rates
    assert found["measures"]["sharpe"] is None  # four days
    assert (found["candles"], found["synthetic"], found["left_out"]) == (900, True, {})
    held = float(found["held"][-1]["value"]) / 10_000 - 1
    assert found["measures"]["buy_and_hold"] == pytest.approx(held, abs=1e-6)
    assert float(found["buy_and_hold_equity"]) == pytest.approx(10_000 * (1 + held), abs=1e-4)
    assert {name: type(found["measures"][name]) for name in ("total_return", "profit_factor", "net", "trades")} == {
        "total_return": float, "profit_factor": float, "net": str, "trades": int,
    }  # fmt: skip


def test_a_closed_trade_has_its_entry_and_exit_on_the_page_and_as_json(
    whence: Whence, tmp_path: Path
) -> None:
    found = json.loads(whence("backtest", *MARKET, "--html", "r.html", "--json").out)
    page = (tmp_path / "r.html").read_text("utf-8")
    shown = page[page.index('id="trades"') :]
    for head in ("opened", "duration", "quantity", "entry price", "exit price"):
        assert f">{head}</th>" in shown
    closed = [one for one in found["positions"] if one["status"] == "CLOSED"]
    assert len(closed) == 2
    for one in closed:
        assert None not in (
            one["exit_price"],
            one["stop"],
            one["target"],
            one["entry_order"],
            one["exit_order"],
        )
        for name in ("max_quantity", "exit_price"):
            assert f">{one[name]}</td>" in shown


def nulls(found: object, path: str = "") -> Iterator[str]:
    """The paths of the nulls in JSON, names joined by dots; the items of a list are `[]`."""
    if found is None:
        yield path
    elif isinstance(found, dict):
        for name, value in cast("Mapping[str, object]", found).items():
            yield from nulls(value, f"{path}.{name}" if path else name)
    elif isinstance(found, list):
        for value in cast("Sequence[object]", found):
            yield from nulls(value, f"{path}[]")


def test_every_null_in_json_is_in_the_documentation(whence: Whence, tmp_path: Path) -> None:
    text = DOCS.read_text("utf-8")
    section = text[text.index("## Null in JSON") : text.index("## Look-ahead")]
    documented = set(re.findall(r"`([a-z_.…\[\]]+)`", section)) | {"deepest_drawdown.recovered"}
    found = json.loads(whence("backtest", *MARKET, "--log", "sqlite:///b.db", "--json").out)
    assert (found["equity"]["opening"], found["unrealised"]["opening"], found["statement"]["opening"]) == (
        "0",
    ) * 3
    assert found["statement"]["starting"] == "10000"
    assert whence("report", "--format", "json", "--log", "sqlite:///b.db", "--day", "2025-01-02").code == 0
    (report,) = tmp_path.glob("whence-report-*.json")
    of_a_day = json.loads(report.read_text("utf-8"))
    assert Decimal(of_a_day["equity"]["opening"]) > 0
    paths = {*nulls(found), *nulls(of_a_day)}
    assert "curve[].equity" in paths
    for path in paths:
        whole, _, last = path.rpartition(".")
        known = {path, whole, f"{path.partition('.')[0]}…{last}"}
        assert known & documented, path


def test_the_trades_are_listed_on_a_terminal_where_it_is_requested(whence: Whence) -> None:
    market = ("--symbol", "BTCUSDT", "--symbol", "ETHUSDT", "--seed", "4", "--bars", "1500", *EAGER)
    positions = json.loads(whence("backtest", *market, "--json").out)["positions"]
    closed = [one for one in positions if one["status"] == "CLOSED"]
    done = whence("backtest", *market, "--list-trades", "all")
    listed = done.out[done.out.index("\nTrades") :].splitlines()
    assert listed[1].rstrip() == "Trades"
    assert len(listed[3:]) == len(positions) > 3
    for one, line in zip(closed, [line for line in listed[3:] if " open " not in line], strict=True):
        for word in (
            one["instrument"].partition("-")[0],
            one["direction"].lower(),
            one["exit_reason"].lower(),
        ):
            assert word in line
        assert line.rstrip().endswith(f" {Decimal(one['net']):,.2f}")
    last = whence("backtest", *market, "--list-trades", "2").out
    title = f"\nTrades: the last 2 of {len(positions)}"
    assert [line.split() for line in last[last.index(title) :].splitlines()[3:]] == [
        line.split() for line in listed[-2:]
    ]
    assert "\nTrades" not in whence("backtest", *market).out


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("--list-trades", "0"), "--list-trades '0': it takes `all`, or how many of the last trades, as 20"),
        (("--list-trades", "some"), "--list-trades 'some'"),
        (("--list-trades", "3", "--json"), "--json has every trade in `positions`"),
        (("--list-trades", "3", "--check-lookahead"), "--check-lookahead has none"),
    ],
)
def test_a_list_of_trades_that_cannot_be_printed_is_refused(
    whence: Whence, words: tuple[str, ...], fault: str
) -> None:
    done = whence("backtest", *MARKET, *words)
    assert (done.code, fault in done.err) == (2, True), done


def test_each_form_of_the_report_states_what_was_traded_with(whence: Whence, tmp_path: Path) -> None:
    market = (
        *MARKET[:6],
        "--strategy",
        "mine=trend fast=7 minimum_trend=-1",
        "--set",
        "trading.risk.max_positions=3",
    )
    done = whence("backtest", *market, "--balance", "5000", "--leverage", "2", "--html", "r.html")
    assert done.code == 0, done
    page = (tmp_path / "r.html").read_text("utf-8")
    found = json.loads(whence("backtest", *market, "--balance", "5000", "--leverage", "2", "--json").out)[
        "traded_with"
    ]
    assert found["starting balance"] == "5,000.00 USDT"
    assert found["leverage"] == "at most 2"
    assert found["strategy mine"].startswith("trend fast=7 slow=50 trend=200 ")
    assert "minimum_trend=-1" in found["strategy mine"]
    assert found["fees BTCUSDT-LINEAR.BYBIT"] == "maker 0.02%, taker 0.055%"
    assert found["candles BTCUSDT-LINEAR.BYBIT"] == "5m"
    assert found["trading.risk.max_positions"] == "3"
    assert "built in" in found["rules BTCUSDT-LINEAR.BYBIT"]
    assert "trading.simulation.latency_ms" in found
    for name in found:
        assert name in done.out
        assert name in page


def test_a_backtest_has_the_trading_of_the_paper_run_on_the_same_candles(whence: Whence) -> None:
    market = MARKET[:6]
    paper = json.loads(whence("paper", *market, "--log", "memory:", "--json").out)
    found = json.loads(whence("backtest", *market, "--json").out)
    assert found["events"] == paper["events"]
    for name, same in {"net": "net", "fees": "fees", "max_drawdown": "max_drawdown"}.items():
        assert float(found["measures"][name]) == pytest.approx(float(paper[same]), abs=1e-6)
    assert float(found["measures"]["exposure"]) == pytest.approx(float(paper["exposure"]), abs=1e-3)
    assert float(found["measures"]["buy_and_hold"]) == pytest.approx(float(paper["buy_and_hold"]), abs=1e-6)


def test_the_events_go_into_an_empty_log_that_names_itself_and_is_reported(
    whence: Whence, tmp_path: Path
) -> None:
    target = ("--log", "sqlite:///b.db")
    found = json.loads(whence("backtest", *MARKET, *target, "--json").out)
    written = json.loads(whence("log", "--json", "--to", "1", *target).out)
    assert (written["data"]["mode"], written["data"]["log_id"]) == ("BACKTEST", found["log_id"])
    again = whence("backtest", *MARKET, *target)
    assert (again.code, "--log sqlite:///b.db holds events" in again.err) == (2, True)
    paper = whence("paper", *MARKET[:6], *target)
    assert (paper.code, "`whence backtest`" in paper.err) == (2, True)
    assert whence("report", "--format", "json", *target).code == 0
    (report,) = tmp_path.glob("whence-report-BACKTEST-*.json")
    of_report = json.loads(report.read_text("utf-8"))
    assert of_report["performance"] == found["performance"]
    assert {**of_report["measures"], "buy_and_hold": 0} == {**found["measures"], "buy_and_hold": 0}


def test_the_checks_compare_signals_and_figures_and_nothing_differs(
    whence: Whence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.run.lookahead.CUTS", 2)
    market = ("--symbol", "BTCUSDT", "--seed", "4", "--bars", "400", *EAGER)
    done = whence("backtest", *market, "--check-lookahead", "--json")
    assert done.code == 0, done
    found = json.loads(done.out)
    assert (found["looks_ahead"], found["differences"], len(found["cuts"])) == (False, [], 2)
    (ema,) = [one for one in found["recursion"] if one["figure"] == "trend_ema"]
    assert ema["differences"]["50"] is None
    assert 0 < ema["differences"]["200"] < 0.05


def test_a_look_ahead_check_without_a_signal_states_that_it_shows_nothing(
    whence: Whence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.run.lookahead.CUTS", 2)
    done = whence("backtest", "--symbol", "BTCUSDT", "--bars", "120", "--check-lookahead")
    assert done.code == 0, done
    assert "0 signals on the whole tape" in done.out
    assert "There was no signal, so this check shows nothing" in " ".join(done.out.split())
    assert "nothing looks ahead" not in done.out


def test_a_strategy_that_looks_ahead_is_named_and_the_exit_code_is_1(
    whence: Whence, monkeypatch: pytest.MonkeyPatch
) -> None:
    built_in: Mapping[str, StrategyFactory] = {**BUILTIN, "peeking": lambda _given: Peeking(in_scan=True)}
    monkeypatch.setattr("infra.trading.BUILTIN", built_in)
    monkeypatch.setattr("infra.run.lookahead.CUTS", 2)
    market = ("--symbol", "BTCUSDT", "--seed", "4", "--bars", "120", "--strategy", "peeking")
    done = whence("backtest", *market, "--check-lookahead")
    assert done.code == 1
    assert "LOOKS AHEAD: peeking (scan) on BTCUSDT-LINEAR.BYBIT at 2025-01-01" in done.out
    assert "peeking on BTCUSDT-LINEAR.BYBIT: largest difference at" in done.out


def test_the_market_of_a_live_run_is_traded_from_its_tape_of_inputs(whence: Whence, tmp_path: Path) -> None:
    settings = WhenceSettings(log=f"sqlite:///{tmp_path / 'a.db'}")
    with closing(open_owned(settings)) as log, input_tape(settings, log, lambda: START) as tape:
        desk = DemoDesk(log, tape=tape).started()  # type: ignore[arg-type]  # its names are not read here
        desk.shows("99.9", "100")
        for price in ("98", "97", "99"):
            desk.passes((FIVE - timedelta(seconds=2)).total_seconds())
            desk.closes_at(price)
        desk.run.close()
    done = whence("backtest", "--tape", "sqlite:///a.db", "--json")
    assert done.code == 0, done
    found = json.loads(done.out)
    assert found["measures"]["funding"] is None
    assert (found["candles"], found["source"]) == (3, "the recorded inputs of sqlite:///a.db")
    same = whence("backtest", "--tape", "sqlite:///a.db", "--log", "sqlite:///a.db")
    assert (same.code, "is the log itself" in same.err) == (2, True)
    later = whence("backtest", "--tape", "sqlite:///a.db", "--from", f"{START + timedelta(days=3):%Y-%m-%d}")
    assert (later.code, "no candle in this period" in later.err) == (2, True)
    words = whence("backtest", "--tape", "sqlite:///a.db", "--balance", "5")
    assert (words.code, "--balance is for candles" in words.err) == (2, True)


def test_recorded_trades_are_traded_on_candles_that_are_built_from_them(
    whence: Whence, tmp_path: Path
) -> None:
    lines = [
        f"{one.at.isoformat()},{one.trade_id},{one.side},{one.quantity},{one.price}" for one in WALKED.trades
    ]
    head = "timestamp,id,side,size,price\n"
    (tmp_path / "BTCUSDT.csv").write_text(f"{head}{chr(10).join(lines)}\n", "utf-8")
    done = whence(
        "backtest", "--trades", "BTCUSDT.csv", "--interval", "5m", "--json", "--log", "sqlite:///b.db"
    )
    assert done.code == 0, done
    found = json.loads(done.out)
    assert found["source"] == f"{len(WALKED.trades):,} trades of BTCUSDT.csv"
    assert (found["candles"], found["synthetic"]) == (len(candles_of_trades(WALKED, FIVE).candles), False)
    assert found["measures"]["funding"] is None
    opened = json.loads(whence("log", "--json", "--to", "1", "--log", "sqlite:///b.db").out)
    assert opened["data"]["log_id"] == found["log_id"]
    for words, fault in (
        (("--interval", "7m"), "--interval '7m' does not divide a day evenly"),
        (("--interval", "1d"), "has no whole candle of 1d"),
        (("--strategy", "trend interval=1m", "--interval", "5m"), "1m"),
        (("--from", "2031-01-01"), "has no candle in this period"),
        (("--candles", "BTCUSDT.csv"), "--candles is not for --trades: leave out one of them"),
        (("--seed", "4"), "--seed is not for --trades"),
    ):
        refused = whence("backtest", "--trades", "BTCUSDT.csv", *words)
        assert (refused.code, fault in " ".join(refused.err.split())) == (2, True), refused


def test_the_fills_of_a_backtested_tape_are_reported_beside_those_of_the_live_run_with_their_sum_in_money(
    whence: Whence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built_in: Mapping[str, StrategyFactory] = {"trend": lambda _given: OnPrice()}
    monkeypatch.setattr("infra.trading.BUILTIN", built_in)
    settings = WhenceSettings(log=f"sqlite:///{tmp_path / 'a.db'}")
    with closing(open_owned(settings)) as log, input_tape(settings, log, lambda: START) as tape:
        desk = DemoDesk(log, tape=tape).started()  # type: ignore[arg-type]  # its names are not read here
        for price in ("100", "101", "101.1", "98.3", "98"):
            desk.passes((FIVE - timedelta(seconds=3)).total_seconds())
            desk.shows(f"{Decimal(price) - Decimal('0.3')}", f"{Decimal(price) + Decimal('0.3')}")
            desk.closes_at(price)
        desk.run.close()
    tape_of = ("backtest", "--tape", "sqlite:///a.db", "--set", "trading.simulation.slippage_jitter=0")
    assert "simulator_error" not in json.loads(whence(*tape_of, "--json").out)
    done = whence(*tape_of[:3], "--html", "r.html")
    assert done.code == 0, done
    found = json.loads(whence(*tape_of[:3], "--json").out)["simulator_error"]
    entry, stop = found["orders"]
    assert (entry["purpose"], entry["live"]["price"], entry["differs"]) == ("ENTRY", "101.3", True)
    assert (stop["purpose"], stop["live"]["price"]) == ("STOP", "98")
    sums = [money_of(one) for one in (entry, stop)]
    assert [Decimal(one["money"]) for one in (entry, stop)] == sums
    assert Decimal(found["money"]) == sum(sums) > 0  # the candles have no spread
    assert found["decisions"] == []
    head = f"Simulator's error: 2 of 2 filled orders differ, +{sum(sums):,.2f} USDT"
    assert head in done.out
    page = (tmp_path / "r.html").read_text("utf-8")
    assert head.replace("'", "&#39;") in page
    assert "Each order as it was filled live" in page


def money_of(one: dict[str, Any]) -> Decimal:
    """What the simulated fill gives more than the live one."""
    live, simulated = (
        {k: Decimal(v) for k, v in one[way].items() if k != "at"} for way in ("live", "simulated")
    )
    assert live["quantity"] == simulated["quantity"]
    sign = 1 if one["side"] == "BUY" else -1
    paid = sign * (live["price"] - simulated["price"]) * live["quantity"]
    return paid + live["fee"] - simulated["fee"]


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("--interval", "5m"), "--interval is for --trades and --recording: files of candles have their own"),
        (("--from", "2025-1-1"), "'2025-1-1' is not a day"),
        (("--from", "2025-01-03", "--to", "2025-01-02"), "ends on 2025-01-02, before it begins"),
        (("--from", "2031-01-01"), "has no candle in this period: its candles are of 2025-01-01 00:00"),
        (("--set", "trading.risk.max_position=3"), "did you mean trading.risk.max_positions"),
        (("--strategy", "nope"), "no strategy is called 'nope'"),
        (("--log", "nonsense"), "--log: "),
        (("--tape", "sqlite:///none.db"), "--symbol is for a log of candles"),
        (("--check-lookahead", "--html", "r.html"), "leave out --log and --html"),
        (("--candles", "none.csv"), "--seed and --bars are for a synthetic market"),
    ],
)
def test_bad_input_is_refused_by_its_name_and_nothing_is_written(
    whence: Whence, tmp_path: Path, words: tuple[str, ...], fault: str
) -> None:
    done = whence("backtest", *MARKET, *words)
    assert done.code in (1, 2), done
    assert fault in " ".join(done.err.split())
    assert not list(tmp_path.iterdir())


SHORT = (
    "strategy trend cannot signal on BTCUSDT-LINEAR.BYBIT: it needs at least {} before its first signal, and there are "
    "{}"
)


@pytest.mark.parametrize(
    ("words", "needed", "present"),
    [
        (("--bars", "120"), "200 candles of 5m", "120"),
        (("--bars", "120", "--from", "2025-01-01"), "200 candles of 5m", "120"),
        (("--bars", "599", "--strategy", "trend interval=15m"), "200 candles of 15m", "199"),
    ],
)
def test_a_tape_that_is_shorter_than_the_warm_up_of_a_strategy_is_noted_with_both_numbers(
    whence: Whence, tmp_path: Path, words: tuple[str, ...], needed: str, present: str
) -> None:
    market = ("--symbol", "BTCUSDT", *words)
    note = SHORT.format(needed, present)
    assert note in " ".join(whence("backtest", *market).out.split())
    assert note in json.loads(whence("backtest", *market, "--json").out)["notes"]
    longer = [{"120": "200", "599": "600"}.get(word, word) for word in market]
    assert "cannot signal" not in whence("backtest", *longer).out


def test_a_backtest_on_candles_notes_that_a_strategy_reads_order_books(whence: Whence) -> None:
    done = whence("backtest", "--symbol", "BTCUSDT", "--bars", "120", "--strategy", "book-scalper", "--json")
    found = json.loads(done.out)
    note = "strategy book-scalper reads the order book and proposes nothing at candles"
    assert [note in one for one in found["notes"]] == [True]
    assert found["signals"] == {}


def test_a_paper_run_notes_a_tape_that_is_shorter_than_the_warm_up(whence: Whence) -> None:
    market = ("paper", "--symbol", "BTCUSDT", "--bars", "120", "--log", "memory:")
    note = SHORT.format("200 candles of 5m", "120")
    assert note in " ".join(whence(*market).err.split())
    assert note in json.loads(whence(*market, "--json").out)["notes"]


def test_a_strategy_that_fails_in_its_warm_up_is_named(
    whence: Whence, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing(Peeking):
        def warm_up(self, interval: timedelta) -> int:
            raise ZeroDivisionError(f"no figure for {interval}")

    built_in: Mapping[str, StrategyFactory] = {**BUILTIN, "peeking": lambda _given: Failing()}
    monkeypatch.setattr("infra.trading.BUILTIN", built_in)
    done = whence("backtest", "--symbol", "BTCUSDT", "--bars", "120", "--strategy", "peeking")
    assert done.code == 1, done
    assert "strategy peeking failed in warm_up: ZeroDivisionError: no figure" in done.err


def test_a_log_of_candles_is_no_tape(whence: Whence) -> None:
    assert whence("paper", *MARKET[:6], "--log", "sqlite:///a.db").code == 0
    done = whence("backtest", "--tape", "sqlite:///a.db")
    assert (done.code, "give the candles that it was made from" in done.err) == (2, True)


def test_the_documentation_states_the_definition_of_every_measure() -> None:
    text = " ".join(DOCS.read_text("utf-8").split())
    for one in MEASURES:
        assert f"| {one.words} | `{one.name}` | {one.definition} |" in text
