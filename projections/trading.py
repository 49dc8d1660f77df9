"""Trading states: one row for each account with everything that keeps new exposure out.

`tripped` is the reason of the tripped kill switch, `reconciling` why the log is being compared with the exchange; both
are empty where it is not so. `compared_at` is the end of the last recorded reconciliation; a comparison that finds
nothing has no event. `unresolved` has the ids of the open discrepancies, `paused` the ids of the paused strategies, in
order. `pauses` has, by strategy and by the empty text for the account, the pauses after losses that are in force: their
losses, net result, positions and times. `leverages` has, by instrument, the leverage of those that ever had a request
for another one: what is in force, what is requested and has no known outcome, and since when. `held_settings` has the
changes of settings that wait for a review, each with its actor, reason, time and the open positions that it could have
closed at once, their id, and since when the oldest waits; it is empty where none waits.
`breakers` has, by service, mode, time and reason of each circuit breaker that ever changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.account import AccountOpened, KillSwitchReset, KillSwitchTripped
from domain.breaker import BreakerClosed, BreakerHalfOpened, BreakerOpened, Mode
from domain.held import HeldChange, SettingsHeld, id_of
from domain.leverage.change import (
    LeverageChanged,
    LeverageChangeRefused,
    LeverageChangeRequested,
    LeverageChangeUnclear,
)
from domain.log import Meta, Recorded
from domain.pause import EntriesPaused, EntriesResumed
from domain.reconciliation import (
    DiscrepancyFound,
    DiscrepancyResolved,
    ReconciliationBegun,
    ReconciliationEnded,
)
from domain.settings import SettingsChanged
from projections.columns import COUNT, JSON_TEXT, MOMENT, TEXT, optional
from projections.projection import Fold, Order, Projection, Row, Rows
from projections.tables import TableSpec

TABLE = TableSpec(
    "trading_states",
    key=("account",),
    columns={
        "account": TEXT,
        "tripped": TEXT,
        "tripped_at": optional(MOMENT),
        "tripped_by": optional(TEXT),
        "reconciling": TEXT,
        "reconciling_since": optional(MOMENT),
        "compared_at": optional(MOMENT),
        "unresolved": JSON_TEXT,
        "paused": JSON_TEXT,
        "pauses": JSON_TEXT,
        "leverages": JSON_TEXT,
        "held_settings": JSON_TEXT,
        "breakers": JSON_TEXT,
        "updated_at": MOMENT,
        "ordinal": COUNT,
    },
)

_EMPTY: Row = {
    "tripped": "",
    "tripped_at": None,
    "tripped_by": None,
    "reconciling": "",
    "reconciling_since": None,
    "compared_at": None,
    "unresolved": [],
    "paused": [],
    "pauses": {},
    "leverages": {},
    "held_settings": {},
    "breakers": {},
}
_MODES: Mapping[type, Mode] = {
    BreakerOpened: Mode.OPEN,
    BreakerHalfOpened: Mode.HALF_OPEN,
    BreakerClosed: Mode.CLOSED,
}


def _changed(rows: Rows, recorded: Recorded) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    row = rows.find("trading_states", meta.account) or {"account": meta.account, **_EMPTY}
    changes = _CHANGES[type(event)](row, meta, event)
    rows.put(
        "trading_states", {**row, **changes, "updated_at": meta.occurred_at, "ordinal": recorded.ordinal}
    )


def _opened(_row: Row, _meta: Meta, _event: AccountOpened) -> Row:
    return {}


def _tripped(_row: Row, meta: Meta, event: KillSwitchTripped) -> Row:
    return {"tripped": event.reason, "tripped_at": meta.occurred_at, "tripped_by": meta.actor}


def _reset(_row: Row, _meta: Meta, _event: KillSwitchReset) -> Row:
    return {"tripped": "", "tripped_at": None, "tripped_by": None}


def _begun(_row: Row, meta: Meta, event: ReconciliationBegun) -> Row:
    return {"reconciling": event.reason, "reconciling_since": meta.occurred_at}


def _ended(_row: Row, meta: Meta, _event: ReconciliationEnded) -> Row:
    return {"reconciling": "", "reconciling_since": None, "compared_at": meta.occurred_at}


def _found(row: Row, _meta: Meta, event: DiscrepancyFound) -> Row:
    return {"unresolved": sorted({*row["unresolved"], event.discrepancy_id})}


def _resolved(row: Row, _meta: Meta, event: DiscrepancyResolved) -> Row:
    return {"unresolved": sorted({*row["unresolved"]} - {event.discrepancy_id})}


def _settings(_row: Row, _meta: Meta, event: SettingsChanged) -> Row:
    return {"paused": list(event.settings.paused)}


def _held_settings(_row: Row, _meta: Meta, event: SettingsHeld) -> Row:
    if not event.changes:
        return {"held_settings": {}}
    held = {
        "id": id_of(event.changes),
        "changes": [_held_change(one) for one in event.changes],
        "since": min(one.since for one in event.changes).isoformat(),
    }
    return {"held_settings": held}


def _held_change(one: HeldChange) -> Row:
    return {
        "name": one.name,
        "before": one.before,
        "after": one.after,
        "by": one.by,
        "reason": one.reason,
        "since": one.since.isoformat(),
        "closes": one.closes,
    }


def _broke(row: Row, _meta: Meta, event: BreakerOpened | BreakerHalfOpened | BreakerClosed) -> Row:
    breaker = {
        "mode": _MODES[type(event)].value,
        "since": event.at.isoformat(),
        "reason": event.reason if isinstance(event, BreakerOpened) else "",
    }
    return {"breakers": {**row["breakers"], event.service.value: breaker}}


def _entries_paused(row: Row, meta: Meta, event: EntriesPaused) -> Row:
    pause = {
        "losses": event.losses,
        "net": str(event.net),
        "positions": list(event.positions),
        "since": meta.occurred_at.isoformat(),
        "until": None if event.until is None else event.until.isoformat(),
    }
    return {"pauses": {**row["pauses"], event.owner: pause}}


def _entries_resumed(row: Row, _meta: Meta, event: EntriesResumed) -> Row:
    return {"pauses": {owner: pause for owner, pause in row["pauses"].items() if owner != event.owner}}


def _leverage_requested(row: Row, meta: Meta, event: LeverageChangeRequested | LeverageChangeUnclear) -> Row:
    return _levered(row, meta, event.instrument, str(event.before), str(event.leverage))


def _leverage_changed(row: Row, meta: Meta, event: LeverageChanged) -> Row:
    return _levered(row, meta, event.instrument, str(event.leverage), None)


def _leverage_kept(row: Row, meta: Meta, event: LeverageChangeRefused) -> Row:
    return _levered(row, meta, event.instrument, str(event.before), None)


def _levered(row: Row, meta: Meta, instrument: str, in_force: str, requested: str | None) -> Row:
    held = {"leverage": in_force, "requested": requested, "since": meta.occurred_at.isoformat()}
    return {"leverages": {**row["leverages"], instrument: held}}


_CHANGES: Mapping[type, Any] = {
    AccountOpened: _opened,
    KillSwitchTripped: _tripped,
    KillSwitchReset: _reset,
    ReconciliationBegun: _begun,
    ReconciliationEnded: _ended,
    DiscrepancyFound: _found,
    DiscrepancyResolved: _resolved,
    SettingsChanged: _settings,
    SettingsHeld: _held_settings,
    EntriesPaused: _entries_paused,
    EntriesResumed: _entries_resumed,
    LeverageChangeRequested: _leverage_requested,
    LeverageChangeUnclear: _leverage_requested,
    LeverageChanged: _leverage_changed,
    LeverageChangeRefused: _leverage_kept,
    **dict.fromkeys(_MODES, _broke),
}
"""The columns that each event changes."""
_FOLDS: Mapping[type, Fold] = dict.fromkeys(_CHANGES, _changed)

TRADING = Projection("trading", 4, Order.ACCOUNT, (TABLE,), _FOLDS)
