"""What each of Bybit's return codes proves about a request.

Sources: the error page of Bybit's v5 documentation, and the codes of which clients report that the request had been
executed in spite of them.
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
    10010: Verdict.FATAL,  # address not bound to the key
    10014: Verdict.AMBIGUOUS,  # duplicate request: the first one may have been executed
    10016: Verdict.AMBIGUOUS,  # server error
    10017: Verdict.FATAL,  # route
    10019: Verdict.AMBIGUOUS,  # the trading service restarts
    10029: Verdict.REJECTED,  # symbol
    10403: Verdict.RATE_LIMITED,
    10429: Verdict.RATE_LIMITED,
    20003: Verdict.RATE_LIMITED,
    20006: Verdict.AMBIGUOUS,  # duplicate request id: the first one may have been executed
    34040: Verdict.REJECTED,  # stop not modified
    110001: Verdict.REJECTED,  # order not found, or too late
    110003: Verdict.REJECTED,  # price band
    110007: Verdict.REJECTED,  # balance
    110008: Verdict.REJECTED,  # order finished
    110009: Verdict.REJECTED,  # too many conditional orders
    110010: Verdict.REJECTED,  # order cancelled
    110017: Verdict.REJECTED,  # reduce-only
    110020: Verdict.REJECTED,  # too many active orders
    110024: Verdict.REJECTED,  # position exists
    110025: Verdict.REJECTED,  # mode not modified
    110028: Verdict.REJECTED,  # open orders exist
    110043: Verdict.REJECTED,  # leverage not modified
    110044: Verdict.REJECTED,  # margin for the leverage
    110046: Verdict.REJECTED,  # the leverage would liquidate
    110061: Verdict.REJECTED,  # too many stops of parts
    110072: Verdict.PLACED,  # duplicate client order id
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

OF_RULES = frozenset({10001, 110003, 110094, 170124, 170134, 170135, 170136, 170137, 170140, 170148})
"""Codes that may mean that an instrument's rules have changed."""


def verdict(code: object) -> Verdict:
    """The verdict of a return code; a code that is not in the table is ambiguous."""
    return VERDICTS.get(code, Verdict.AMBIGUOUS) if isinstance(code, int) else Verdict.AMBIGUOUS
