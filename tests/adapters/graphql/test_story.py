"""Chains and explanations hold the events, sentences and figures of the log, as `whence explain --json` has them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import Engine

from domain.order import OrderAccepted, OrderFilled, OrderPlaced, OrderSubmitted
from domain.position import PositionClosed
from domain.signal import DecisionMade, SignalDetected, Verdict
from domain.streams import parse
from infra.cli.explained_form import form_of
from projections.chain import Node, find_story
from projections.sentences import sentence
from tests.adapters.graphql.reading import Reading
from tests.adapters.graphql.test_protection import reading_of
from tests.commands.test_gridding import Gridded
from tests.projections.stores import WrittenLog
from tests.projections.test_explained import facts

CHAIN = """query ($id: ID!) {chain(id: $id) {
    ids roots beganAt endedAt lines nodes {parentId because depth event {id ordinal type line}}}}"""

_MARGIN = "{reason needed isRecorded must value limit by unit}"
_SETTINGS = "{account version settings event {ordinal}}"
EXPLANATION = f"""query ($id: ID!) {{explanation(id: $id) {{
    kind name chains
    steps {{depth because line afterCause sinceStart untilRecorded event {{ordinal type occurredAt}}}}
    decisions {{account signalId strategy parameters inputs grid {{rounds}} verdict reasons tier policyVersion
        settingsVersion isTraded
        toPass {_MARGIN} settings {_SETTINGS}
        votes {{vote {{member chamber approves reasons figures}} margins {_MARGIN}}}}}
    orders {{account orderId exchangeOrderIds instrument side type purpose quantity status reason filled averagePrice
        decisionPrice decisionPriceSource slippage {{money basisPoints}} fees {{currency amount}}
        answers {{line afterPlaced event {{ordinal type causeId}}}}}}
    positions {{account positionId instrument direction quantity entryPrice exitPrice openedAt closedAt reason
        gross fees funding net protection {{at stop target}}}}
    settings {_SETTINGS}}}}}"""
_NET = ("positionId", "quantity", "entryPrice", "exitPrice", "reason", "gross", "fees", "funding", "net")
_ORDER = (
    *("orderId", "exchangeOrderIds", "status", "reason"),
    *("filled", "averagePrice", "decisionPrice", "decisionPriceSource"),
)
_DECISION = ("verdict", "reasons", "tier", "policyVersion", "settingsVersion", "isTraded")


def an_order(reading: Reading) -> str:
    """The id of the last placed order."""
    placed = [one for one in reading.events() if isinstance(one.envelope.event, OrderPlaced)]
    return parse(placed[-1].envelope.meta.stream).id


def test_a_chain_equals_the_story_found_in_the_log(reading: Reading) -> None:
    order = an_order(reading)
    story = find_story(reading.log.read, order)
    assert story is not None
    expected: list[tuple[int, str | None, int]] = []

    def walk(node: Node, above: str | None, depth: int) -> None:
        recorded = node.recorded
        expected.append((recorded.ordinal, above, depth))
        for caused in node.caused:
            walk(caused, str(recorded.envelope.meta.event_id), depth + 1)

    for _, nodes in story.roots:
        for node in nodes:
            walk(node, None, 0)
    found = reading.query(CHAIN, id=order)["chain"]
    assert [(one["event"]["ordinal"], one["parentId"], one["depth"]) for one in found["nodes"]] == expected
    assert (found["ids"], found["roots"]) == (sorted(story.chains), [fact for fact, _ in story.roots])


def test_a_chain_is_found_by_the_id_of_any_of_its_events(reading: Reading) -> None:
    whole = reading.query(CHAIN, id=an_order(reading))["chain"]
    for node in whole["nodes"][:4]:
        assert reading.query(CHAIN, id=node["event"]["id"])["chain"] == whole
    assert reading.query(CHAIN, id=whole["ids"][0])["chain"] == whole
    assert reading.query(CHAIN, id="nothing") == {"chain": None}


def fills_of(reading: Reading) -> dict[int, str]:
    """The sentences of all fills, with the side and the instrument of their order's placement, by ordinal."""
    placed: dict[str, OrderPlaced] = {}
    found: dict[int, str] = {}
    for one in reading.events():
        event, stream = one.envelope.event, one.envelope.meta.stream
        if isinstance(event, OrderPlaced):
            placed[stream] = event
        elif isinstance(event, OrderFilled):
            order = placed[stream]
            found[one.ordinal] = f"{order.side.value} {order.instrument} {sentence(event)}"
    return found


