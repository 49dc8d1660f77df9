"""An account's money as REST and the topic `wallet` show it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct

from adapters.simulated.server.numbers import exact, rounded
from adapters.simulated.venue.account import Account
from adapters.simulated.venue.venue import Venue
from domain.arithmetic import EXACT, ONE, ZERO, total

Row = dict[str, object]


def wallet_row(account: Account, venue: Venue, changed: Iterable[str] = ()) -> Row:
    """GET /v5/account/wallet-balance and the topic `wallet`. The account's currency counts as one dollar, another coin
    as its last price; margin is in the account's currency alone. A coin of which nothing is left is shown where it is
    among those that `changed`.
    """
    funds = _funds(account, venue)
    initial, maintenance = funds.initial, rounded(funds.maintenance)
    margin = EXACT.add(initial, account.locked)
    rate, maintenance_rate = _rate(margin, funds.equity), _rate(funds.maintenance, funds.equity)
    coins = [_coin(account, funds, coin, _price(venue, account, coin)) for coin in _shown(account, changed)]
    others = total(one.worth for one in coins if one.coin != account.currency)
    return {
        "accountType": "UNIFIED",
        "accountLTV": "0",
        "accountIMRate": rate,
        "accountIMRateByMp": rate,
        "accountMMRate": maintenance_rate,
        "accountMMRateByMp": maintenance_rate,
        "totalEquity": rounded(EXACT.add(funds.equity, others)),
        "totalWalletBalance": rounded(EXACT.add(account.wallet.balance, others)),
        "totalMarginBalance": rounded(funds.equity),
        "totalAvailableBalance": rounded(max(ZERO, account.wallet.available)),
        "totalPerpUPL": rounded(funds.unrealised),
        "totalInitialMargin": rounded(margin),
        "totalInitialMarginByMp": rounded(margin),
        "totalMaintenanceMargin": maintenance,
        "totalMaintenanceMarginByMp": maintenance,
        "coin": [one.row for one in coins],
    }


class _Funds(Struct, frozen=True, gc=False):
    """What the account has in its currency, with its positions."""

    equity: Decimal
    unrealised: Decimal
    initial: Decimal
    maintenance: Decimal


class _Coin(Struct, frozen=True, gc=False):
    """A row of `coin`, and what it is worth in dollars."""

    coin: str
    worth: Decimal
    row: Row


def _funds(account: Account, venue: Venue) -> _Funds:
    held = list(account.held())
    unrealised = total(one.profit_at(venue.markets[one.contract.symbol].mark_price) for one in held)
    return _Funds(
        EXACT.add(account.wallet.balance, unrealised),
        unrealised,
        total(one.margin for one in held),
        total(one.maintenance for one in held),
    )


def _shown(account: Account, changed: Iterable[str]) -> list[str]:
    """The account's currency, and every other coin that it has or that changed."""
    held = (coin for coin, wallet in account.coins.items() if wallet.balance)
    return list(dict.fromkeys((account.currency, *held, *changed)))


def _price(venue: Venue, account: Account, coin: str) -> Decimal:
    """The last price of a coin in the account's currency; zero where no market has one."""
    if coin == account.currency:
        return ONE
    symbol = f"{coin}{account.currency}"
    markets = (venue.spot.get(symbol), venue.markets.get(symbol))
    return next((one.last for one in markets if one is not None and one.last), ZERO)


def _coin(account: Account, funds: _Funds, coin: str, price: Decimal) -> _Coin:
    """Of the account's currency with the figures of its positions, which are zero in another coin."""
    wallet, is_own = account.purse(coin), coin == account.currency
    nothing = _Funds(wallet.balance, ZERO, ZERO, ZERO)
    figures = funds if is_own else nothing
    worth = EXACT.multiply(figures.equity, price)
    row: Row = {
        "coin": coin,
        "equity": rounded(figures.equity),
        "usdValue": rounded(worth),
        "walletBalance": exact(wallet.balance),
        "availableToWithdraw": exact(max(ZERO, wallet.available)),
        "availableToBorrow": "",
        "borrowAmount": "0",
        "accruedInterest": "0",
        "totalOrderIM": rounded(account.locked if is_own else ZERO),
        "totalPositionIM": rounded(figures.initial),
        "totalPositionMM": rounded(figures.maintenance),
        "unrealisedPnl": rounded(figures.unrealised),
        "cumRealisedPnl": rounded(account.realised if is_own else ZERO),
        "bonus": "0",
        "collateralSwitch": True,
        "marginCollateral": is_own,
        "locked": exact(account.occupied.get(coin, ZERO)),
        "spotHedgingQty": "0",
        "spotBorrow": "0",
    }
    return _Coin(coin, worth, row)


def _rate(part: Decimal, equity: Decimal) -> str:
    return rounded(EXACT.divide(part, equity)) if equity > 0 else "0"
