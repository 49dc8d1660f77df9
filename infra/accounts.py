"""The accounts that several engines share: a file with one table for each, and the partition of each in the log.

[[account]]
name = "alpha"
partition = 0
instruments = ["BTCUSDT"]
options = ["--testnet"]
config = "alpha.toml"
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Final

import msgspec

from domain.errors import InvalidSettings
from infra.layer import read_toml

_OWN: Final = ("--log", "--account", "--config", "--instruments", "--symbol", "--lease", "--port")
"""The options of `whence live` that this file, or the program, gives."""


class LeasedAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account, and how `whence live` trades it.

    `partition` is where its log is; it stays there for ever. `options` are further ones of `whence live`. `config` is
    its settings file, relative to the file of accounts. `port` is that of its API; 0 takes a free one.
    """

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]{1,30}$")]
    partition: Annotated[int, msgspec.Meta(ge=0, le=99_999)]
    instruments: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    options: tuple[str, ...] = ()
    config: Path | None = None
    port: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 0


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    account: Annotated[tuple[LeasedAccount, ...], msgspec.Meta(min_length=1)]


def read_accounts(path: Path) -> Sequence[LeasedAccount]:
    """The accounts of the file, by partition.

    Raises InvalidSettings for a field that is missing, unknown or out of its range, an option of `whence live` that
    this file gives, and a name or a partition that two accounts have.
    """
    try:
        found = msgspec.convert(read_toml(path), _File, dec_hook=_path).account
    except msgspec.ValidationError as fault:
        raise InvalidSettings(f"{path}: {fault}") from None
    for noun, values in (
        ("name", [one.name for one in found]),
        ("partition", [one.partition for one in found]),
    ):
        if twice := _twice(values):
            raise InvalidSettings(f"{path}: {noun} {twice}: two accounts have it; each needs one of its own")
    for one in found:
        if given := [word for word in one.options if word.partition("=")[0] in _OWN]:
            raise InvalidSettings(
                f"{path}: account {one.name}: options: leave out {given[0].partition('=')[0]}"
            )
    return [_placed(one, path.parent) for one in sorted(found, key=lambda one: one.partition)]


def words_of(account: LeasedAccount, servers: str, topic: str) -> Sequence[str]:
    """The words of `whence live` that trade the account on its partition of `topic`."""
    config = () if account.config is None else ("--config", str(account.config))
    log = f"kafka://{servers}/{topic}?partition={account.partition}"
    return (
        *("live", "--account", account.name, "--log", log, "--port", str(account.port)),
        *("--instruments", ",".join(account.instruments), *config, *account.options),
    )


def _placed(account: LeasedAccount, folder: Path) -> LeasedAccount:
    config = None if account.config is None else (folder / account.config).absolute()
    return msgspec.structs.replace(account, config=config)


def _path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise msgspec.ValidationError(f"Expected a text for a path, got {type(value).__name__}")


def _twice(values: Iterable[str] | Iterable[int]) -> str:
    return next((str(value) for value, times in Counter(values).items() if times > 1), "")
