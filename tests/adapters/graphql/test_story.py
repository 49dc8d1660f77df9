"""Chains and explanations: the same events and words as the program tells from the log."""

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
    """The last order that was placed."""
    placed = [one for one in reading.events() if isinstance(one.envelope.event, OrderPlaced)]
    return parse(placed[-1].envelope.meta.stream).id


def test_a_chain_is_the_story_that_the_log_tells(reading: Reading) -> None:
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
    told = reading.ask(CHAIN, id=order)["chain"]
    assert [(one["event"]["ordinal"], one["parentId"], one["depth"]) for one in told["nodes"]] == expected
    assert (told["ids"], told["roots"]) == (sorted(story.chains), [fact for fact, _ in story.roots])


def test_every_id_of_a_chain_leads_to_it(reading: Reading) -> None:
    whole = reading.ask(CHAIN, id=an_order(reading))["chain"]
    for node in whole["nodes"][:4]:
        assert reading.ask(CHAIN, id=node["event"]["id"])["chain"] == whole
    assert reading.ask(CHAIN, id=whole["ids"][0])["chain"] == whole
    assert reading.ask(CHAIN, id="nothing") == {"chain": None}


def test_the_lines_are_the_words_of_the_log(reading: Reading) -> None:
    told = reading.ask(CHAIN, id=an_order(reading))["chain"]
    words = {one.ordinal: sentence(one.envelope.event) for one in reading.events()}
    lines = [line for line in told["lines"] if line.startswith(" ")]
    for node, line in zip(told["nodes"], lines, strict=True):
        event = node["event"]
        assert event["line"] == words[event["ordinal"]]
        assert line.endswith(f"{event['type']} {event['line']} #{event['ordinal']}")
    assert told["lines"][0] == told["roots"][0]


def test_an_explanation_leads_from_the_fact_through_the_votes_to_what_came_of_the_order(
    reading: Reading,
) -> None:
    order = an_order(reading)
    document = "query ($id: ID!) {explain(orderId: $id) {orderId lines steps {depth line votes event {type stream}}}}"
    told = reading.ask(document, id=order)["explain"]
    assert told["orderId"] == order
    types = [step["event"]["type"] for step in told["steps"]]
    assert types[:2] == ["SignalDetected", "DecisionMade"]
    decision = next(
        one.envelope.event
        for one in reversed(reading.events())
        if isinstance(one.envelope.event, DecisionMade)
        and one.envelope.meta.stream.endswith(order.split("-")[0])
    )
    assert len(told["steps"][1]["votes"]) == len(decision.votes)
    own = [step for step in told["steps"] if step["event"]["stream"].endswith(order)]
    assert own[0]["event"]["type"] == "OrderPlaced"
    assert all(step["line"] in "\n".join(told["lines"]) for step in told["steps"])
    assert reading.ask(document, id="nothing") == {"explain": None}


def test_a_chain_takes_no_more_statements_than_it_must(reading: Reading) -> None:
    reading.ask(CHAIN, id="nothing")
    with reading.statements() as run:
        reading.ask(CHAIN, id=an_order(reading))
    assert len([one for one in run if one.lstrip().startswith(("SELECT", "(SELECT"))]) <= 5


def test_how_far_the_read_models_are(reading: Reading) -> None:
    told = reading.ask("{projections {name kind status ordinal parkedEvents parkedSequences}}")["projections"]
    head = reading.log.head()
    assert {one["name"] for one in told} == set(reading.models.projections)
    standing = {(one["kind"], one["status"], one["ordinal"], one["parkedEvents"]) for one in told}
    assert standing == {("TODAY", "LIVE", head, 0)}
