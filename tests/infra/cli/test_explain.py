"""`whence explain`: the whole chain around any id, with votes, reasons and figures."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.events import Event
from domain.log import Envelope, Recorded
from domain.mark import AccountMarked
from domain.order import OrderAccepted, OrderFilled, OrderSubmitted
from domain.position import PositionClosed
from domain.signal import DecisionMade, Verdict
from domain.streams import parse
from projections.sentences import plain, signed
from tests.infra.cli.conftest import Whence
from tests.journeys.program import whence as program
from tests.journeys.runs import events_at

TAPE = ("--bars", "2500")


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


@pytest.fixture(scope="module")
def closed(held: Sequence[Recorded]) -> Envelope:
    """The event that closed a position by the position's own chain, that is by its stop or its target."""
    return next(
        one.envelope
        for one in held
        if isinstance(one.envelope.event, PositionClosed) and one.envelope.event.reason != "REVERSAL"
    )


def test_the_story_of_an_event_without_votes_does_not_state_that_votes_are_left_out(
    whence: Whence, log: str, held: Sequence[Recorded]
) -> None:
    mark = next(one.ordinal for one in held if isinstance(one.envelope.event, AccountMarked))
    decided = next(one.ordinal for one in held if isinstance(one.envelope.event, DecisionMade))
    shown = [whence("explain", f"#{ordinal}", "--log", log).out for ordinal in (mark, decided)]
    assert ["the figures of each vote" in " ".join(one.split()) for one in shown] == [False, True], shown


def order_of(event: Event) -> str:
    assert isinstance(event, PositionClosed)
    return event.order_id


IDS: Mapping[str, Callable[[Envelope], str]] = {
    "the order that closed it": lambda closed: order_of(closed.event),
    "the entry": lambda closed: f"{closed.meta.correlation_id}-e1",
    "the signal and its chain": lambda closed: closed.meta.correlation_id,
    "the position": lambda closed: parse(closed.meta.stream).id,
    "the position's stream": lambda closed: closed.meta.stream,
    "an event": lambda closed: str(closed.meta.event_id),
}


