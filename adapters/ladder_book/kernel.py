"""The compiled inner loops of the ladder: rows of a push as whole numbers, and their levels in an array of sizes.

A push that is not exactly of the expected form is not read here (`read_push` returns False): the plain reader then
decides what it is, and states what is wrong with it. So this file has no rule of an exchange.
"""

from __future__ import annotations

from typing import Any, Final

from numba import types

from adapters.compiled import compiled
from adapters.ladder_book.scale import MOST_UNITS, PRICE_CHARACTERS, SIZE_CHARACTERS

KIND, TS, CTS, UPDATE, SEQUENCE, BIDS, ASKS, TOPIC, TOPIC_END, SYMBOL, SYMBOL_END = range(11)
"""Places in the head of a push. KIND is 1 for a snapshot and 0 for a delta, BIDS and ASKS are numbers of rows, the
last four are offsets in the text. What the push does not have is ABSENT."""

HEAD: Final = 11
ABSENT: Final = -1
LOW, BEST, COUNT, REACH, FAR = range(5)
"""Places in the state of a side: the key of the ladder's first slot, the slot of the best price (the length of the
ladder for an empty side), the number of levels, the worst key that is known, and the rows beyond it so far."""

STATE: Final = 5
NO_REACH: Final = 2**62

_MOST_DIGITS, _MOST_WHOLE = 18, 17
_QUOTE, _COMMA, _COLON, _POINT, _ZERO, _NINE, _SPACE = 34, 44, 58, 46, 48, 57, 32
_OPEN, _SHUT, _OPEN_LIST, _SHUT_LIST, _ESCAPE, _LAST_ASCII = 123, 125, 91, 93, 92, 126
_WORD_DELTA, _WORD_SNAPSHOT = tuple(b"delta"), tuple(b"snapshot")
_KEY_TOPIC, _KEY_TYPE, _KEY_TS, _KEY_CTS, _KEY_DATA = map(tuple, (b"topic", b"type", b"ts", b"cts", b"data"))
_KEY_SYMBOL, _KEY_BIDS, _KEY_ASKS, _KEY_UPDATE, _KEY_SEQUENCE = map(tuple, (b"s", b"b", b"a", b"u", b"seq"))

_TEXT = types.Bytes(types.uint8, 1, "C", readonly=True)
_GRID, _LINE, _INT, _BOOL = types.int64[:, ::1], types.int64[::1], types.int64, types.boolean
_TUPLE: Any = types.Tuple
_FOUND, _SCALE = _TUPLE((_INT, _INT)), _TUPLE((_INT, _INT, _INT))


@compiled(_INT(_TEXT, _INT))
def _at(text: Any, place: int) -> int:
    """The byte here; 0 behind the end."""
    return text[place] if place < len(text) else 0


@compiled(_INT(_TEXT, _INT, _INT))
def _after(text: Any, place: int, byte: int) -> int:
    """The place after this byte; ABSENT where another one stands."""
    return place + 1 if _at(text, place) == byte else ABSENT


@compiled(_INT(_TEXT, _INT))
def _string_end(text: Any, place: int) -> int:
    """The place of the quote that ends the plain ASCII string whose first quote stands here; ABSENT for others."""
    if place < 0 or _at(text, place) != _QUOTE:
        return ABSENT
    place += 1
    while place < len(text) and text[place] != _QUOTE:
        if text[place] < _SPACE or text[place] > _LAST_ASCII or text[place] == _ESCAPE:
            return ABSENT
        place += 1
    return place if place < len(text) else ABSENT


@compiled(_FOUND(_TEXT, _INT))
def _count(text: Any, place: int) -> tuple[int, int]:
    """A whole number of at most 18 digits and the place after it; ABSENT for others."""
    begin, found = place, 0
    while place < len(text) and _ZERO <= text[place] <= _NINE:
        found = found * 10 + (text[place] - _ZERO)
        place += 1
        if place - begin > _MOST_DIGITS:
            return ABSENT, ABSENT
    if place == begin or (text[begin] == _ZERO and place > begin + 1):
        return ABSENT, ABSENT
    return found, place


@compiled(_FOUND(_TEXT, _INT, _INT))
def _digits(text: Any, place: int, end: int) -> tuple[int, int]:
    """The number of the digits here, up to `end`, and the place after them."""
    found = 0
    while place < end:
        digit = text[place] - _ZERO
        if digit < 0 or digit > 9:
            break
        found = found * 10 + digit
        place += 1
    return found, place


@compiled(_INT(_INT, _INT))
def _scaled(whole: int, places: int) -> int:
    """The number times 10**places; ABSENT where it is more than MOST_UNITS."""
    for _ in range(places):
        whole *= 10
        if whole > MOST_UNITS:
            return ABSENT
    return whole if whole <= MOST_UNITS else ABSENT


