"""Publishes candles: each one once, in order for each instrument."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from confluent_kafka import IsolationLevel, Message, TopicPartition

from adapters.candle_topic.place import CandleTopic, candle_of
from adapters.candle_topic.wire import candle_bytes
from adapters.kafka.acknowledged import check_acknowledged, noted_in
from adapters.kafka.reader import BULK, PartitionConsumer
from adapters.marks.key_folder import KeyFolder
from adapters.marks.signature import Signer
from adapters.milliseconds import in_ms
from adapters.signed_topic import PATIENCE_SECONDS, partition_of, signature
from domain.candle import Candle
from domain.errors import InvalidInput, KeyMissing, MarkRefused

_MOST_BYTES: Final = 1_000_000


class CandlePublisher:
    """One publisher of the candles of an interval; another one beside it would only repeat candles.

    A candle that is not later than the last one of its instrument in the topic is not published again.
    """

    def __init__(self, place: CandleTopic, keys: KeyFolder | None = None) -> None:
        """Makes the topic where it is missing. `keys` is by default this user's folder.

        Raises LogUnavailable, InvalidSettings, KeyRefused.
        """
        self._place, self._signer = place, Signer(keys or KeyFolder())
        self._clients = place.clients()
        self._partitions = place.partitions(self._clients)
        self._producer = self._clients.gapless_producer(_MOST_BYTES)
        self._next: dict[tuple[str, timedelta], datetime] = {}

    def recall(self, since: datetime) -> Mapping[tuple[str, timedelta], datetime]:
        """Reads the candles that close from `since` on, and returns when the next one of each instrument and interval
        opens. Raises LogUnavailable."""
        with self._place.named():
            for number in range(self._partitions):
                for candle in self._published(TopicPartition(self._place.name, number), since):
                    # After an addition of partitions an instrument's past is published again where its future will be.
                    if partition_of(candle.instrument, self._partitions) == number:
                        _note(self._next, candle)
        return dict(self._next)

    def publish(self, candles: Iterable[Candle]) -> int:
        """Returns how many of the candles were published, once all of them are durable; the others were there before.

        Raises LogUnavailable where a record may not be durable; the next call publishes these candles again. An
        instrument's later candle is never in the topic without an earlier one.
        """
        failures: list[str] = []
        following = dict(self._next)
        new = [candle for candle in candles if _note(following, candle)]
        for candle in new:
            key, value = candle.instrument.encode(), candle_bytes(candle)
            self._producer.produce(
                self._place.name,
                value,
                key,
                partition=partition_of(candle.instrument, self._partitions),
                timestamp=in_ms(candle.close_time),
                headers=[signature(self._signer, self._place.name, key, value)],
                on_delivery=noted_in(failures),
            )
        with self._place.named():
            check_acknowledged(self._producer, self._place.name, failures, PATIENCE_SECONDS)
        self._next = following
        return len(new)

    def close(self) -> None:
        """Ends the producer; what `publish` has returned is durable already."""
        self._producer.flush(PATIENCE_SECONDS)

    def _published(self, partition: TopicPartition, since: datetime) -> Iterator[Candle]:
        begin = self._clients.offset_at(partition, since)
        if begin is None:
            return
        end = self._clients.end_of(partition, IsolationLevel.READ_COMMITTED)
        with PartitionConsumer(self._clients, partition, BULK) as consumer:
            consumer.go_to(begin)
            for messages, _ in consumer.until(end):
                yield from filter(None, map(self._candle, messages))

    def _candle(self, message: Message) -> Candle | None:
        try:
            return candle_of(message, self._signer)
        except (MarkRefused, KeyMissing, InvalidInput):
            return None  # no scanner believes it either, and counts it


def _note(following: dict[tuple[str, timedelta], datetime], candle: Candle) -> bool:
    """Whether the candle is later than the last one of its instrument and interval; if so, it is the last one now."""
    key = candle.instrument, candle.interval
    last = following.get(key)
    if last is not None and candle.open_time < last:
        return False
    following[key] = candle.close_time
    return True