def nodes(story: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every event of a story, causes before their effects."""

    def below(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        yield node
        for caused in node["caused"]:
            yield from below(caused)

    for root in story["roots"]:
        for event in root["events"]:
            yield from below(event)


@pytest.mark.parametrize("name", IDS)
def test_any_id_gives_the_whole_chain(
    whence: Whence, log: str, held: Sequence[Recorded], closed: Envelope, name: str
) -> None:
    story = json.loads(whence("explain", IDS[name](closed), "--json", "--log", log).out)
    chain = closed.meta.correlation_id
    expected = [one.ordinal for one in held if one.envelope.meta.correlation_id == chain]
    assert story["chains"] == [chain]
    assert sorted(node["ordinal"] for node in nodes(story)) == expected
    assert len(story["roots"]) == 1, "a report of the exchange must be under its order, in one tree"
    assert story["roots"][0]["cause"].startswith("candle:")


def test_json_nodes_equal_the_events_of_the_log(whence: Whence, log: str, closed: Envelope) -> None:
    story = json.loads(whence("explain", closed.meta.correlation_id, "--json", "--log", log).out)
    lines = whence(
        "log", "--correlation", closed.meta.correlation_id, "--json", "--log", log
    ).out.splitlines()
    logged = {line["ordinal"]: line for line in map(json.loads, lines)}
    for node in nodes(story):
        same = {name: value for name, value in node.items() if name not in {"caused", "owner"}}
        assert same == {name: logged[node["ordinal"]][name] for name in same}


def test_a_position_is_printed_with_its_owner(whence: Whence, log: str, closed: Envelope) -> None:
    chain = closed.meta.correlation_id
    story = json.loads(whence("explain", chain, "--json", "--log", log).out)
    owners = {node["stream"]: node["owner"] for node in nodes(story) if "owner" in node}
    assert owners == {closed.meta.stream: "trend"}
    printed = " ".join(whence("explain", chain, "--full", "--log", log).out.replace("│", " ").split())
    assert printed.count(f"{closed.meta.stream} (owner trend)") >= 1


def test_every_node_is_under_its_cause_or_its_order(whence: Whence, log: str, closed: Envelope) -> None:
    story = json.loads(whence("explain", closed.meta.correlation_id, "--json", "--log", log).out)
    for node in nodes(story):
        for caused in node["caused"]:
            outside = caused["causation_id"].startswith("exchange:")
            assert (
                caused["stream"] == node["stream"] if outside else caused["causation_id"] == node["event_id"]
            )


def test_the_tree_shows_events_votes_reasons_and_figures(whence: Whence, log: str, closed: Envelope) -> None:
    """Each event and each vote is on its own line, in order, and the tree fits two screens."""
    done = whence("explain", closed.meta.correlation_id, "--full", "--log", log)
    assert done.code == 0
    for event in (
        "SignalDetected",
        "DecisionMade",
        "OrderPlaced",
        "OrderFilled",
        "PositionOpened",
        "PositionClosed",
    ):
        assert event in done.out
    assert "SYNTHETIC MARKET: these prices are not real" in done.out
    assert "ALPHA committee" in done.out
    assert "RISK committee" in done.out
    assert "yes confidence" in done.out
    assert "threshold 0.65" in done.out
    assert isinstance(closed.event, PositionClosed)
    assert f"net {plain(closed.event.net)}" in " ".join(done.out.split())
    lines = done.out.splitlines()
    assert len(lines) <= 100
    assert max(map(len, lines)) <= 100
    assert lines[0].startswith(f"chain {closed.meta.correlation_id}: ")


def test_a_skipped_signal_shows_the_members_that_voted_against_it(
    whence: Whence, log: str, held: Sequence[Recorded]
) -> None:
    skipped = next(
        one.envelope
        for one in held
        if isinstance(one.envelope.event, DecisionMade) and one.envelope.event.verdict is Verdict.SKIP
    )
    done = whence("explain", skipped.meta.correlation_id, "--full", "--log", log)
    assert "SKIP" in done.out
    assert isinstance(skipped.event, DecisionMade)
    against = [vote for vote in skipped.event.votes if not vote.approves]
    assert against
    for vote in against:
        line = next(line for line in done.out.splitlines() if f" {vote.member} " in line and "no " in line)
        assert vote.reasons[0] in line


def test_a_position_closed_by_another_chain_shows_both_chains(
    whence: Whence, tmp_path: Path, market_data: Path
) -> None:
    """The position is reversed: one chain opened it, and the chain of an opposed signal closed it."""
    lines = (market_data / "bybit_klines" / "BTCUSDT_5m.csv").read_text().splitlines(keepends=True)
    (tmp_path / "BTCUSDT_5m.csv").write_text("".join(lines[:6_000]))
    assert whence("paper", "BTCUSDT_5m.csv").code == 0
    reversed_by = next(
        one.envelope
        for one in events_at(f"sqlite:///{tmp_path / 'whence.db'}")
        if isinstance(one.envelope.event, PositionClosed) and one.envelope.event.reason == "REVERSAL"
    )
    story = json.loads(whence("explain", parse(reversed_by.meta.stream).id, "--json").out)
    assert len(story["chains"]) == 2
    assert reversed_by.meta.correlation_id in story["chains"]
    assert story["synthetic"] is False
    done = whence("explain", parse(reversed_by.meta.stream).id)
    assert "SYNTHETIC" not in done.out
    assert done.out.startswith(f"chains {', '.join(story['chains'])}: ")


def test_a_chain_of_one_event_is_counted_in_the_singular(
    whence: Whence, log: str, held: Sequence[Recorded]
) -> None:
    sizes = Counter(one.envelope.meta.correlation_id for one in held)
    chain = next(chain for chain, size in sizes.items() if size == 1)
    assert whence("explain", chain, "--log", log).out.startswith(f"chain {chain}: 1 event, ")


@pytest.mark.parametrize("wanted", ["nothing", "e1", "paper", "", "-e1", "0", "#0", "9999999", "#x"])
def test_an_unknown_id_is_refused(whence: Whence, log: str, wanted: str) -> None:
    done = whence("explain", "--log", log, "--", wanted)
    assert (done.code, done.out) == (2, "")
    expected = f"nothing in this log has the id or the ordinal {wanted!r}; `whence log` shows its events"
    assert done.err == f"whence: {expected}\n"


def test_a_mistyped_id_is_refused_with_the_one_that_is_meant(
    whence: Whence, log: str, closed: Envelope
) -> None:
    wanted = closed.meta.correlation_id
    done = whence("explain", "--log", log, "--", f"{wanted[:-2]}{wanted[-1]}")
    assert done.code == 2
    assert f"; did you mean {wanted}?; `whence log` shows its events" in done.err


@pytest.mark.parametrize("spelling", ["{}", "#{}"])
def test_an_ordinal_is_explained_as_the_event_at_that_place(
    whence: Whence, log: str, held: Sequence[Recorded], closed: Envelope, spelling: str
) -> None:
    ordinal = next(one.ordinal for one in held if one.envelope == closed)
    by_ordinal = whence("explain", spelling.format(ordinal), "--log", log)
    assert by_ordinal.out == whence("explain", str(closed.meta.event_id), "--log", log).out
    assert by_ordinal.code == 0


def test_the_ids_that_the_exchange_gave_find_the_story(
    whence: Whence, log: str, held: Sequence[Recorded], closed: Envelope
) -> None:
    stream = f"order-{closed.meta.account}-{order_of(closed.event)}"
    own = [one.envelope.event for one in held if one.envelope.meta.stream == stream]
    sent = next(one for one in own if isinstance(one, OrderSubmitted | OrderAccepted))
    fill = next(one for one in own if isinstance(one, OrderFilled))
    for kind, wanted in (("exchange order id", sent.venue_order_id), ("execution id", fill.execution_id)):
        found = json.loads(whence("explain", wanted, "--json", "--log", log).out)
        assert found["subject"] == {"kind": kind, "name": stream}
        assert found["chains"] == [closed.meta.correlation_id]


def test_slippage_fees_result_and_elapsed_time_are_printed(
    whence: Whence, log: str, closed: Envelope
) -> None:
    assert isinstance(closed.event, PositionClosed)
    found = json.loads(whence("explain", closed.meta.correlation_id, "--json", "--log", log).out)
    printed = " ".join(whence("explain", closed.meta.correlation_id, "--full", "--log", log).out.split())
    for order in found["orders"]:
        if order["slippage"]:
            assert f"slippage {signed(Decimal(order['slippage']['money']))} (" in printed
            assert f"fees {order['fees']['USDT']} USDT" in printed
    assert f"result {signed(closed.event.net)} (" in printed
    assert " +150 ms OrderFilled" in printed
    assert "slippage: against the decision price, without fees; positive is worse than decided" in printed


def test_a_skipped_signal_states_what_would_have_had_to_differ(
    whence: Whence, log: str, held: Sequence[Recorded]
) -> None:
    skipped = next(
        one.envelope
        for one in held
        if isinstance(one.envelope.event, DecisionMade)
        and "CONFIDENCE_BELOW_THRESHOLD" in one.envelope.event.reasons
    )
    printed = " ".join(whence("explain", skipped.meta.correlation_id, "--log", log).out.split())
    assert "not traded by trend" in printed
    assert "to pass: a confidence of at least 0.65; it was 0." in printed


def test_html_writes_one_page_with_the_chart_and_names_it(
    whence: Whence, log: str, tmp_path: Path, closed: Envelope
) -> None:
    done = whence("explain", closed.meta.correlation_id, "--html", "made/page.html", "--log", log)
    page = (tmp_path / "made" / "page.html").read_text(encoding="utf-8")
    assert (done.code, done.out.split(":")[0]) == (0, "made/page.html")
    assert f"<h1>Signal {closed.meta.correlation_id} of account paper</h1>" in page
    assert "SYNTHETIC MARKET: these prices are not real" in page
    assert 'class="mark exit"' in page


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--candles", "a.csv"), "--candles and --symbol are for the chart of --html FILE"),
        (("--html", "a.html", "--json"), "--html and --json: choose one of them"),
        (("--html", "taken/a.html"), "taken is no folder"),
        (("--html", "."), "--html . cannot be written: Is a directory"),
        (("--html", "a.html", "--symbol", "BTCUSDT"), "--symbol names the symbol of a file of --candles"),
        (("--html", "a.html", "--candles", "gone_BTCUSDT_5m.csv"), "gone_BTCUSDT_5m.csv"),
    ],
    ids=[
        "candles alone",
        "page and JSON",
        "a file as the folder",
        "a folder",
        "symbol alone",
        "a missing file",
    ],
)
def test_an_option_of_the_page_that_cannot_be_used_is_refused(
    whence: Whence, log: str, closed: Envelope, options: Sequence[str], message: str
) -> None:
    Path("taken").touch()
    done = whence("explain", closed.meta.correlation_id, *options, "--log", log)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
