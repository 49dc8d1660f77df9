"""`whence log`: its output, its filters, and following a log."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from adapters.avro import iso
from domain.account import DayOpened
from domain.direction import Direction
from domain.log import Recorded
from domain.order import OrderFilled, OrderPlaced
from domain.position import PositionCloseRetried, PositionOpened, PositionOrphaned
from domain.streams import position_stream
from infra.cli.filtering import Proposers
from tests.domain.history import ACCOUNT, BTC, History, a_signal, an_opening
from tests.infra.cli.conftest import Whence
from tests.journeys.program import WHENCE, environment, running, wait_for
from tests.journeys.program import whence as program
from tests.journeys.runs import events_at

TAPE = ("--bars", "1500", "--seed", "4")
KEYS = [
    "ordinal", "stream", "version", "type", "event_id", "correlation_id", "causation_id", "occurred_at", "recorded_at",
    "data",
]  # fmt: skip
META = ["account", "actor", "source", "schema_version"]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A log of a synthetic market."""
    folder = tmp_path_factory.mktemp("log")
    assert program(folder, "paper", *TAPE, "--log", "sqlite:///run.db").returncode == 0
    return f"sqlite:///{folder / 'run.db'}"


@pytest.fixture(scope="module")
def held(log: str) -> Sequence[Recorded]:
    """The events of the log."""
    return events_at(log)


