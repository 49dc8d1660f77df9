"""Chains and explanations hold the events and sentences of the log."""

from __future__ import annotations

from domain.order import OrderPlaced
from domain.signal import DecisionMade
from domain.streams import parse
from projections.chain import Node, find_story
from projections.sentences import sentence
from tests.adapters.graphql.reading import Reading

CHAIN = """query ($id: ID!) {chain(id: $id) {
    ids roots beganAt endedAt lines nodes {parentId because depth event {id ordinal type line}}}}"""


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


def test_the_lines_of_a_chain_are_the_sentences_of_its_events(reading: Reading) -> None:
    found = reading.query(CHAIN, id=an_order(reading))["chain"]
    words = {one.ordinal: sentence(one.envelope.event) for one in reading.events()}
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
