"""Whether the brokers have acknowledged what a producer without transactions has sent."""

from __future__ import annotations

from collections.abc import Callable

from confluent_kafka import KafkaError, Message, Producer

from adapters.kafka.errors import KafkaUnavailable


def noted_in(failures: list[str]) -> Callable[[KafkaError | None, Message], None]:
    """The callback of a record (`on_delivery`), which adds the reason to `failures` where it was not delivered."""

    def delivered(error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            failures.append(error.str())

    return delivered


def check_acknowledged(producer: Producer, topic: str, failures: list[str], seconds: float) -> None:
    """Waits until every record of `producer`, all of them in `topic`, is acknowledged or has failed.

    `failures` are the reasons that the records' callbacks have noted. Raises KafkaUnavailable where there is one, or
    where a record has neither within `seconds`; the records that still wait are dropped then.
    """
    if producer.flush(seconds) or failures:
        producer.purge()
        raise KafkaUnavailable(f"write {topic}: {next(iter(failures), 'no response')}")