@compiled(_FOUND(_TEXT, _INT, _INT, _INT))
def _units(text: Any, place: int, places: int, most: int) -> tuple[int, int]:
    """The decimal string here times 10**places, if that is whole, and the place after it; ABSENT for others.

    It has at most 17 digits before the point and `most` characters.
    """
    if _at(text, place) != _QUOTE:
        return ABSENT, ABSENT
    begin, length = place + 1, len(text)
    whole, place = _digits(text, begin, min(length, begin + _MOST_WHOLE))
    if place == begin or whole > MOST_UNITS:
        return ABSENT, ABSENT
    missing = places
    if place < length and text[place] == _POINT:
        point = place
        part, place = _digits(text, point + 1, min(length, point + 1 + places))
        missing -= place - point - 1
        whole = _scaled(whole, place - point - 1)
        if whole < 0:
            return ABSENT, ABSENT
        whole += part
        while place < length and text[place] == _ZERO:
            place += 1
        if place == point + 1:
            return ABSENT, ABSENT
    whole = _scaled(whole, missing)
    if whole < 0 or _at(text, place) != _QUOTE or place - begin > most:
        return ABSENT, ABSENT
    return whole, place + 1


@compiled(_FOUND(_TEXT, _INT, _SCALE, _GRID, _INT))
def read_rows(text: Any, place: int, scale: tuple[int, int, int], grid: Any, side: int) -> tuple[int, int]:
    """Reads rows into the grid. Returns the number of rows of the list here, and the place after it.

    Both are ABSENT where a row is not of the usual form.
    """
    price_places, tick, size_places = scale
    place = _after(text, place, _OPEN_LIST)
    if place < 0:
        return ABSENT, ABSENT
    if _at(text, place) == _SHUT_LIST:
        return 0, place + 1
    found = 0
    while found < grid.shape[1] and _at(text, place) == _OPEN_LIST:
        price, place = _units(text, place + 1, price_places, PRICE_CHARACTERS)
        if price <= 0 or _at(text, place) != _COMMA:
            break
        size, place = _units(text, place + 1, size_places, SIZE_CHARACTERS)
        if size < 0 or _at(text, place) != _SHUT_LIST:
            break
        if tick > 1:  # a division takes as long as the digits of a price
            if price % tick:
                break
            price //= tick
        grid[side * 2, found], grid[side * 2 + 1, found] = price, size
        found += 1
        after = _at(text, place + 1)
        place += 2
        if after == _SHUT_LIST:
            return found, place
        if after != _COMMA:
            break
    return ABSENT, ABSENT


@compiled(_INT(_TEXT, _INT, _LINE, _INT))
def _counted(text: Any, place: int, head: Any, field: int) -> int:
    """Reads a whole number into the head, where the field was not there before. Returns the place after it."""
    if head[field] != ABSENT:
        return ABSENT
    head[field], place = _count(text, place)
    return place


@compiled(_INT(_TEXT, _INT, _LINE, _INT))
def _named(text: Any, place: int, head: Any, field: int) -> int:
    """Notes the bounds of a string in the head, where the field was not there before. Returns the place after it."""
    end = _string_end(text, place)
    if end < 0 or head[field] != ABSENT:
        return ABSENT
    head[field], head[field + 1] = place + 1, end
    return end + 1


@compiled(_INT(_TEXT, _INT, _LINE, _INT, _SCALE, _GRID, _INT))
def _listed(
    text: Any, place: int, head: Any, field: int, scale: tuple[int, int, int], grid: Any, side: int
) -> int:
    """Reads rows into the grid, where the field was not there before. Returns the place after them."""
    if head[field] != ABSENT:
        return ABSENT
    head[field], place = read_rows(text, place, scale, grid, side)
    return place


@compiled()
def _is(text: Any, begin: int, end: int, word: tuple[int, ...]) -> bool:
    if end - begin != len(word):
        return False
    for number in range(len(word)):  # noqa: SIM110  # compiled
        if text[begin + number] != word[number]:
            return False
    return True


@compiled(_INT(_TEXT, _INT, _LINE))
def _kind(text: Any, place: int, head: Any) -> int:
    """Reads the type. Returns the place after it; ABSENT for another one."""
    end = _string_end(text, place)
    if end < 0 or head[KIND] != ABSENT:
        return ABSENT
    if _is(text, place + 1, end, _WORD_SNAPSHOT):
        head[KIND] = 1
    elif _is(text, place + 1, end, _WORD_DELTA):
        head[KIND] = 0
    else:
        return ABSENT
    return end + 1


@compiled(_FOUND(_TEXT, _INT))
def _key(text: Any, place: int) -> tuple[int, int]:
    """The end of the key whose first quote stands here, and the place of its value; ABSENT for others."""
    end = _string_end(text, place)
    return end, _after(text, end + 1, _COLON) if end >= 0 else ABSENT