def test_the_journal_names_side_and_instrument_of_each_fill_read_by_one_statement(reading: Reading) -> None:
    document = """query ($first: Int) {
        journal(where: {types: ["OrderFilled"]}, first: $first) {edges {node {ordinal line}}}}"""
    wanted = fills_of(reading)
    counts: list[int] = []
    for first in (2, 200):
        with reading.statements() as statements:
            edges = reading.query(document, first=first)["journal"]["edges"]
        counts.append(len(statements))
        assert edges
        assert {edge["node"]["ordinal"]: edge["node"]["line"] for edge in edges}.items() <= wanted.items()
    assert counts[0] == counts[1]


def test_the_lines_of_a_chain_are_the_sentences_of_its_events(reading: Reading) -> None:
    found = reading.query(CHAIN, id=an_order(reading))["chain"]
    words = {one.ordinal: sentence(one.envelope.event) for one in reading.events()}
    words |= fills_of(reading)
    lines = [line for line in found["lines"] if line.startswith(" ")]
    for node, line in zip(found["nodes"], lines, strict=True):
        event = node["event"]
        assert event["line"] == words[event["ordinal"]]
        assert line.endswith(f"{event['type']} {event['line']} #{event['ordinal']}")
    assert found["lines"][0] == found["roots"][0]


def test_an_explanation_has_the_signal_the_votes_and_the_events_of_the_order(
    reading: Reading,
) -> None:
    order = an_order(reading)
    document = "query ($id: ID!) {explain(orderId: $id) {orderId lines steps {depth line votes event {type stream}}}}"
    found = reading.query(document, id=order)["explain"]
    assert found["orderId"] == order
    types = [step["event"]["type"] for step in found["steps"]]
    assert types[:2] == ["SignalDetected", "DecisionMade"]
    decision = next(
        one.envelope.event
        for one in reversed(reading.events())
        if isinstance(one.envelope.event, DecisionMade)
        and one.envelope.meta.stream.endswith(order.split("-")[0])
    )
    assert len(found["steps"][1]["votes"]) == len(decision.votes)
    own = [step for step in found["steps"] if step["event"]["stream"].endswith(order)]
    assert own[0]["event"]["type"] == "OrderPlaced"
    assert all(step["line"] in "\n".join(found["lines"]) for step in found["steps"])
    assert reading.query(document, id="nothing") == {"explain": None}


def test_a_chain_is_read_with_at_most_five_statements(reading: Reading) -> None:
    reading.query(CHAIN, id="nothing")
    with reading.statements() as run:
        reading.query(CHAIN, id=an_order(reading))
    assert len([one for one in run if one.lstrip().startswith(("SELECT", "(SELECT"))]) <= 5


def test_the_query_of_projections_returns_each_build_with_its_status_and_ordinal(reading: Reading) -> None:
    found = reading.query("{projections {name kind status ordinal parkedEvents parkedSequences}}")[
        "projections"
    ]
    head = reading.log.head()
    assert {one["name"] for one in found} == set(reading.models.projections)
    standing = {(one["kind"], one["status"], one["ordinal"], one["parkedEvents"]) for one in found}
    assert standing == {("TODAY", "LIVE", head, 0)}


def snake(name: str) -> str:
    """The name of a field in the printed JSON."""
    return re.sub(r"[A-Z]", lambda found: f"_{found[0].lower()}", name)


def form(reading: Reading, wanted: str) -> Any:
    return form_of(facts(reading.log, wanted))


def a_closed_position(reading: Reading) -> str:
    closed = [one for one in reading.events() if isinstance(one.envelope.event, PositionClosed)]
    return parse(closed[-1].envelope.meta.stream).id


def plain(value: Any) -> Any:
    """Amounts without the zeros that follow the last digit, as JSON has them."""
    if isinstance(value, str) and "." in value and value.lstrip("-").replace(".", "").isdigit():
        return value.rstrip("0").rstrip(".")
    return value


def flat(values: Mapping[str, Any], *names: str) -> list[Any]:
    return [plain(values[name]) for name in names]


def settings_of(one: Any) -> list[Any]:
    return [one["account"], one["version"], one["settings"]]


def test_every_figure_equals_the_one_that_the_command_prints(reading: Reading) -> None:
    wanted = a_closed_position(reading)
    found, printed = reading.query(EXPLANATION, id=wanted)["explanation"], form(reading, wanted)
    assert [found["kind"], found["name"]] == list(printed["subject"].values())
    for one, other in zip(found["steps"], printed["steps"], strict=True):
        assert flat(one, "depth", "because", "line", "afterCause", "sinceStart", "untilRecorded") == flat(
            other, "depth", "because", "line", "after_cause", "since_start", "until_recorded"
        )
        assert [one["event"]["ordinal"], one["event"]["type"]] == [other["ordinal"], other["type"]]
    for one, other in zip(found["positions"], printed["positions"], strict=True):
        assert flat(one, *_NET) == flat(other, *map(snake, _NET))
        assert [flat(level, "stop", "target") for level in one["protection"]] == [
            flat(level, "stop", "target") for level in other["protection"]
        ]
    assert list(map(settings_of, found["settings"])) == list(map(settings_of, printed["settings"]))


