"""The changes of settings that wait for a review, as the read models in the store have them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from adapters.log.address import SqliteAddress
from domain.errors import Refused
from infra.config import WhenceSettings
from infra.run.rebuilding import partition_of
from infra.store import has_tables, opened_store
from infra.store_address import store_address
from projections.answering import answering
from projections.catalogue import PROJECTIONS
from projections.source import ReadModels


@dataclass(frozen=True, slots=True)
class HeldSettings:
    """How many changes of an account's settings are held, and since when the oldest is (UTC)."""

    account: str
    count: int
    since: datetime


def held_settings(settings: WhenceSettings) -> Sequence[HeldSettings]:
    """The accounts that have held changes, by name; none where the store or its read model is not made yet.

    Raises StoreError where the store does not answer.
    """
    place = store_address(settings)
    if isinstance(place, SqliteAddress) and not place.path.exists():
        return ()
    with opened_store(settings) as engine:
        if not has_tables(engine):
            return ()
        models = ReadModels(engine, PROJECTIONS, partition_of(settings))
        with answering(engine), models.now() as source:
            try:
                table = source.table("trading_states")
            except Refused:
                return ()
            chosen = select(table.c.account, table.c.held_settings).order_by(table.c.account)
            rows = source.connection.execute(chosen).all()
    return [
        HeldSettings(account, len(held["changes"]), datetime.fromisoformat(held["since"]))
        for account, held in rows
        if held
    ]
