"""Classification of the errors of Kafka's client."""

from __future__ import annotations

from typing import Final

from confluent_kafka import KafkaError, KafkaException

# librdkafka's own codes begin with an underscore but are public.
END_OF_PARTITION: Final = KafkaError._PARTITION_EOF  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
_FENCED: Final = frozenset({
    KafkaError._FENCED,  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    KafkaError.PRODUCER_FENCED,
    KafkaError.INVALID_PRODUCER_EPOCH,
})  # fmt: skip
GONE: Final = frozenset({
    KafkaError._AUTO_OFFSET_RESET,  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    KafkaError.OFFSET_OUT_OF_RANGE,
})  # fmt: skip

_TIMED_OUT: Final = frozenset({
    KafkaError._TIMED_OUT,  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    KafkaError._TIMED_OUT_QUEUE,  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
})  # fmt: skip


def failure_of(error: KafkaException) -> KafkaError:
    """The error inside the exception."""
    inner = error.args[0]
    assert isinstance(inner, KafkaError)
    return inner


def reason_of(error: BaseException) -> str:
    """The message of `error`. An error of Kafka's client gives its message without its code."""
    return failure_of(error).str() if isinstance(error, KafkaException) else str(error)


def is_fenced(error: BaseException) -> bool:
    """Whether another producer has taken the transactional id."""
    return isinstance(error, KafkaException) and failure_of(error).code() in _FENCED


def is_timeout(error: BaseException | None) -> bool:
    """Whether Kafka's client has waited in vain for a response. A broker's own timeouts have other codes."""
    return isinstance(error, KafkaException) and failure_of(error).code() in _TIMED_OUT


def is_too_large(error: BaseException) -> bool:
    """Whether a record is larger than its topic allows."""
    return isinstance(error, KafkaException) and failure_of(error).code() == KafkaError.MSG_SIZE_TOO_LARGE
