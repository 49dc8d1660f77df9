"""What `whence dead-letters` does: lists, shows, retries and discards letters."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import typer

from adapters.avro import iso
from adapters.dead_letters.changes import Change
from adapters.dead_letters.changes import discarded as discarding
from adapters.dead_letters.letter import DeadLetter
from adapters.dead_letters.state import OPEN, LetterSource, LetterState
from adapters.dead_letters.store import DeadLetters, Wanted
from domain.errors import KeyRefused, MarkRefused, Refused
from domain.plain_text import check_plain, fault_in
from infra.cli.logged import loaded
from infra.cli.rows import blocks, show
from infra.config import WhenceSettings
from infra.dead_letters import FoundLetters

_SHOWN = 4_000
"""The characters of an original that are shown to a person; `--json` has the whole of what is kept."""
_RETRIABLE = frozenset({LetterState.NEW, LetterState.RETRIED})


def listed(
    source: LetterSource | None,
    state: LetterState | None,
    *,
    every: bool,
    most: int,
    as_json: bool,
    **given: object,
) -> None:
    """Prints the letters of this source and state; the open ones where no state is given.

    Raises MarkRefused, after all of them were printed, where some are not as this program kept them.
    """
    states = frozenset({state}) if state is not None else None if every else OPEN
    with _opened(**given) as (_, letters):
        found = letters.letters(Wanted(source=source, states=states, most=most))
        rows = [_row(one) | {"doubt": _unbelieved(letters, one.id)} for one in found]
    _print(rows, as_json=as_json, nothing="no dead letter" if every or state else "no open dead letter")
    _refuse([str(row["doubt"]) for row in rows if row["doubt"]])


def shown(letter_id: str, *, as_json: bool, **given: object) -> None:
    """Prints a letter, its changes, and its original. Raises InvalidInput for an unknown id."""
    with _opened(**given) as (_, letters):
        letter, changes = letters.letter(letter_id), letters.changes(letter_id)
        original, doubt = letters.unverified(letter_id), _doubt(letters, letter_id)
    row, text = {**_row(letter), "doubt": doubt}, original.decode("utf-8", "backslashreplace")
    made = [_change(one) for one in changes]
    if as_json:
        whole = {"changes": made, "original": text, "original_base64": b64encode(original).decode()}
        typer.echo(json.dumps(row | whole, indent=2))
        return
    for line in _lines(row, made, text):
        typer.echo(plain(line))


def _doubt(letters: DeadLetters, letter_id: str) -> str:
    """Why letter and changes may not be what this program kept; empty where they are."""
    unbelieved = _unbelieved(letters, letter_id)
    return "; ".join([*filter(None, [unbelieved]), *letters.refused(letter_id)])


def _unbelieved(letters: DeadLetters, letter_id: str) -> str:
    """Why the letter may not be what this program kept; empty where it is."""
    try:
        letters.original(letter_id)
    except (MarkRefused, KeyRefused) as fault:
        return str(fault)
    return ""


def _refuse(unbelieved: Sequence[str]) -> None:
    """Raises MarkRefused where there is a letter that is not believed."""
    if unbelieved:
        raise MarkRefused("; ".join(unbelieved))


def _lines(row: Mapping[str, object], changes: Sequence[Mapping[str, object]], text: str) -> Iterator[str]:
    for name, value in row.items():
        if value != "":
            yield f"{name.replace('_', ' ')}: {value}"
    for change in changes:
        yield ", ".join(f"{name} {value}" for name, value in change.items() if value != "")
    yield f"the original, {row['kept']} of {row['bytes']} bytes:"
    yield text[:_SHOWN]
    if len(text) > _SHOWN:
        yield f"... and {len(text) - _SHOWN:,} characters more, which --json prints"


def retried(
    ids: Sequence[str], source: LetterSource | None, by: str, *, as_json: bool, **given: object
) -> bool:
    """Retries these letters, or all that can be retried where none is named, and prints what became of each.

    Returns whether none of them was retried in vain. Raises MarkRefused after the others, where some are not as this
    program kept them, else Refused, where some cannot be retried, and what else `infra.run.retrying.retried` raises.
    """
    from infra.run.retrying import retried as retry

    check_plain("name", by)
    with _opened(**given) as (settings, letters):
        named = ids or [
            one.id for one in letters.letters(Wanted(source=source, states=_RETRIABLE)) if _can(one)
        ]
        found, refused, unbelieved = list[DeadLetter](), list[str](), list[str]()
        for one in named:
            try:
                found.append(retry(settings, letters, one, datetime.now(UTC), by))
            except Refused as fault:
                refused.append(str(fault))
            except (MarkRefused, KeyRefused) as fault:
                unbelieved.append(str(fault))
    _print([_row(one) for one in found], as_json=as_json, nothing="no dead letter was retried")
    _refuse([*unbelieved, *refused] if unbelieved else [])
    if refused:
        raise Refused("; ".join(refused))
    return all(one.is_due or one.state is LetterState.RESOLVED for one in found)


def _can(letter: DeadLetter) -> bool:
    is_late = letter.source is LetterSource.MARKET
    return letter.is_whole and not letter.is_due and not letter.is_count and not is_late


def discarded(ids: Sequence[str], reason: str, by: str, *, as_json: bool, **given: object) -> None:
    """Discards these letters and prints them. Raises InvalidInput for an unknown id or without a reason, Refused."""
    check_plain("name", by)
    with _opened(**given) as (_, letters):
        changes = [discarding(letters.letter(one), datetime.now(UTC), by, reason) for one in ids]
        rows = [_row(letters.change(one)) for one in changes]
    _print(rows, as_json=as_json, nothing="")


def plain(text: str) -> str:
    """The text with every character that a terminal could obey, or that nobody sees, spelled by its code point."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(one if one.isprintable() and fault_in(one) is None else _spelled(one) for one in text)


def _spelled(character: str) -> str:
    return character.encode("unicode_escape").decode()


@contextmanager
def _opened(**given: object) -> Generator[tuple[WhenceSettings, DeadLetters]]:
    """The letters of the configured log. Raises InvalidInput where the log is a file that does not exist."""
    settings = loaded(**given)
    found = FoundLetters(settings)
    with closing(found):
        yield settings, found()


def _print(rows: Sequence[Mapping[str, object]], *, as_json: bool, nothing: str) -> None:
    if as_json or not rows:
        show(rows, as_json=as_json, nothing=nothing)
        return
    blocks(
        [_readable(row) for row in rows],
        ("id", "state", "source", "received_at"),
        ("doubt", "place", "reason", "bytes", "retries", "note", "changed_by"),
    )


def _readable(row: Mapping[str, object]) -> Mapping[str, object]:
    return {name: plain(value) if isinstance(value, str) else value for name, value in row.items()}


def _row(letter: DeadLetter) -> dict[str, object]:
    return {
        "id": letter.id,
        "source": letter.source.value,
        "place": letter.place,
        "received_at": iso(letter.received_at),
        "state": letter.state.value,
        "reason": letter.reason,
        "bytes": letter.size,
        "kept": letter.kept,
        "sha256": letter.digest,
        "retries": letter.retries,
        "waits_for_engine": letter.is_due,
        "changed_at": "" if letter.changed_at is None else iso(letter.changed_at),
        "changed_by": letter.changed_by,
        "note": letter.note,
        "doubt": "",
    }


def _change(change: Change) -> dict[str, object]:
    return {
        "number": change.number,
        "at": iso(change.at),
        "by": change.by,
        "state": change.state.value,
        "note": change.note,
    }