def lines(out: str) -> list[Mapping[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_json_gives_one_object_a_line_with_the_documented_keys(
    whence: Whence, log: str, held: Sequence[Recorded]
) -> None:
    """The objects are in log order, and their keys in the documented order."""
    printed = lines(whence("log", "--json", "--log", log).out)
    assert [list(one) for one in printed] == [[*KEYS[:-1], *META, "data"]] * len(held)
    assert [one["ordinal"] for one in printed] == list(range(1, len(held) + 1))
    for one, recorded in zip(printed, held, strict=True):
        meta = recorded.envelope.meta
        assert (one["stream"], one["version"], one["event_id"]) == (
            meta.stream,
            meta.version,
            str(meta.event_id),
        )
        assert (one["correlation_id"], one["causation_id"]) == (meta.correlation_id, meta.causation_id)
        assert one["type"] == type(recorded.envelope.event).__name__
        assert datetime.fromisoformat(one["occurred_at"]) == meta.occurred_at
        assert datetime.fromisoformat(one["recorded_at"]) == meta.recorded_at
        assert one["recorded_at"].endswith("Z")


def test_decimals_are_text_without_exponents(whence: Whence, log: str, held: Sequence[Recorded]) -> None:
    filled = [one for one in held if type(one.envelope.event).__name__ == "OrderFilled"]
    printed = lines(whence("log", "--json", "--type", "OrderFilled", "--log", log).out)
    assert len(printed) == len(filled) > 2
    for one, recorded in zip(printed, filled, strict=True):
        for name in ("price", "quantity", "fee"):
            text = one["data"][name]
            assert re.fullmatch(r"-?\d+(\.\d+)?", text)
            assert Decimal(text) == getattr(recorded.envelope.event, name)


def test_a_confidence_is_a_json_number(whence: Whence, log: str) -> None:
    printed = lines(whence("log", "--json", "--type", "SignalDetected", "--log", log).out)
    assert all(isinstance(one["data"]["confidence"], float) for one in printed)


Wanted = Callable[[Mapping[str, Any]], bool]


def is_in(name: str, *values: str) -> Wanted:
    return lambda one: one[name] in values


FILTERS: Sequence[tuple[str, Wanted]] = [
    ("--type DayOpened", is_in("type", "DayOpened")),
    ("--type DayOpened --type DayClosed", is_in("type", "DayOpened", "DayClosed")),
    ("--stream account-paper", is_in("stream", "account-paper")),
    ("--stream account-paper --stream log", is_in("stream", "account-paper", "log")),
    ("--account paper", is_in("account", "paper")),
    ("--from 5", lambda one: one["ordinal"] >= 5),
    ("--to 5", lambda one: one["ordinal"] <= 5),
    ("--from 5 --to 7", lambda one: 5 <= one["ordinal"] <= 7),
    ("--since 2025-01-02", lambda one: one["recorded_at"] >= "2025-01-02"),
    ("--until 2025-01-02T01:00:00+01:00", lambda one: one["recorded_at"] < "2025-01-02"),
    (
        "--since 2025-01-02T00:00Z --to 90",
        lambda one: one["recorded_at"] >= "2025-01-02" and one["ordinal"] <= 90,
    ),
]


@pytest.mark.parametrize(("words", "wanted"), FILTERS)
def test_a_filter_prints_exactly_the_matching_events(
    whence: Whence, log: str, words: str, wanted: Wanted
) -> None:
    whole = lines(whence("log", "--json", "--log", log).out)
    expected = [one for one in whole if wanted(one)]
    assert expected
    assert lines(whence("log", "--json", *words.split(), "--log", log).out) == expected


def test_the_correlation_filter_prints_one_whole_chain(
    whence: Whence, log: str, held: Sequence[Recorded]
) -> None:
    chain, count = Counter(one.envelope.meta.correlation_id for one in held).most_common(1)[0]
    printed = lines(whence("log", "--json", "--correlation", chain, "--log", log).out)
    assert ({one["correlation_id"] for one in printed}, len(printed)) == ({chain}, count)


@pytest.mark.parametrize(
    "words",
    [
        ("--from", "100000"),
        ("--to", "0"),
        ("--type", "OrderDenied"),
        ("--stream", "account-paper", "--to", "1"),
        ("--stream", "account-paper", "--type", "OrderPlaced"),
    ],
)
def test_filters_that_no_event_passes_print_only_a_note(
    whence: Whence, log: str, words: Sequence[str]
) -> None:
    done = whence("log", *words, "--log", log)
    assert (done.code, done.out) == (0, "")
    assert done.err == "no event of this log passes these filters\n"


UNKNOWN = [
    (
        "--stream account-papre",
        "no stream of this log is called 'account-papre'; did you mean account-paper?",
    ),
    ("--stream account-papre --to 1", "did you mean account-paper?"),
    ("--correlation x", "no chain of this log is called 'x'"),
    ("--account papers", "no account of this log is called 'papers'; did you mean paper?"),
    ("--type OrderFiled", "no event is called OrderFiled; did you mean OrderFilled"),
    ("--type Xyz", "no event is called Xyz; there are: AccountMarked, AccountOpened, "),
]


@pytest.mark.parametrize(("words", "fault"), UNKNOWN)
def test_a_name_that_the_log_does_not_have_is_an_error_with_similar_names(
    whence: Whence, log: str, words: str, fault: str
) -> None:
    done = whence("log", *words.split(), "--log", log)
    assert (done.code, done.out) == (2, "")
    assert fault in done.err


def test_an_unknown_name_beside_a_known_one_is_an_error_after_the_events_of_the_known_one(
    whence: Whence, log: str
) -> None:
    done = whence("log", "--json", "--stream", "account-paper", "--stream", "accoun-paper", "--log", log)
    assert done.code == 2
    assert {one["stream"] for one in lines(done.out)} == {"account-paper"}
    assert "did you mean account-paper" in done.err


def test_people_get_one_line_for_each_event(whence: Whence, log: str, held: Sequence[Recorded]) -> None:
    printed = whence("log", "--log", log).out.splitlines()
    assert len(printed) == len(held)
    assert "LogOpened" in printed[0]
    assert "SYNTHETIC market: generated prices" in printed[0]
    for line, recorded in zip(printed, held, strict=True):
        assert line.split()[0] == str(recorded.ordinal)
        assert recorded.envelope.meta.stream in line
        assert recorded.envelope.meta.correlation_id in line


def test_an_event_that_occurred_before_it_was_recorded_has_both_times_and_explain_has_that_of_the_event(
    whence: Whence, log: str, held: Sequence[Recorded]
) -> None:
    printed = whence("log", "--log", log).out.splitlines()
    late = 0
    for line, recorded in zip(printed, held, strict=True):
        meta = recorded.envelope.meta
        differs = meta.occurred_at != meta.recorded_at
        late += differs
        assert line.split()[1] == iso(meta.recorded_at)
        assert (f" occurred {iso(meta.occurred_at)} " in line) is differs
    assert late > 3
    fill = next(
        one.envelope.meta
        for one in held
        if isinstance(one.envelope.event, OrderFilled)
        and one.envelope.meta.occurred_at != one.envelope.meta.recorded_at
    )
    story = json.loads(whence("explain", fill.correlation_id, "--log", log, "--json").out)
    (step,) = [
        one
        for one in story["steps"]
        if one["type"] == "OrderFilled" and one["occurred_at"] == iso(fill.occurred_at)
    ]
    assert step["until_recorded"] is not None


def test_a_fill_is_printed_with_the_side_and_the_instrument_of_its_order(
    whence: Whence, log: str, held: Sequence[Recorded]
) -> None:
    placed = {
        one.envelope.meta.stream: one.envelope.event
        for one in held
        if isinstance(one.envelope.event, OrderPlaced)
    }
    printed = whence("log", "--type", "OrderFilled", "--log", log).out.splitlines()
    filled = [one for one in held if isinstance(one.envelope.event, OrderFilled)]
    for line, one in zip(printed, filled, strict=True):
        order = placed[one.envelope.meta.stream]
        assert f"OrderFilled {order.side} {order.instrument} " in " ".join(line.split())
    assert filled


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("--since", "yesterday"), "'yesterday' is not a time; write it like 2025-06-30T14:00:00Z"),
        (("--from", "0"), "--from"),
        (("--to", "-1"), "--to"),
        (("--follow", "--to", "3"), "--follow does not end: leave out --to"),
        (("--speed", "fast"), "--speed 'fast' is not a pace; write it like 60x, or max"),
        (("--speed", "0x"), "--speed '0x' is not a pace"),
        (("--as-of", "noon"), "'noon' is not a time"),
    ],
)  # fmt: skip
def test_an_invalid_filter_is_refused(whence: Whence, log: str, words: Sequence[str], fault: str) -> None:
    done = whence("log", *words, "--log", log)
    assert (done.code, done.out) == (2, "")
    assert fault in done.err


