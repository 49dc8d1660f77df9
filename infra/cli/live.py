"""`whence live`: trades on an exchange, with real money outside test places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InvalidInput
from infra.cli.exchange_options import (
    DemoOption,
    ExchangeOption,
    KeyIsCheckedOption,
    SecretsOption,
    TestnetOption,
)
from infra.cli.options import (
    AccountOption,
    AddressOption,
    AdoptSettingsOption,
    ConfigOption,
    LiveLogOption,
    PortOption,
    StoreOption,
    whole,
)

if TYPE_CHECKING:
    from datetime import timedelta

    from infra.config import WhenceSettings
    from infra.run.live_plan import LivePlan, Rhythm


def live(
    instruments: Annotated[
        list[str],
        typer.Option(
            "--instruments",
            "--symbol",
            metavar="ID",
            help="What is traded: BTCUSDT or BTCUSDT,ETHUSDT; repeatable. `whence paper --live` calls it --symbol.",
        ),
    ],
    exchange: ExchangeOption = "bybit",
    testnet: TestnetOption = False,
    demo: DemoOption = False,
    address: AddressOption = None,
    secrets: SecretsOption = None,
    real_money: Annotated[
        bool,
        typer.Option(
            "--i-understand-real-money", help="Needed wherever orders may cost real money: they will."
        ),
    ] = False,
    key_is_checked: KeyIsCheckedOption = False,
    interval: Annotated[str, typer.Option(help="Length of the market's candles: 1m, 5m, 1h.")] = "5m",
    leverage: Annotated[
        str | None, typer.Option(help="Leverage that is set for each instrument of a new log; default: 1.")
    ] = None,
    poll: Annotated[
        int,
        typer.Option(
            parser=whole(5, 3600), metavar="N", help="Seconds between two comparisons with the exchange."
        ),
    ] = 30,
    cancel_entries: Annotated[
        bool, typer.Option("--cancel-entries", help="Cancel entries that wait when the program is stopped.")
    ] = False,
    adopt_settings: AdoptSettingsOption = False,
    port: PortOption = 8000,
    log: LiveLogOption = None,
    store: StoreOption = None,
    account: AccountOption = None,
    config: ConfigOption = None,
    lease: Annotated[
        int | None,
        typer.Option(
            parser=whole(3, 65535),
            hidden=True,
            help="Descriptor with renewals of the account's lease, from `whence accounts run`.",
        ),
    ] = None,
) -> None:
    """Trades the configured strategies on an exchange until Ctrl-C or SIGTERM, and serves the API.

    At a start, after each gap in the reports and by the clock, the log is compared with the exchange; no position is
    opened before that. A stop leaves positions and their protective stops at the exchange, and prints them.

    \b
    Example, on a venue of this machine:
      whence venue --key demo --secret demo
      BYBIT_API_KEY=demo BYBIT_API_SECRET=demo whence live --address http://127.0.0.1:8680 --instruments BTCUSDT
    """
    from infra.cli.live_start import LiveOptions, live_start
    from infra.cli.trading_live import trade_live
    from infra.run.account_lease import followed_lease

    start = live_start(
        LiveOptions(
            instruments=instruments,
            exchange=exchange,
            testnet=testnet,
            demo=demo,
            address=address,
            secrets=secrets,
            real_money=real_money,
            key_is_checked=key_is_checked,
            interval=interval,
            leverage=leverage,
            poll=poll,
            cancel_entries=cancel_entries,
            adopt_settings=adopt_settings,
            port=port,
            log=log,
            store=store,
            account=account,
            config=config,
        ),
        is_leased=lease is not None,
    )
    under = None if lease is None else followed_lease(lease)
    trade_live(
        start.settings,
        start.plan,
        start.place,
        start.keys,
        start.api,
        is_key_checked=key_is_checked,
        lease=under,
    )


def live_plan(
    settings: WhenceSettings,
    instruments: tuple[str, ...],
    interval: str,
    rhythm: Rhythm,
    *,
    cancels_entries: bool,
    adopts_settings: bool,
) -> LivePlan:
    """The plan of a run on live prices. Raises InvalidInput for an interval that does not divide a day evenly,
    InvalidSettings for settings by which it cannot trade.
    """
    from infra.run.live_plan import LivePlan
    from infra.trading import for_live, instances_of, trading_settings

    trading = for_live(trading_settings(settings.trading), settings.trading)
    return LivePlan(
        account=settings.account,
        leverage=settings.leverage,
        settings=trading,
        instances=instances_of(trading),
        instruments=instruments,
        interval=candle_interval(interval),
        rhythm=rhythm,
        cancels_entries=cancels_entries,
        adopts_settings=adopts_settings,
    )


def candle_interval(spelled: str) -> timedelta:
    """The interval of `--interval`. Raises InvalidInput for a text that is none, or does not divide a day evenly."""
    from domain.interval import interval_of

    found = interval_of(spelled)
    if found is None:
        raise InvalidInput(
            f"--interval {spelled[:40]!r} does not divide a day evenly; write it like 1m, 5m or 1h"
        )
    return found
