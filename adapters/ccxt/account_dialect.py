"""What ccxt does not unify of an account: the rights of a key, and where modes and leverage are stated.

The fields are those of the exchanges' documentation: Bybit `/v5/user/query-api`, Binance
`/sapi/v1/account/apiRestrictions`, OKX `/api/v5/account/config`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from msgspec import Struct
from msgspec.structs import replace

from adapters.ccxt.fields import flag
from adapters.ccxt.site import Site
from adapters.instruments.document import Table, rows, table
from commands.venue_account import KeyRights
from domain.errors import InvalidInput


class Rights(Struct, frozen=True):
    """ccxt's method of the query for a key's rights, and what reads its response.

    `read` raises InvalidInput where rights are missing, because a key without a list is no key without rights.
    """

    call: str
    read: Callable[[Table], KeyRights]


class AccountDialect(Struct, frozen=True, kw_only=True):
    """`rights` is None where ccxt cannot state them; `real_rights` where only the exchange itself does, not its testnet
    or demo trading.

    `position_index` is the field of a position that is 0 in one-way mode, `leverage_field` that with its leverage, for
    exchanges that list a symbol without a position, too; else ccxt's own queries are used. `margin_mode` is the mode of
    every order, at an exchange where orders have it. `leverage_params` are those of the queries for the leverage.
    """

    rights: Rights | None = None
    real_rights: bool = False
    position_index: str = ""
    leverage_field: str = ""
    margin_mode: str = ""
    leverage_params: Mapping[str, object] = {}


def account_dialect_of(exchange: str, site: Site) -> AccountDialect:
    """The dialect of an exchange by its name in ccxt; that without rights of keys where a test place states none."""
    found = ACCOUNTS.get(exchange, _ANY)
    if found.real_rights and (site.sandbox or site.demo):
        return replace(found, rights=None)
    return found


def _bybit(response: Table) -> KeyRights:
    result = table(response.get("result"))
    if not isinstance(result.get("permissions"), dict):
        raise InvalidInput("permissions are missing")
    allowed = table(result.get("permissions"))
    return KeyRights(
        may_trade=str(result.get("readOnly")) == "0" and "Order" in _names(allowed, "ContractTrade"),
        may_withdraw="Withdraw" in _names(allowed, "Wallet"),
    )


def _binance(response: Table) -> KeyRights:
    return KeyRights(
        may_trade=flag(response, "enableFutures"), may_withdraw=flag(response, "enableWithdrawals")
    )


def _okx(response: Table) -> KeyRights:
    found = rows(response.get("data"))
    given = found[0].get("perm") if found else None
    if not isinstance(given, str) or not given:
        raise InvalidInput("perm is missing")
    names = {one.strip() for one in given.split(",")}
    return KeyRights(may_trade="trade" in names, may_withdraw="withdraw" in names)


def _names(allowed: Table, group: str) -> list[object]:
    found = allowed.get(group)
    return cast("list[object]", found) if isinstance(found, list) else []


ACCOUNTS: Mapping[str, AccountDialect] = {
    "bybit": AccountDialect(
        rights=Rights("private_get_v5_user_query_api", _bybit),
        position_index="positionIdx",
        leverage_field="leverage",
    ),
    "binanceusdm": AccountDialect(rights=Rights("sapiGetAccountApiRestrictions", _binance), real_rights=True),
    "okx": AccountDialect(
        rights=Rights("private_get_account_config", _okx),
        margin_mode="isolated",
        leverage_params={"marginMode": "isolated"},
    ),
}
_ANY = AccountDialect()