def test_events_of_an_instrument_are_those_of_its_signals_orders_and_positions(
    whence: Whence, log: str, held: Sequence[Recorded]
) -> None:
    name = next(
        one.envelope.event.instrument for one in held if isinstance(one.envelope.event, PositionOpened)
    )
    signals = {
        one.envelope.meta.correlation_id
        for one in held
        if getattr(one.envelope.event, "instrument", None) == name
        and type(one.envelope.event).__name__ == "SignalDetected"
    }
    printed = lines(whence("log", "--json", "--instrument", name, "--log", log).out)
    kinds = {one["type"] for one in printed}
    assert kinds >= {"SignalDetected", "DecisionMade", "OrderPlaced", "OrderFilled", "PositionClosed"}
    assert {one["correlation_id"] for one in printed if one["type"] == "DecisionMade"} == signals
    assert sum(one["type"] == "InstrumentListed" for one in printed) == 1
    half = len(held) // 2
    later = lines(whence("log", "--json", "--instrument", name, "--from", str(half), "--log", log).out)
    assert later == [one for one in printed if one["ordinal"] >= half]


def test_an_unknown_instrument_is_refused_with_similar_names(whence: Whence, log: str) -> None:
    done = whence("log", "--instrument", "BTCUSD-LINEAR.BYBIT", "--log", log)
    assert done.code == 2
    assert "did you mean BTCUSDT-LINEAR.BYBIT" in done.err


def test_as_of_a_time_its_own_events_are_included_and_a_speed_prints_the_same(
    whence: Whence, log: str, held: Sequence[Recorded]
) -> None:
    at = held[20].envelope.meta.recorded_at
    expected = [one.ordinal for one in held if one.envelope.meta.recorded_at <= at]
    words = ("log", "--json", "--as-of", at.isoformat(), "--log", log)
    assert [one["ordinal"] for one in lines(whence(*words).out)] == expected
    assert whence(*words, "--speed", "9999999x").out == whence(*words).out


