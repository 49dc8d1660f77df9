"""An account's money as REST and the topic `wallet` show it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from adapters.simulated.server.numbers import rounded
from adapters.simulated.venue.account import Account
from domain.arithmetic import EXACT, ZERO, total

Row = dict[str, object]
MarkOf = Callable[[str], Decimal]
"""The mark price of a symbol."""


def wallet_row(account: Account, mark_of: MarkOf) -> Row:
    """GET /v5/account/wallet-balance and the topic `wallet`; the currency counts as one dollar."""
    held = list(account.held())
    unrealised = total(position.profit_at(mark_of(position.contract.symbol)) for position in held)
    initial = total(position.margin for position in held)
    maintenance = total(position.maintenance for position in held)
    balance = account.wallet.balance
    equity = EXACT.add(balance, unrealised)
    margin = rounded(EXACT.add(initial, account.locked))
    return {
        "accountType": "UNIFIED",
        "accountLTV": "0",
        "accountIMRate": _rate(EXACT.add(initial, account.locked), equity),
        "accountIMRateByMp": _rate(EXACT.add(initial, account.locked), equity),
        "accountMMRate": _rate(maintenance, equity),
        "accountMMRateByMp": _rate(maintenance, equity),
        "totalEquity": rounded(equity),
        "totalWalletBalance": rounded(balance),
        "totalMarginBalance": rounded(equity),
        "totalAvailableBalance": rounded(max(ZERO, account.wallet.available)),
        "totalPerpUPL": rounded(unrealised),
        "totalInitialMargin": margin,
        "totalInitialMarginByMp": margin,
        "totalMaintenanceMargin": rounded(maintenance),
        "totalMaintenanceMarginByMp": rounded(maintenance),
        "coin": [_coin(account, unrealised, initial, maintenance)],
    }


def _coin(account: Account, unrealised: Decimal, initial: Decimal, maintenance: Decimal) -> Row:
    balance = account.wallet.balance
    equity = EXACT.add(balance, unrealised)
    return {
        "coin": account.currency,
        "equity": rounded(equity),
        "usdValue": rounded(equity),
        "walletBalance": rounded(balance),
        "availableToWithdraw": rounded(max(ZERO, account.wallet.available)),
        "availableToBorrow": "",
        "borrowAmount": "0",
        "accruedInterest": "0",
        "totalOrderIM": rounded(account.locked),
        "totalPositionIM": rounded(initial),
        "totalPositionMM": rounded(maintenance),
        "unrealisedPnl": rounded(unrealised),
        "cumRealisedPnl": rounded(account.realised),
        "bonus": "0",
        "collateralSwitch": True,
        "marginCollateral": True,
        "locked": "0",
        "spotHedgingQty": "0",
        "spotBorrow": "0",
    }


def _rate(part: Decimal, equity: Decimal) -> str:
    return rounded(EXACT.divide(part, equity)) if equity > 0 else "0"
