"""A chain is found from any id in it and told as a tree; a missing link is found out."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from projections.chain import Node, Story, missing_causes, tell
from tests.projections.logs import HandMade, requests_of_two_keys, two_chains

Shape = tuple[int, list["Shape"]]


@pytest.fixture
def log() -> HandMade:
    return two_chains()


def shapes(nodes: Sequence[Node]) -> list[Shape]:
    return [(node.recorded.ordinal, shapes(node.caused)) for node in nodes]


def told(log: HandMade, wanted: str) -> Story:
    story = tell(log.read, wanted)
    assert story is not None
    return story


FIRST: list[Shape] = [(2, [(3, [(4, [(6, [(7, [(8, [])])])]), (5, [(13, [])])])])]
SECOND: list[Shape] = [(9, [(10, [(11, [(12, [])])])])]


@pytest.mark.parametrize(
    "wanted", ["aaa", "aaa-e1", "order-main-aaa-s1", "BTC-LONG-1", "bbb-x1", "exchange:SIM:3"]
)
def test_a_shared_position_tells_both_chains(log: HandMade, wanted: str) -> None:
    story = told(log, wanted)
    assert story.chains == {"aaa", "bbb"}
    assert [(fact, shapes(nodes)) for fact, nodes in story.roots] == [
        ("candle:a", FIRST),
        ("candle:b", SECOND),
    ]


@pytest.mark.parametrize("number", [14, 15])
def test_a_chain_that_shares_nothing_is_alone(log: HandMade, number: int) -> None:
    story = told(log, str(log.events[number - 1].envelope.meta.event_id))
    assert [(fact, shapes(nodes)) for fact, nodes in story.roots] == [("candle:c", [(14, [(15, [])])])]


def test_what_one_fact_led_to_stays_together() -> None:
    """Also where streams go on: the second listing is not under the first."""
    log = HandMade()
    for stream in ("log", "instruments-main", "instruments-main"):
        log.write(stream, "open", "command:open")
    assert [(fact, shapes(nodes)) for fact, nodes in told(log, "open").roots] == [
        ("command:open", [(1, []), (2, []), (3, [])])
    ]


@pytest.mark.parametrize("wanted", ["command:k1", "command:k1/0123456789abcdef"])
def test_a_request_is_found_by_its_key_with_or_without_its_fingerprint(wanted: str) -> None:
    log = requests_of_two_keys()
    assert [fact for fact, _ in told(log, wanted).roots] == ["command:k1/0123456789abcdef"]


@pytest.mark.parametrize("wanted", ["", "aa", "e1", "main", "order-main", "LONG-1", "x"])
def test_a_part_of_an_id_is_none(log: HandMade, wanted: str) -> None:
    assert tell(log.read, wanted) is None


def test_a_whole_log_misses_no_cause(log: HandMade) -> None:
    assert list(missing_causes(log.read())) == []


def test_a_cause_that_was_removed_is_missed(log: HandMade) -> None:
    del log.events[5]
    assert [one.ordinal for one in missing_causes(log.read())] == [7]


def test_a_cause_must_come_before(log: HandMade) -> None:
    log.events[1], log.events[2] = log.events[2], log.events[1]
    assert [one.ordinal for one in missing_causes(log.read())] == [3]