@compiled(_INT(_TEXT, _INT, _LINE, _SCALE, _GRID))
def _data(text: Any, place: int, head: Any, scale: tuple[int, int, int], grid: Any) -> int:
    """Reads the object `data`. Returns the place after it; ABSENT for a form that is not known."""
    place = _after(text, place, _OPEN)
    while place >= 0:
        begin = place + 1
        end, place = _key(text, place)
        if place < 0:
            return ABSENT
        if _is(text, begin, end, _KEY_BIDS):
            place = _listed(text, place, head, BIDS, scale, grid, 0)
        elif _is(text, begin, end, _KEY_ASKS):
            place = _listed(text, place, head, ASKS, scale, grid, 1)
        elif _is(text, begin, end, _KEY_UPDATE):
            place = _counted(text, place, head, UPDATE)
        elif _is(text, begin, end, _KEY_SYMBOL):
            place = _named(text, place, head, SYMBOL)
        elif _is(text, begin, end, _KEY_SEQUENCE):
            place = _counted(text, place, head, SEQUENCE)
        else:
            return ABSENT
        if place < 0:
            return ABSENT
        if _at(text, place) == _SHUT:
            return place + 1
        place = _after(text, place, _COMMA)
    return ABSENT


@compiled(_INT(_TEXT, _INT, _LINE, _SCALE, _GRID))
def _field(text: Any, place: int, head: Any, scale: tuple[int, int, int], grid: Any) -> int:
    """Reads a field of the push. Returns the place after it; ABSENT for a form that is not known."""
    begin = place + 1
    end, place = _key(text, place)
    if place < 0:
        return ABSENT
    if _is(text, begin, end, _KEY_TOPIC):
        return _named(text, place, head, TOPIC)
    if _is(text, begin, end, _KEY_TYPE):
        return _kind(text, place, head)
    if _is(text, begin, end, _KEY_TS):
        return _counted(text, place, head, TS)
    if _is(text, begin, end, _KEY_CTS):
        return _counted(text, place, head, CTS)
    if _is(text, begin, end, _KEY_DATA):
        return _data(text, place, head, scale, grid)
    return ABSENT


@compiled(_BOOL(_TEXT, _LINE, _SCALE, _GRID))
def read_push(text: Any, head: Any, scale: tuple[int, int, int], grid: Any) -> bool:
    """Reads a push into the head and the grid; False for one that the plain reader has to judge.

    `scale` is the decimals of prices, the tick in units of the last decimal, and the decimals of sizes. The grid has
    four lines: bid prices in ticks, bid sizes in units of the last decimal, the same of the asks.
    """
    head[:] = ABSENT
    place = _after(text, 0, _OPEN)
    while place >= 0:
        place = _field(text, place, head, scale, grid)
        if place < 0 or _at(text, place) == _SHUT:
            break
        place = _after(text, place, _COMMA)
    if place < 0 or place + 1 != len(text):
        return False
    found: int = min(head[KIND], head[TS], head[UPDATE], head[BIDS], head[ASKS], head[TOPIC], head[SYMBOL])
    return found >= 0


@compiled(_INT(_GRID, _INT, _INT, _INT, _LINE, _LINE))
def apply_rows(grid: Any, side: int, begin: int, end: int, sizes: Any, state: Any) -> int:
    """Applies rows `begin` to `end` of a side of the grid to its ladder, until a row has no slot in it.

    Returns the number of that row, or `end`. Side 0 has bids, whose keys are negative ticks, so that the lowest key is
    the best price of either side. Rows beyond the reach are counted, and not kept.
    """
    sign = 1 if side else -1
    best, low, length = state[BEST], state[LOW], sizes.size
    while begin < end:
        key, size = sign * grid[side * 2, begin], grid[side * 2 + 1, begin]
        slot = key - low
        if key > state[REACH]:
            state[FAR] += size > 0
        elif 0 <= slot < length:
            state[COUNT] += (size > 0) - (sizes[slot] > 0)
            sizes[slot] = size
            if size and slot < best:
                best = slot
        elif size:
            break
        begin += 1
    while best < length and not sizes[best]:
        best += 1
    state[BEST] = best
    return begin


@compiled(_INT(_LINE, _LINE, _INT, _GRID))
def best_levels(sizes: Any, state: Any, most: int, found: Any) -> int:
    """Writes keys and sizes of at most `most` levels into the two lines of `found`, best first. Returns how many."""
    count, slot = 0, state[BEST]
    while slot < sizes.size and count < most:
        if sizes[slot]:
            found[0, count], found[1, count] = state[LOW] + slot, sizes[slot]
            count += 1
        slot += 1
    return count
