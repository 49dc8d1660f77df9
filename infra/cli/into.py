"""The log that receives events that were made elsewhere: `--into URL`, or `--log URL` of a backtest."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from domain.errors import InvalidInput

if TYPE_CHECKING:
    from adapters.log.address import Address
    from infra.config import WhenceSettings


def address_of(into: str, option: str = "--into") -> Address:
    """The log's address. Raises InvalidInput, which names the option, where it is invalid."""
    from adapters.log.address import parse_address

    try:
        return parse_address(into)
    except InvalidInput as fault:
        raise InvalidInput(f"{option}: {fault}") from None


def empty_target(
    url: str, source: WhenceSettings | None, config: Path | None, option: str = "--into"
) -> WhenceSettings:
    """The settings of the target. Raises InvalidInput, which names the option, where the target is the source or holds
    events."""
    from adapters.log.address import SqliteAddress, parse_address
    from infra.config import load, shown
    from infra.logs import open_owned

    address = address_of(url, option)
    if source is not None and place_of(address) == place_of(parse_address(source.log)):
        raise InvalidInput(f"{option} {shown(url)} is the log itself: name an empty log")
    target = load(log=url, config=config)
    if not isinstance(address, SqliteAddress) or address.path.exists():
        with closing(open_owned(target)) as opened:
            check_empty(opened.head(), target, option)
    return target


def place_of(address: Address) -> object:
    """What two addresses of one log have in common: of a file, its resolved path."""
    from adapters.log.address import SqliteAddress

    return address.path.resolve() if isinstance(address, SqliteAddress) else address


def check_empty(head: int, target: WhenceSettings, option: str = "--into") -> None:
    """Raises InvalidInput for a log with a head, which has events."""
    from infra.config import shown

    if head:
        raise InvalidInput(f"{option} {shown(target.log)} holds events: name an empty log")
