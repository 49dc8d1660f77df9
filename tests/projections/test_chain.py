"""A story is found by any id in its chains and returned as a tree. Events whose cause is missing are found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from domain.log import Recorded
from projections.chain import Node, Story, find_story, missing_causes
from tests.projections.logs import HandMade, requests_of_two_keys, two_chains

Shape = tuple[int, list["Shape"]]


@pytest.fixture
def log() -> HandMade:
    return two_chains()


def shapes(nodes: Sequence[Node]) -> list[Shape]:
    return [(node.recorded.ordinal, shapes(node.caused)) for node in nodes]


def story_with(log: HandMade, wanted: str) -> Story:
    story = find_story(log.read, wanted)
    assert story is not None
    return story


FIRST: list[Shape] = [(2, [(3, [(4, [(6, [(7, [(8, [])])])]), (5, [(13, [])])])])]
SECOND: list[Shape] = [(9, [(10, [(11, [(12, [])])])])]


@pytest.mark.parametrize(
    "wanted", ["aaa", "aaa-e1", "order-main-aaa-s1", "BTC-LONG-1", "bbb-x1", "exchange:SIM:3"]
)
def test_two_chains_that_share_a_position_are_one_story(log: HandMade, wanted: str) -> None:
    story = story_with(log, wanted)
    assert story.chains == {"aaa", "bbb"}
    assert [(fact, shapes(nodes)) for fact, nodes in story.roots] == [
        ("candle:a", FIRST),
        ("candle:b", SECOND),
    ]


@pytest.mark.parametrize("wanted", ["14", "#15"])
def test_an_ordinal_finds_the_story_of_its_event(log: HandMade, wanted: str) -> None:
    story = story_with(log, wanted)
    assert story.chains == {"ccc"}
    assert story.last == 15


def test_an_id_of_digits_is_found_before_an_ordinal_unless_the_ordinal_is_marked() -> None:
    log = two_chains()
    log.write("signal-main-14", "14", "candle:d")
    assert story_with(log, "14").chains == {"14"}
    assert story_with(log, "#14").chains == {"ccc"}


def test_only_the_events_between_the_storys_ends_are_read_a_second_time(log: HandMade) -> None:
    reads: list[tuple[int, int | None]] = []

    def read(after: int, upto: int | None) -> Iterator[Recorded]:
        reads.append((after, upto))
        return log.read(after, upto)

    assert find_story(read, "bbb") is not None
    assert reads == [(0, None), (1, 13)]


@pytest.mark.parametrize("number", [14, 15])
def test_a_chain_without_a_shared_position_is_a_story_of_its_own(log: HandMade, number: int) -> None:
    story = story_with(log, str(log.events[number - 1].envelope.meta.event_id))
    assert [(fact, shapes(nodes)) for fact, nodes in story.roots] == [("candle:c", [(14, [(15, [])])])]


def test_all_events_of_one_fact_are_roots_of_that_fact() -> None:
    """This is also true of two events of one stream: the second event is not listed under the first."""
    log = HandMade()
    for stream in ("log", "instruments-main", "instruments-main"):
        log.write(stream, "open", "command:open")
    assert [(fact, shapes(nodes)) for fact, nodes in story_with(log, "open").roots] == [
        ("command:open", [(1, []), (2, []), (3, [])])
    ]


@pytest.mark.parametrize("wanted", ["command:k1", "command:k1/0123456789abcdef"])
def test_a_request_is_found_by_its_key_with_or_without_its_fingerprint(wanted: str) -> None:
    log = requests_of_two_keys()
    assert [fact for fact, _ in story_with(log, wanted).roots] == ["command:k1/0123456789abcdef"]


@pytest.mark.parametrize("wanted", ["", "aa", "e1", "main", "order-main", "LONG-1", "x"])
def test_a_part_of_an_id_finds_no_story(log: HandMade, wanted: str) -> None:
    assert find_story(log.read, wanted) is None


def test_a_whole_log_has_no_missing_cause(log: HandMade) -> None:
    assert list(missing_causes(log.read())) == []


def test_an_event_whose_cause_was_removed_is_found(log: HandMade) -> None:
    del log.events[5]
    assert [one.ordinal for one in missing_causes(log.read())] == [7]


def test_an_event_recorded_before_its_cause_is_found(log: HandMade) -> None:
    log.events[1], log.events[2] = log.events[2], log.events[1]
    assert [one.ordinal for one in missing_causes(log.read())] == [3]
