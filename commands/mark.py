"""The command that marks an account."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from domain.mark import AccountMarked, MarkState


class MarkAccount(Struct, frozen=True, gc=False):
    """Records the account's equity of one UTC hour."""

    mark: AccountMarked


def decide(command: MarkAccount, state: MarkState) -> Sequence[AccountMarked]:
    """The mark; nothing if this hour or a later one is marked already."""
    return [] if state is not None and command.mark.hour <= state.hour else [command.mark]