def test_every_order_equals_the_one_that_the_command_prints(reading: Reading) -> None:
    wanted = a_closed_position(reading)
    found, printed = reading.query(EXPLANATION, id=wanted)["explanation"], form(reading, wanted)
    assert any(one["slippage"] for one in found["orders"])
    for one, other in zip(found["orders"], printed["orders"], strict=True):
        assert flat(one, *_ORDER) == flat(other, *map(snake, _ORDER))
        assert flat(one, "instrument", "side", "type", "purpose", "quantity") == flat(
            other["terms"], "instrument", "side", "type", "purpose", "quantity"
        )
        assert (one["slippage"] is None) is (other["slippage"] is None)
        if one["slippage"]:
            assert flat(one["slippage"], "money", "basisPoints") == flat(
                other["slippage"], "money", "basis_points"
            )
        assert {fee["currency"]: plain(fee["amount"]) for fee in one["fees"]} == other["fees"]
        assert [[a["line"], plain(a["afterPlaced"]), a["event"]["causeId"]] for a in one["answers"]] == [
            [a["line"], a["after_placed"], a["cause"]] for a in other["answers"]
        ]


def test_what_a_refused_signal_lacked_equals_what_the_command_prints(reading: Reading) -> None:
    skipped = [
        one.envelope
        for one in reading.events()
        if isinstance(one.envelope.event, DecisionMade) and one.envelope.event.verdict is Verdict.SKIP
    ]
    wanted = skipped[-1].meta.correlation_id
    (found,), (printed,) = (
        reading.query(EXPLANATION, id=wanted)["explanation"]["decisions"],
        form(reading, wanted)["decisions"],
    )
    margin = ("reason", "needed", "must", "value", "limit", "by", "unit")
    assert [flat(one, *margin) for one in found["toPass"]] == [
        flat(one, *margin) for one in printed["to_pass"]
    ]
    assert found["toPass"]
    assert [one["vote"] for one in found["votes"]] == [
        {name: one[name] for name in ("member", "chamber", "approves", "reasons", "figures")}
        for one in printed["votes"]
    ]
    assert flat(found, *_DECISION) == flat(printed, *map(snake, _DECISION))
    assert (found["inputs"], found["parameters"], found["grid"]) == (
        printed["signal"]["inputs"],
        printed["strategy"]["parameters"],
        printed["signal"]["grid"],
    )


def test_a_grid_is_explained_with_its_levels(store: Engine) -> None:
    gridded = Gridded()
    log = WrittenLog(gridded.desk.log.envelopes)
    (signal,) = (one for one in log.envelopes if isinstance(one.event, SignalDetected))
    assert isinstance(signal.event, SignalDetected)
    assert signal.event.grid is not None
    with reading_of(store, log) as reading:
        document = """query ($id: ID!) {explanation(id: $id) {decisions {
            grid {levels {price target} rounds lifetimeSeconds}}}}"""
        (found,) = reading.query(document, id=signal.meta.correlation_id)["explanation"]["decisions"]
    assert found["grid"] == {
        "levels": [{"price": str(one.price), "target": str(one.target)} for one in signal.event.grid.levels],
        "rounds": signal.event.grid.rounds,
        "lifetimeSeconds": signal.event.grid.lifetime_seconds,
    }


def test_an_exchanges_order_id_and_an_execution_id_are_found(reading: Reading) -> None:
    events = reading.events()
    fill = [one for one in events if isinstance(one.envelope.event, OrderFilled)][-1].envelope
    assert isinstance(fill.event, OrderFilled)
    sent = next(
        one.envelope.event
        for one in events
        if one.envelope.meta.stream == fill.meta.stream
        and isinstance(one.envelope.event, OrderSubmitted | OrderAccepted)
    )
    document = "query ($id: ID!) {explanation(id: $id) {kind name}}"
    assert reading.query(document, id=sent.venue_order_id)["explanation"] == {
        "kind": "exchange order id",
        "name": fill.meta.stream,
    }
    assert reading.query(document, id=fill.event.execution_id)["explanation"] == {
        "kind": "execution id",
        "name": fill.meta.stream,
    }


@pytest.mark.parametrize("wanted", ["nothing", "", "#0"])
def test_an_unknown_id_has_no_explanation(reading: Reading, wanted: str) -> None:
    assert reading.query(EXPLANATION, id=wanted) == {"explanation": None}
