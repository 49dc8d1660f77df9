"""The topic of candles that belongs to a topic of events, and what a record of it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from confluent_kafka import Message

from adapters.candle_topic.wire import read_candle
from adapters.kafka.topic_table import CANDLES, TopicRow, scanners_group
from adapters.marks.signature import Signer
from adapters.signed_topic import SignedTopic, opened
from domain.candle import Candle
from domain.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class CandleTopic(SignedTopic):
    """See `SignedTopic`."""

    row: ClassVar[TopicRow] = CANDLES

    def group(self, scanner: str) -> str:
        """The consumer group of the scanner of this name."""
        return scanners_group(self.events, scanner)


def candle_of(message: Message, signer: Signer) -> Candle:
    """The candle of a record.

    Raises MarkRefused and KeyMissing for a record that this installation has not signed, InvalidInput for one that is
    no candle.
    """
    key, value = opened(message, signer)
    candle = read_candle(value)
    if candle.instrument.encode() != key:
        raise InvalidInput("its key is not the candle's instrument")
    return candle