def test_a_closed_pipe_ends_the_command_with_0(log: str, tmp_path: Path) -> None:
    """`whence log | head -1` is not an error."""
    done = subprocess.run(
        ["bash", "-c", f'"{WHENCE}" log --json --log "{log}" | head -1; exit "${{PIPESTATUS[0]}}"'],
        cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert len(done.stdout.splitlines()) == 1
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("kind", ["sqlite", "kafka"])
def test_following_prints_matching_events_of_another_process_until_ctrl_c(
    tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    """Ctrl-C ends the command without output."""
    address = f"sqlite:///{tmp_path / 'run.db'}"
    if kind == "kafka":
        servers = request.getfixturevalue("kafka_bootstrap_servers")
        address = f"kafka://{servers}/{request.getfixturevalue('kafka_topic')}"
    assert program(tmp_path, "paper", "--bars", "300", "--log", address).returncode == 0
    before = len(events_at(address))
    follow = ("log", "--follow", "--json", "--type", "DayOpened", "--from", "2", "--log", address)
    with running(tmp_path, *follow) as follower:
        assert follower.process.stdout is not None
        first = json.loads(follower.process.stdout.readline())
        assert program(tmp_path, "paper", "--bars", "900", "--log", address).returncode == 0
        days = [one for one in events_at(address) if type(one.envelope.event).__name__ == "DayOpened"]
        assert days[-1].ordinal > before
        seen = [first, *(json.loads(follower.process.stdout.readline()) for _ in days[1:])]
        code, out, err = follower.interrupt()
    assert [one["ordinal"] for one in seen] == [one.ordinal for one in days]
    assert (code, out, err) == (0, "", "")


def test_following_prints_each_event_while_the_owner_still_runs(tmp_path: Path) -> None:
    """A line is printed as soon as its event is recorded."""
    address = f"sqlite:///{tmp_path / 'run.db'}"
    with running(tmp_path, "paper", *TAPE, "--pace", "30000x", "--log", address) as owner:
        wait_for(address, 6)
        with running(tmp_path, "log", "--follow", "--json", "--log", address) as follower:
            assert follower.process.stdout is not None
            for ordinal in range(1, 30):
                assert json.loads(follower.process.stdout.readline())["ordinal"] == ordinal
            assert owner.is_alive
            assert follower.interrupt()[0] == 0


@pytest.mark.parametrize(("option", "other"), [("--from", "--since"), ("--to", "--until")])
def test_a_time_as_an_ordinal_is_refused_and_the_option_for_times_is_named(
    whence: Whence, log: str, option: str, other: str
) -> None:
    done = whence("log", option, "2025-01-02", "--log", log)
    printed = " ".join(done.err.replace("│", " ").split())
    assert (done.code, f"for a time use {other}" in printed) == (2, True), done.err


@pytest.fixture(scope="module")
def two_strategies(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A log in which two instances of trend following trade."""
    folder = tmp_path_factory.mktemp("two")
    (folder / "whence.toml").write_text(
        '[[trading.strategies]]\nid = "fast"\nstrategy = "trend"\n'
        '[[trading.strategies]]\nid = "slow"\nstrategy = "trend"\ninterval = "15m"\n'
    )
    assert program(folder, "paper", *TAPE, "--log", "sqlite:///run.db").returncode == 0
    return f"sqlite:///{folder / 'run.db'}"


def test_events_of_a_strategy_are_those_that_follow_from_its_signals(
    whence: Whence, two_strategies: str
) -> None:
    whole = lines(whence("log", "--json", "--log", two_strategies).out)
    chains = {
        one["correlation_id"]: one["data"]["strategy"] for one in whole if one["type"] == "SignalDetected"
    }
    assert set(chains.values()) == {"fast", "slow"}
    for name in ("fast", "slow"):
        printed = lines(whence("log", "--json", "--strategy", name, "--log", two_strategies).out)
        assert printed == [one for one in whole if chains.get(one["correlation_id"]) == name]
        assert {one["type"] for one in printed} >= {"SignalDetected", "DecisionMade", "PositionClosed"}
        half = len(whole) // 2
        words = ("--strategy", name, "--from", str(half))
        later = lines(whence("log", "--json", *words, "--log", two_strategies).out)
        assert later == [one for one in printed if one["ordinal"] >= half]


def test_an_unknown_strategy_is_refused_with_similar_names(whence: Whence, two_strategies: str) -> None:
    done = whence("log", "--strategy", "slwo", "--log", two_strategies)
    assert (done.code, done.out) == (2, "")
    assert "no strategy of this log is called 'slwo'; did you mean slow?" in done.err


@pytest.mark.parametrize("words", [(), ("--type", "DecisionMade"), ("--from", "60")])
def test_a_decision_names_strategy_and_instrument_of_its_signal_also_where_the_signal_is_not_printed(
    whence: Whence, two_strategies: str, words: Sequence[str]
) -> None:
    signals = {
        one["stream"]: one["data"]
        for one in lines(whence("log", "--json", "--type", "SignalDetected", "--log", two_strategies).out)
    }
    printed = whence("log", *words, "--log", two_strategies).out.splitlines()
    decisions = [one for one in printed if one.split()[2] == "DecisionMade"]
    assert decisions
    for line in decisions:
        signal = signals[next(word for word in line.split() if word.startswith("signal-"))]
        assert f" {signal['strategy']} on {signal['instrument']}: " in line


def test_a_position_that_is_handed_over_is_its_heirs_and_a_close_by_a_person_the_strategys() -> None:
    stream = position_stream(ACCOUNT, BTC, Direction.LONG, 1)
    history = History().signal(a_signal(), chain="a").record(stream, an_opening(), chain="a")
    history.record(stream, PositionCloseRetried(2), chain="by-a-person")
    history.record(stream, PositionOrphaned("trend", "other"), chain="start")
    history.record(stream, PositionCloseRetried(3), chain="a")
    history.account(DayOpened("2025-04-03", Decimal(1)))
    proposers = Proposers()
    found = [proposers.strategy_of(Recorded(number, one)) for number, one in enumerate(history.envelopes, 1)]
    assert found == ["trend", "trend", "trend", "trend", "other", None]
