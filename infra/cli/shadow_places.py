"""The three logs of a shadow: the engine's, the control's and the candidate's."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from adapters.log.address import (
    Address,
    KafkaAddress,
    MemoryAddress,
    PostgresAddress,
    SqliteAddress,
    parse_address,
)
from domain.errors import InvalidInput
from infra.cli.into import address_of, place_of
from infra.config import WhenceSettings, load, shown

_EVENTS = ".events"


class Places(NamedTuple):
    """The settings with which each log is opened."""

    source: WhenceSettings
    control: WhenceSettings
    candidate: WhenceSettings

    @property
    def names(self) -> tuple[str, str, str]:
        """The addresses for people."""
        source, control, candidate = (str(parse_address(one.log)) for one in self)
        return source, control, candidate


def places_of(log: str | None, into: str, control: str | None, config: Path | None) -> Places:
    """The logs of these options.

    Raises InvalidInput, which names the option, for an invalid address, for one that names a log in memory, and where
    two options name one log.
    """
    candidate = address_of(into)
    beside = _beside(candidate) if control is None else address_of(control, "--control")
    source = load(log=log, config=config)
    # A database's URL may hold a password, which the text of an address leaves out.
    urls = (str(beside) if control is None else control), into
    named = {"--log": parse_address(source.log), "--control": beside, "--into": candidate}
    for (one, address), (other, second) in combinations(named.items(), 2):
        if place_of(address) == place_of(second):
            raise InvalidInput(
                f"{one} and {other} both name {shown(str(address))}: a shadow needs three logs"
            )
    return Places(source, *(load(log=url, config=config) for url in urls))


def check_made(places: Places) -> None:
    """Raises InvalidInput, which names the command that makes it, where the file of the candidate's log is missing."""
    address = parse_address(places.candidate.log)
    if isinstance(address, SqliteAddress) and not address.path.exists():
        raise InvalidInput(
            f"there is no log at {address.path}: `whence shadow run --into {address}` makes it, with the control's log"
        )


def _beside(candidate: Address) -> Address:
    """The control's log where none is named."""
    match candidate:
        case SqliteAddress(path=path):
            return SqliteAddress(path.with_name(f"{path.stem}.control{path.suffix}"))
        case KafkaAddress(topic=topic):
            base = topic.removesuffix(_EVENTS)
            return replace(candidate, topic=f"{base}.control{topic[len(base) :]}")
        case PostgresAddress():
            raise InvalidInput("--control is needed where --into is a database: name another database")
        case MemoryAddress():
            raise InvalidInput("--into memory: ends with this process: name a log that stays")
