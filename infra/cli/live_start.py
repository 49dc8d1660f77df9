"""What `whence live` needs before it trades, from its options: what is refused without the log or the exchange."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from adapters.log.address import parse_address, parse_store_address
from adapters.secrecy import Credentials
from domain.errors import InvalidInput
from infra.cli.exchange_options import instruments_of
from infra.cli.live import live_plan
from infra.cli.serving import ApiOptions, plan_of
from infra.config import WhenceSettings, load
from infra.run.api_plan import ApiPlan
from infra.run.connecting import check_place, keys_of, rhythm_of
from infra.run.live_plan import LivePlan
from infra.run.place import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveOptions:
    """The options of `whence live`, but for its lease; see `whence live --help`."""

    instruments: list[str]
    exchange: str
    testnet: bool
    demo: bool
    address: str | None
    secrets: str | None
    real_money: bool
    key_is_checked: bool
    interval: str
    leverage: str | None
    poll: int
    cancel_entries: bool
    adopt_settings: bool
    port: int
    log: str | None
    store: str | None
    account: str | None
    config: Path | None


class LiveStart(NamedTuple):
    """What a live run is started with; see `infra.cli.trading_live.trade_live`."""

    settings: WhenceSettings
    plan: LivePlan
    place: Place
    keys: Credentials
    api: ApiPlan


def live_start(options: LiveOptions, *, is_leased: bool) -> LiveStart:
    """Reads settings and keys, and makes the plans of the run.

    Raises InvalidInput and InvalidSettings for options, settings or keys by which it cannot trade.
    """
    settings = load(
        log=options.log,
        store=options.store,
        account=options.account,
        leverage=options.leverage,
        secrets=options.secrets,
        config=options.config,
    )
    parse_address(settings.log)
    if settings.store is not None:
        parse_store_address(settings.store)
    place = Place(
        options.exchange.lower(), testnet=options.testnet, demo=options.demo, address=options.address or ""
    )
    check_place(place, settings.order_entry, is_key_checked=options.key_is_checked, is_leased=is_leased)
    plan = live_plan(
        settings,
        instruments_of(options.instruments, venue=place.venue),
        options.interval,
        rhythm_of(place, float(options.poll)),
        cancels_entries=options.cancel_entries,
        adopts_settings=options.adopt_settings,
    )
    _check_money(place, is_understood=options.real_money)
    keys = keys_of(place, settings.secrets)
    return LiveStart(settings, plan, place, keys, plan_of(ApiOptions(port=options.port)))


def _check_money(place: Place, *, is_understood: bool) -> None:
    if place.has_real_money and not is_understood:
        raise InvalidInput(
            f"orders at {place} cost real money: try --testnet, --demo or `whence venue` first, or add "
            "--i-understand-real-money"
        )
