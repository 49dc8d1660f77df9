"""What each of Bybit's return codes proves about a request.

Sources: the error page of Bybit's v5 documentation, the table of ccxt that follows it, and the codes of which clients
report that the request had been executed in spite of them. All codes of the API itself (10000 to 10499) and of
contracts (110000 to 110999) are here; of those for spot, only the ones that clients have seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Verdict(StrEnum):
    """REJECTED: refused, never executed. FATAL: refused, and so is every request until a person acts.

    RETRY: refused, and may be repeated at once. RATE_LIMITED and AMBIGUOUS: the request may have been executed; a
    query may be repeated, after the limit is whole again. PLACED: an order with this client order id exists already.
    """

    REJECTED = "rejected"
    FATAL = "fatal"
    RETRY = "retry"
    RATE_LIMITED = "rate limited"
    AMBIGUOUS = "ambiguous"
    PLACED = "placed"


VERDICTS: Mapping[int, Verdict] = {
    429: Verdict.RATE_LIMITED,
    10000: Verdict.AMBIGUOUS,  # server time-out
    10001: Verdict.REJECTED,  # parameter
    10002: Verdict.RETRY,  # timestamp outside the receive window
    10003: Verdict.FATAL,  # key
    10004: Verdict.FATAL,  # signature
    10005: Verdict.FATAL,  # permission
    10006: Verdict.RATE_LIMITED,
    10007: Verdict.FATAL,  # no key in the request
    10008: Verdict.FATAL,  # user banned
    10009: Verdict.FATAL,  # address banned
    10010: Verdict.FATAL,  # address not bound to the key
    10014: Verdict.AMBIGUOUS,  # duplicate request: the first one may have been executed
    10016: Verdict.AMBIGUOUS,  # server error
    10017: Verdict.FATAL,  # route
    10018: Verdict.RATE_LIMITED,  # of the address
    10019: Verdict.AMBIGUOUS,  # the trading service restarts
    10020: Verdict.FATAL,  # not a unified account
    10024: Verdict.FATAL,  # compliance
    10027: Verdict.FATAL,  # trading banned
    10028: Verdict.FATAL,  # not a unified account
    10029: Verdict.REJECTED,  # symbol
    10403: Verdict.RATE_LIMITED,
    10429: Verdict.RATE_LIMITED,
    20003: Verdict.RATE_LIMITED,
    20006: Verdict.AMBIGUOUS,  # duplicate request id: the first one may have been executed
    33004: Verdict.FATAL,  # key expired
    34036: Verdict.REJECTED,  # leverage not modified
    34040: Verdict.REJECTED,  # stop not modified
    100028: Verdict.FATAL,  # a unified account
    110001: Verdict.REJECTED,  # order not found, or too late
    110003: Verdict.REJECTED,  # price band
    110004: Verdict.REJECTED,  # wallet balance
    110005: Verdict.REJECTED,  # status of the position
    110006: Verdict.REJECTED,  # margin of the position
    110007: Verdict.REJECTED,  # balance
    110008: Verdict.REJECTED,  # order finished
    110009: Verdict.REJECTED,  # too many conditional orders
    110010: Verdict.REJECTED,  # order cancelled
    110011: Verdict.REJECTED,  # the change would liquidate
    110012: Verdict.REJECTED,  # available balance
    110013: Verdict.REJECTED,  # risk limit and leverage
    110014: Verdict.REJECTED,  # balance for the margin
    110015: Verdict.REJECTED,  # cross margin
    110016: Verdict.REJECTED,  # risk limit
    110017: Verdict.REJECTED,  # reduce-only
    110018: Verdict.REJECTED,  # user id
    110019: Verdict.REJECTED,  # order id
    110020: Verdict.REJECTED,  # too many active orders
    110021: Verdict.REJECTED,  # open interest
    110022: Verdict.REJECTED,  # quantity must not grow
    110023: Verdict.REJECTED,  # the contract may only be reduced
    110024: Verdict.REJECTED,  # position exists
    110025: Verdict.REJECTED,  # mode not modified
    110026: Verdict.REJECTED,  # margin mode not modified
    110027: Verdict.REJECTED,  # margin not modified
    110028: Verdict.REJECTED,  # open orders exist
    110029: Verdict.REJECTED,  # no hedge mode
    110030: Verdict.AMBIGUOUS,  # duplicate order id: the first one may have been executed
    110031: Verdict.REJECTED,  # risk limit unknown
    110032: Verdict.REJECTED,  # illegal order
    110033: Verdict.REJECTED,  # margin without a position
    110034: Verdict.REJECTED,  # no net position
    110035: Verdict.REJECTED,  # cancel before a liquidation
    110036: Verdict.REJECTED,  # leverage in cross margin
    110037: Verdict.REJECTED,  # symbol not in the user's settings
    110038: Verdict.REJECTED,  # leverage in portfolio margin
    110039: Verdict.REJECTED,  # maintenance margin
    110040: Verdict.REJECTED,  # the order would liquidate
    110041: Verdict.REJECTED,  # position or maker order exists
    110042: Verdict.REJECTED,  # before delivery positions may only be reduced
    110043: Verdict.REJECTED,  # leverage not modified
    110044: Verdict.REJECTED,  # margin for the leverage
    110045: Verdict.REJECTED,  # wallet balance
    110046: Verdict.REJECTED,  # the leverage would liquidate
    110047: Verdict.REJECTED,  # risk limit and margin
    110048: Verdict.REJECTED,  # risk limit and position
    110049: Verdict.REJECTED,  # tick notes
    110050: Verdict.REJECTED,  # coin
    110051: Verdict.REJECTED,  # balance for the lowest price
    110052: Verdict.REJECTED,  # balance for the price
    110053: Verdict.REJECTED,  # balance for the upper limit
    110054: Verdict.REJECTED,  # a target exists
    110055: Verdict.REJECTED,  # a stop exists
    110056: Verdict.REJECTED,  # a trailing stop exists
    110057: Verdict.REJECTED,  # parameters of stops and targets
    110058: Verdict.REJECTED,  # position too small for the stop
    110059: Verdict.REJECTED,  # stop of a partially filled order
    110060: Verdict.REJECTED,  # stops of the whole position
    110061: Verdict.REJECTED,  # too many stops of parts
    110062: Verdict.REJECTED,  # no profile of market makers
    110063: Verdict.REJECTED,  # settlement
    110064: Verdict.REJECTED,  # quantity not above what was filled
    110065: Verdict.REJECTED,  # not a market maker
    110066: Verdict.REJECTED,  # no trading now
    110067: Verdict.FATAL,  # unified account
    110068: Verdict.FATAL,  # leveraged user
    110069: Verdict.FATAL,  # borrower
    110070: Verdict.REJECTED,  # symbol
    110071: Verdict.REJECTED,  # upgrade of the account
    110072: Verdict.PLACED,  # duplicate client order id
    110073: Verdict.REJECTED,  # margin mode not set
    110092: Verdict.REJECTED,  # trigger on the wrong side
    110093: Verdict.REJECTED,  # trigger on the wrong side
    110094: Verdict.REJECTED,  # least notional
    170001: Verdict.AMBIGUOUS,
    170005: Verdict.RATE_LIMITED,
    170007: Verdict.AMBIGUOUS,  # backend time-out
    170032: Verdict.AMBIGUOUS,
    170036: Verdict.REJECTED,  # no margin trading
    170105: Verdict.REJECTED,  # parameter empty
    170121: Verdict.REJECTED,  # symbol
    170124: Verdict.REJECTED,  # greatest value
    170130: Verdict.REJECTED,  # parameter
    170131: Verdict.REJECTED,  # balance
    170134: Verdict.REJECTED,  # price step
    170135: Verdict.REJECTED,  # greatest quantity
    170136: Verdict.REJECTED,  # least quantity
    170137: Verdict.REJECTED,  # quantity step
    170140: Verdict.REJECTED,  # least value
    170141: Verdict.PLACED,  # duplicate client order id
    170148: Verdict.REJECTED,  # step of an amount
    170193: Verdict.REJECTED,  # price band
    170194: Verdict.REJECTED,  # price band
    170201: Verdict.REJECTED,  # order filter
    170202: Verdict.REJECTED,  # no trigger price
    170213: Verdict.REJECTED,  # order not found
    170810: Verdict.REJECTED,  # too many orders
    500000: Verdict.AMBIGUOUS,
}

OF_RULES = frozenset(
    {10001, 10029, 110003, 110049, 110070, 110094, 170124, 170134, 170135, 170136, 170137, 170140, 170148}
)
"""Codes that may mean that an instrument's rules have changed."""


def verdict(code: object) -> Verdict:
    """The verdict of a return code; a code that is not in the table is ambiguous."""
    return VERDICTS.get(code, Verdict.AMBIGUOUS) if isinstance(code, int) else Verdict.AMBIGUOUS
