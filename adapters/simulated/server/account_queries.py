"""GET /v5/account/*, /v5/user/query-api and /v5/asset/coin/query-info."""

from __future__ import annotations

from adapters.simulated.server.call import Call, Row
from adapters.simulated.server.json_values import list_of, object_of
from adapters.simulated.server.numbers import exact
from adapters.simulated.server.wallet_row import wallet_row
from adapters.simulated.venue.codes import PARAMETER, Declined
from adapters.simulated.venue.market import Market

_UNIFIED_2_PRO = 6
PERMISSIONS: Row = {
    "ContractTrade": ["Order", "Position"],
    "Spot": ["SpotTrade"],
    "Wallet": [],
    "Options": [],
    "Derivatives": ["DerivativesTrade"],
    "Exchange": [],
    "Earn": [],
    "NFT": [],
    "BlockTrade": [],
    "Affiliate": [],
    "CopyTrading": [],
}


def wallet_balance(call: Call) -> Row:
    """The unified account; `coin` names the currencies to show."""
    if call.text("accountType") != "UNIFIED":
        raise Declined(PARAMETER, "accountType must be UNIFIED")
    return {"list": [_with_coins(wallet_row(call.account, call.venue), call.text("coin"))]}


def account_info(call: Call) -> Row:
    return {
        "marginMode": "ISOLATED_MARGIN",
        "updatedTime": str(call.now),
        "unifiedMarginStatus": _UNIFIED_2_PRO,
        "dcpStatus": "OFF",
        "timeWindow": 10,
        "smpGroup": 0,
        "isMasterTrader": False,
        "spotHedgingStatus": "OFF",
    }


def fee_rates(call: Call) -> Row:
    return {"category": call.category(), "list": [_fee_row(call, market) for market in call.markets()]}


def api_key(call: Call) -> Row:
    """GET /v5/user/query-api: the key may trade and is not bound to an address."""
    account = call.account
    return {
        "id": str(account.uid),
        "note": "whence venue",
        "apiKey": account.key,
        "readOnly": 0,
        "secret": "",
        "permissions": PERMISSIONS,
        "ips": ["*"],
        "type": 1,
        "deadlineDay": 90,
        "expiredAt": "2099-01-01T00:00:00Z",
        "createdAt": "2025-01-01T00:00:00Z",
        "unified": 0,
        "uta": 1,
        "userID": account.uid,
        "inviterID": 0,
        "vipLevel": account.level,
        "mktMakerLevel": "0",
        "affiliateID": 0,
        "rsaPublicKey": "",
        "isMaster": True,
        "parentUid": "0",
        "kycLevel": "LEVEL_DEFAULT",
        "kycRegion": "",
    }


def coins(call: Call) -> Row:
    """GET /v5/asset/coin/query-info: the currencies of the instruments; none can be deposited or withdrawn."""
    rules = [market.contract.instrument for market in call.venue.every_market()]
    names = sorted({one.base for one in rules} | {one.quote for one in rules})
    wanted = call.text("coin")
    return {"rows": [_coin_row(name) for name in names if wanted in ("", name)]}


def _coin_row(name: str) -> Row:
    return {"name": name, "coin": name, "remainAmount": "0", "chains": []}


def _fee_row(call: Call, market: Market) -> Row:
    fees = call.account.fees(market.contract)
    return {
        "symbol": market.symbol,
        "baseCoin": "",
        "takerFeeRate": exact(fees.taker),
        "makerFeeRate": exact(fees.maker),
    }


def _with_coins(row: Row, named: str) -> Row:
    coins = [coin for coin in map(object_of, list_of(row["coin"]) or ()) if coin is not None]
    wanted = named.split(",")
    return {**row, "coin": [coin for coin in coins if not named or coin["coin"] in wanted]}
