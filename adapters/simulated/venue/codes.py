"""Bybit's return codes and their texts, as documented for v5 or seen in responses of the exchange."""

from __future__ import annotations

from msgspec import Struct


class Code(Struct, frozen=True, gc=False):
    """A return code and its text (`retCode`, `retMsg`)."""

    number: int
    text: str


class Declined(Exception):
    """The venue refuses a request with a return code; nothing changed. `detail` is added to the code's text."""

    def __init__(self, code: Code, detail: str = "") -> None:
        super().__init__(f"{code.number}: {code.text}{detail}")
        self.number, self.text = code.number, f"{code.text}{detail}"


OK = Code(0, "OK")
SERVER_ERROR = Code(10000, "Server Timeout")
PARAMETER = Code(10001, "params error: ")
TOO_FEW = Code(10001, "The number of contracts exceeds minimum limit allowed")
TOO_MANY = Code(10001, "The number of contracts exceeds maximum limit allowed")
WRONG_INDEX = Code(10001, "position idx not match position mode")
WRONG_TIME = Code(10002, "invalid request, please check your server timestamp or recv_window param. ")
WRONG_KEY = Code(10003, "API key is invalid.")
WRONG_SIGNATURE = Code(10004, "error sign! origin_string")
NO_PERMISSION = Code(10005, "Permission denied, please check your API key permissions.")
TOO_OFTEN = Code(10006, "Too many visits!")
INTERNAL = Code(10016, "Server error.")
NO_ROUTE = Code(10017, "Route not found.")
RESTARTING = Code(10019, "The trading service is restarting.")
UNKNOWN_SYMBOL = Code(10029, "The requested symbol is invalid.")
UNKNOWN_TO_CANCEL = Code(110001, "order not exists or too late to cancel")
UNKNOWN_TO_AMEND = Code(110001, "order not exists or too late to replace")
OUTSIDE_BAND = Code(110003, "Order price exceeds the allowable range.")
NOT_ENOUGH = Code(110007, "ab not enough for new order")
TOO_MANY_WAITING = Code(110009, "The number of stop orders exceeds the maximum allowable limit.")
REDUCE_ONLY = Code(110017, "current position is zero, cannot fix reduce-only order qty")
REDUCE_ONLY_SIDE = Code(110017, "Reduce-only rule not satisfied")
TOO_MANY_ORDERS = Code(110020, "Not allowed to have more than 500 active orders.")
MODE_POSITION = Code(110024, "You have an existing position, so the position mode cannot be switched.")
MODE_UNCHANGED = Code(110025, "Position mode is not modified")
MODE_ORDERS = Code(110028, "You have existing open orders, so the position mode cannot be switched.")
LEVERAGE_TOO_EXPENSIVE = Code(110044, "Available margin is insufficient.")
LEVERAGE_LIQUIDATES = Code(110046, "Any adjustments made will trigger immediate liquidation.")
LEVERAGE_UNCHANGED = Code(110043, "leverage not modified")
TOO_MANY_PARTIAL = Code(110061, "The number of TP/SL orders exceeds the limit.")
DUPLICATE = Code(110072, "OrderLinkedID is duplicate")
NOT_RISING = Code(110092, "expect Rising, but trigger_price <= current")
NOT_FALLING = Code(110093, "expect Falling, but trigger_price >= current")
TOO_LITTLE_VALUE = Code(110094, "Order does not meet minimum order value ")
STOP_UNCHANGED = Code(34040, "not modified")
ORDER_UNCHANGED = Code(
    10001, "The order remains unchanged as the parameters entered match the existing ones."
)
NO_POSITION = Code(10001, "can not set tp/sl/ts for zero position")
SPOT_NO_MARGIN = Code(
    170036,
    "You haven't enabled Cross Margin Trading yet. To do so, please head to the PC trading site or the Bybit app",
)
SPOT_EMPTY = Code(170105, "Parameter was empty: ")
SPOT_UNKNOWN_SYMBOL = Code(170121, "Invalid symbol.")
SPOT_TOO_MUCH_VALUE = Code(170124, "Order amount too large.")
SPOT_PARAMETER = Code(170130, "Data sent for parameter is not valid: ")
SPOT_TOO_EXPENSIVE = Code(170131, "Insufficient balance.")
SPOT_PRICE_STEP = Code(170134, "Order price has too many decimals.")
SPOT_TOO_MUCH = Code(170135, "Order quantity too large.")
SPOT_TOO_LITTLE = Code(170136, "Order quantity is lower than the minimum.")
SPOT_QUANTITY_STEP = Code(170137, "Order quantity has too many decimals.")
SPOT_TOO_LITTLE_VALUE = Code(170140, "Order value exceeded lower limit.")
SPOT_DUPLICATE = Code(170141, "Duplicate clientOrderId")
SPOT_AMOUNT_STEP = Code(170148, "Market order amount decimal too long")
SPOT_ABOVE_BAND = Code(170193, "Buy order price cannot be higher than ")
SPOT_BELOW_BAND = Code(170194, "Sell order price cannot be lower than ")
SPOT_WRONG_FILTER = Code(170201, "Invalid orderFilter parameter")
SPOT_NO_TRIGGER = Code(170202, "Please enter the TP/SL price.")
SPOT_TOO_MANY = Code(170810, "Cannot exceed maximum of 500 conditional, TP/SL and active orders.")
SPOT_UNKNOWN = Code(170213, "Order does not exist.")
REPEATED_REQUEST = Code(20006, "Duplicate reqId")

AMBIGUOUS = (
    Code(429, "System level frequency protection"),
    SERVER_ERROR,
    TOO_OFTEN,
    INTERNAL,
    RESTARTING,
    Code(10403, "Exceed IP rate limit."),
    Code(10429, "System level frequency protection"),
    Code(170001, "Internal error."),
    Code(170005, "Too many new orders; current limit is 10 orders per 1 second."),
    Code(170007, "Timeout waiting for response from backend server."),
    Code(170032, "Network error. Please try again later"),
    Code(20003, "Too frequent requests under the same session"),
    REPEATED_REQUEST,
    Code(500000, "Server error"),
)
"""The codes after which a client cannot know whether its request was executed."""

TEXTS = {
    code.number: code.text for code in (*AMBIGUOUS, WRONG_TIME, WRONG_KEY, WRONG_SIGNATURE, NO_PERMISSION)
}
"""The text of a code that a fault answers."""
