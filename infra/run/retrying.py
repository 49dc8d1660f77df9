"""Retries a dead letter: tries to understand its original with the program and the keys of today."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import datetime

from adapters.command_topic.topics import ASK, SIGNATURE
from adapters.command_topic.wire import read_request
from adapters.dead_letters.changes import Change, check_retry, due, failed, understood
from adapters.dead_letters.letter import DeadLetter
from adapters.dead_letters.state import LetterSource
from adapters.dead_letters.store import DeadLetters
from adapters.extras import BYBIT, check_extras
from adapters.kafka.record import headers_in
from adapters.marks.signature import Message, Signer
from domain.errors import InvalidInput, KeyMissing, MarkRefused, Refused
from infra.config import WhenceSettings
from infra.logs import keys_of, open_reader
from infra.run.letters import record_at, record_reader
from infra.run.rebuilding import log_of

_SETTLE = "USDT"


def retried(
    settings: WhenceSettings, letters: DeadLetters, letter_id: str, at: datetime, by: str
) -> DeadLetter:
    """The letter after a retry, which is recorded.

    A message of an exchange that can be read by now waits for the engine of the log, which takes it in. Raises
    InvalidInput for an unknown id; Refused for a letter that cannot be retried; MarkRefused where it was changed by
    somebody without a key; and what the stores raise.
    """
    letter = letters.letter(letter_id)
    check_retry(letter)
    return letters.change(_RETRIES[letter.source](settings, letters, letter, at, by))


def _message(
    _settings: WhenceSettings, letters: DeadLetters, letter: DeadLetter, at: datetime, by: str
) -> Change:
    faults_of = _READERS.get(letter.place)
    if faults_of is None:
        raise Refused(
            f"a message of {letter.place} came through ccxt, which reads it only on its connection, so it cannot be "
            "retried. Every comparison queries orders, executions and positions again; discard letter "
            f"{letter.id} with a reason"
        )
    faults = faults_of(letters.original(letter.id).decode("utf-8", "surrogatepass"))
    if faults:
        return failed(letter, at, by, "; ".join(faults))
    return due(letter, at, by, "it can be read now; the engine of the log takes it in")


def _market(
    _settings: WhenceSettings, _letters: DeadLetters, letter: DeadLetter, _at: datetime, _by: str
) -> Change:
    raise Refused(
        f"letter {letter.id} is of market data, which is fetched again and not taken in late: discard it with a reason"
    )


def _record(
    settings: WhenceSettings, _letters: DeadLetters, letter: DeadLetter, at: datetime, by: str
) -> Change:
    """Whether the log's rule, with the keys of today, accepts the record at this place."""
    _topic, partition, offset = _place(letter)
    with closing(open_reader(log_of(settings, partition))) as reader:
        reason = reader.refused().get(offset)
    if reason is not None:
        return failed(letter, at, by, f"the log still refuses it: {reason}")
    return understood(letter, at, by, "every reader of the log accepts it as an event now")


def _request(
    settings: WhenceSettings, _letters: DeadLetters, letter: DeadLetter, at: datetime, by: str
) -> Change:
    """Whether the record is a signed request. It is never carried out late: its sender was answered."""
    topic, partition, offset = _place(letter)
    with closing(record_reader(settings, topic, partition)) as records:
        found = records.at(offset)
    if found is None:
        return failed(letter, at, by, "the command topic does not hold it any more")
    headers, value = dict(headers_in(found)), found.value() or b""
    signed = Message(topic, found.key() or b"", headers.get(ASK, b""), value)
    try:
        Signer(keys_of(settings)).check(signed, headers.get(SIGNATURE))
        requested = read_request(value)
    except (InvalidInput, MarkRefused, KeyMissing) as fault:
        return failed(letter, at, by, str(fault))
    note = f"request {requested.id} can be read now, but is not carried out late: send it again"
    return understood(letter, at, by, note)


def _bybit(text: str) -> Sequence[str]:
    check_extras("a message of Bybit", BYBIT)
    from adapters.bybit.reading import faults_in  # only this retry needs the libraries of the extra

    return faults_in(text, _SETTLE)


_READERS: Mapping[str, Callable[[str], Sequence[str]]] = {"bybit": _bybit}
"""For each venue, what is wrong with a message; empty where this program understands it."""


def _place(letter: DeadLetter) -> tuple[str, int, int]:
    place = record_at(letter.place)
    if place is None:
        raise Refused(f"letter {letter.id} has no place in a topic: discard it with a reason")
    return place


_RETRIES: Mapping[
    LetterSource, Callable[[WhenceSettings, DeadLetters, DeadLetter, datetime, str], Change]
] = {
    LetterSource.EXCHANGE: _message,
    LetterSource.MARKET: _market,
    LetterSource.RECORD: _record,
    LetterSource.COMMAND: _request,
}
