"""One pass of `whence models auto` at a time: two would record each drift twice, and remove each other's data sets."""

from __future__ import annotations

import fcntl
from collections.abc import Generator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from adapters.log.address import SqliteAddress, parse_address
from domain.errors import InvalidInput, Refused


@contextmanager
def one_pass(folder: Path, log: str, account: str) -> Generator[None]:
    """Holds the lock of the passes over this account's log (its address): a file in the folder of models, which a
    process that ends unlocks.

    Every name of a SQLite file leads to the same lock. Passes on other machines are not seen. Raises Refused where
    another pass holds it, InvalidInput where the folder cannot be written.
    """
    place = folder / f".auto-{sha256(f'{_resolved(log)} {account}'.encode()).hexdigest()[:16]}.lock"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = place.open("ab")
    except OSError as fault:
        raise InvalidInput(
            f"{place} cannot be written: {fault.strerror}; a pass keeps its lock and the models in [models] folder"
        ) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(
                f"another `whence models auto` of this log and the account {account} runs: let it end, and start this "
                f"one again ({place} is locked)"
            ) from None
        yield


def _resolved(log: str) -> str:
    address = parse_address(log)
    return str(address.path.resolve() if isinstance(address, SqliteAddress) else address)
