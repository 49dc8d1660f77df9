"""The Avro record of a decision, which holds each figure once even where several committee members used it.

It is the only record whose fields differ from its event class (`docs/decisions/0030`), so its reader and writer are
written by hand. The record's `inputs` are pairs of name and text; each vote holds the indexes of its own figures within
`inputs`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import count as count_from_0
from typing import Any, Final

from adapters.avro.amount import amount_at
from adapters.avro.binary import (
    FLAGS,
    SHORT,
    UNUSUAL,
    block,
    block_at,
    items_at,
    long_at,
    size,
    span_at,
    text_at,
    texts_at,
)
from adapters.avro.reading import Read
from adapters.avro.symbols import Members, Symbols, bytes_of
from adapters.avro.writing import Write
from adapters.avro.written import choice, count, flag, many, mapping, money, part, text, texts
from domain.arms.split import Arm
from domain.signal import Chamber, DecisionMade, Tier, Verdict, Vote

_Places = defaultdict[tuple[str, str], int]
"""Twice the index of each figure, which is the byte that encodes an index below 64; a new figure gets the next one."""

_END: Final = b"\0"
_NO_FIGURES_OF_ITS_OWN: Final = b"\0"
_MOST_IN_ONE_BYTE: Final = 64
_MOST_NAMES: Final = 1_024
_UNUSUAL: Final = (AttributeError, LookupError, TypeError, ValueError)


def decision_writer(symbols: Symbols) -> Write:
    """Returns a function that encodes a decision; it raises InvalidEvent naming field and value."""
    verdicts, tiers = bytes_of(Verdict, symbols), bytes_of(Tier, symbols)
    arms = bytes_of(Arm, symbols)
    votes_of = _VotesWriter(bytes_of(Chamber, symbols)).write

    def write(decision: DecisionMade) -> bytes:
        votes, inputs = votes_of(decision.votes)
        return b"".join(
            (
                choice(decision.verdict, "verdict", Verdict, verdicts),
                texts(decision.reasons, "reasons"),
                votes,
                choice(decision.tier, "tier", Tier, tiers),
                money(decision.quantity, "quantity"),
                money(decision.stop, "stop"),
                money(decision.target, "target"),
                count(decision.policy_version, "policy_version"),
                count(decision.settings_version, "settings_version"),
                inputs,
                choice(decision.arm, "arm", Arm, arms),
            )
        )

    return write


class _VotesWriter:
    """Encodes the votes of a decision; remembers the approvals of the committees' own members up to their figures."""

    def __init__(self, chambers: Mapping[Chamber, bytes]) -> None:
        self._chambers = chambers
        self._heads: dict[tuple[Chamber, str], bytes] = {}

    def write(self, votes: tuple[Vote, ...]) -> tuple[bytes, bytes]:
        """The fields `votes` and `inputs` of the record. Raises InvalidEvent."""
        return self._usual(votes) or self._checked(votes)

    def _usual(self, votes: tuple[Vote, ...]) -> tuple[bytes, bytes] | None:
        """For votes that each have figures, which are texts, 64 different ones at most; None for others."""
        places: _Places = defaultdict(count_from_0(0, 2).__next__)
        place, heads, parts = places.__getitem__, self._heads, list[bytes]()
        try:
            for vote in votes:
                figures: Any = vote.figures
                if type(vote) is not Vote or type(vote.figures) is not dict or not figures:
                    return None
                if vote.approves is True and vote.reasons == () and type(vote.chamber) is Chamber:
                    head = heads.get((vote.chamber, vote.member)) or self._known(vote)
                else:
                    head = self._head(vote)
                parts += head, SHORT[len(figures)], bytes(map(place, figures.items())), _END
            inputs = [_NAMES[name] + SHORT[len(v := value.encode())] + v for name, value in places]
        except _UNUSUAL:
            return None
        if type(votes) is not tuple or not 0 < len(inputs) <= _MOST_IN_ONE_BYTE:
            return None
        return b"".join((size(len(votes)), *parts, _END)), block(inputs)

    def _checked(self, votes: object) -> tuple[bytes, bytes]:
        places: _Places = defaultdict(count_from_0(0, 2).__next__)
        written = block([self._vote(vote, places) for vote in many(votes, "votes")])
        return written, block([_name_written(name) + text(value, _FIGURE) for name, value in places])

    def _vote(self, voted: object, places: _Places) -> bytes:
        vote = part(voted, "votes[]", Vote)
        placed = _placed(vote, places)
        return self._head(vote) + block([size(place // 2) for place in placed])

    def _known(self, vote: Vote) -> bytes:
        head = self._head(vote)
        if len(self._heads) < _MOST_NAMES:
            self._heads[vote.chamber, vote.member] = head
        return head

    def _head(self, vote: Vote) -> bytes:
        """Encodes a vote up to its figures."""
        return b"".join(
            (
                text(vote.member, "votes[].member"),
                choice(vote.chamber, "votes[].chamber", Chamber, self._chambers),
                flag(vote.approves, "votes[].approves"),
                texts(vote.reasons, "votes[].reasons"),
                _NO_FIGURES_OF_ITS_OWN,
            )
        )


_NAMES: Final[dict[str, bytes]] = {}
"""Encoded names of figures; the members use a few dozen names."""


def _name_written(name: str) -> bytes:
    written = text(name, _NAME)
    if len(_NAMES) < _MOST_NAMES:
        _NAMES[name] = written
    return written


_NAME: Final = "votes[].figures (a name)"
_FIGURE: Final = "votes[].figures{}"


def _placed(vote: Vote, places: _Places) -> list[int]:
    figures: Any = mapping(vote.figures, "votes[].figures").items()
    try:
        return [places[figure] for figure in figures]
    except TypeError:
        for _, value in figures:
            text(value, _FIGURE)
        raise


def decision_reader(symbols: Symbols) -> Read:
    """Returns a function that reads the decision at an offset and returns it and the offset after it.

    That function raises LookupError, ArithmeticError or ValueError where the bytes are not a decision.
    """
    verdicts, tiers, chambers = Members(Verdict, symbols), Members(Tier, symbols), Members(Chamber, symbols)
    arms = Members(Arm, symbols)

    def read(data: bytes, at: int) -> tuple[DecisionMade, int]:
        verdict = verdicts[data[at]]
        reasons, at = texts_at(data, at + 1)
        placed: list[tuple[dict[str, str], Sequence[int]]] = []
        votes, at = items_at(data, at, lambda data, at: read_vote(data, at, placed))
        tier = tiers[data[at]]
        quantity, at = amount_at(data, at + 1)
        stop, at = amount_at(data, at)
        target, at = amount_at(data, at)
        policy_version, at = long_at(data, at)
        settings_version, at = long_at(data, at)
        inputs, at = _pairs_at(data, at)
        arm = arms[data[at]]
        for figures, places in placed:
            figures.update([inputs[place] for place in places])
        decision = DecisionMade(
            verdict=verdict,
            reasons=reasons,
            votes=tuple(votes),
            tier=tier,
            quantity=quantity,
            stop=stop,
            target=target,
            policy_version=policy_version,
            settings_version=settings_version,
            arm=arm,
        )
        return decision, at + 1

    def read_vote(
        data: bytes, at: int, placed: list[tuple[dict[str, str], Sequence[int]]]
    ) -> tuple[Vote, int]:
        member, at = text_at(data, at)
        chamber, approves = chambers[data[at]], FLAGS[data[at + 1]]
        reasons, at = texts_at(data, at + 2)
        own, at = _pairs_at(data, at)
        places, at = _places_at(data, at)
        figures = dict(own)
        placed.append((figures, places))
        vote = Vote(member=member, chamber=chamber, approves=approves, reasons=reasons, figures=figures)
        return vote, at

    return read


def _pairs_at(data: bytes, at: int) -> tuple[list[tuple[str, str]], int]:
    """Reads pairs of name and text: a map's entries or the decision's inputs.

    The name is read here and not by `text_at`, because a second call for each pair would double the time.
    """
    pairs: list[tuple[str, str]] = []
    left, at = block_at(data, at)
    while left:
        for _ in range(left):
            end = data[at]
            if end & UNUSUAL:
                at, end = span_at(data, at)
            else:
                at += 1
                end = at + (end >> 1)
            name = data[at:end].decode()
            value, at = text_at(data, end)
            pairs.append((name, value))
        left, at = block_at(data, at)
    return pairs, at


_HALVES: Final = bytes(255 if byte > 127 or byte % 2 else byte >> 1 for byte in range(256))
"""The index that each single byte encodes; 255 where the byte encodes none."""


def _places_at(data: bytes, at: int) -> tuple[Sequence[int], int]:
    """Reads a vote's indexes. Where each takes one byte, as nearly always, one table lookup decodes all of them."""
    begin, end = at + 1, at + 1 + (data[at] >> 1)
    halves = data[begin:end].translate(_HALVES)
    if data[at] & UNUSUAL or data[end] or 255 in halves:
        return items_at(data, at, _place_at)
    return halves, end + (1 if end > begin else 0)


def _place_at(data: bytes, at: int) -> tuple[int, int]:
    place, at = long_at(data, at)
    if place < 0:
        raise LookupError(f"a vote refers to input {place}: inputs are counted from 0")
    return place, at
