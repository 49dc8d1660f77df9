"""A person's order: its terms are entered, the engine drafts it, and a second tap with its figures places it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from adapters.telegram.content import Button, Content, Rows, fits
from adapters.telegram.text import Text, bold
from commands.request import DraftOrder
from commands.roles import LEAST_ROLE
from domain.errors import InvalidInput
from domain.instrument import instrument_named, is_instrument_id
from infra.telegram.draft import Draft, Vote
from infra.telegram.screens.accounts import same_query
from infra.telegram.screens.entered import (
    FAULT,
    SET,
    WANTS,
    Values,
    argument_of,
    fault_of,
    given_of,
    is_number,
    setter,
    values_of,
)
from infra.telegram.screens.figures import UNKNOWN, age, badge, moment, money, number
from infra.telegram.screens.order_terms import (
    PRICED,
    REDUCE,
    RISK,
    RULES_FIELDS,
    OrderTerms,
    Rules,
    drafted_terms,
    order_terms,
    rules_of,
)
from infra.telegram.screens.screen import HOME, OPEN, Data, Scene, Screen, page
from infra.telegram.words import Words

DRAFT: Final = "draft"
"""The verb of the button that has the engine draft the order."""
PLACE: Final = "place"
"""The verb of the button that places a draft's order: `place:KEY`."""
OF_DRAFT: Final = "draft"
"""The value with the key of the draft that is shown."""
SIDES: Final = ("BUY", "SELL")
TYPES: Final = ("MARKET", "LIMIT", "STOP")
_TYPED: Final[Mapping[str, tuple[str, str]]] = {
    **{one: ("side", one) for one in SIDES},
    **{one: ("type", one) for one in TYPES},
    "КУПИТЬ": ("side", "BUY"),
    "ПРОДАТЬ": ("side", "SELL"),
    "РЫНОК": ("type", "MARKET"),
    "РЫНОЧНАЯ": ("type", "MARKET"),
    "ЛИМИТ": ("type", "LIMIT"),
    "ЛИМИТНАЯ": ("type", "LIMIT"),
    "СТОП": ("type", "STOP"),
    "СТОП-ЗАЯВКА": ("type", "STOP"),
}
"""Name and value of each word of a command that is no number and no instrument, in capitals."""
_SHARES: Final = ("5", "10", "25")
_RISKS: Final = ("0.5", "1", "2")
NUMBERS: Final = ("price", "quantity", "stop", "target")
"""The entered values that are numbers, in the order of the screen."""
_MOST_INSTRUMENTS: Final = 12
_IN_A_ROW: Final = 3
_QUERY: Final = f"""query ($instrument: String) {{
  accounts {{ account openedBy currency balance available }}
  prices {{ instrument price at }}
  instruments(instrument: $instrument) {{ {RULES_FIELDS} }}
}}"""


def _variables(argument: str) -> Mapping[str, object]:
    return {"instrument": entered(argument).get("instrument")}


def entered(argument: str) -> Values:
    """The values of the screen's argument, or of the words of a command: `buy BTCUSDT limit 50000 0.01`."""
    values: dict[str, str] = {}
    if "=" in argument:
        for name, value in values_of(argument).items():
            values |= _checked(name, value)
        return values
    for word in argument.split():
        name, value = _of_word(word, values)
        found = _checked(name, value)
        values |= {FAULT: "trade-twice"} if name in found and name in values else found
    return values


def _of_word(word: str, values: Values) -> tuple[str, str]:
    """Name and value that a word is. A number is the price of an order that needs one, and the quantity otherwise."""
    if (found := _TYPED.get(word.upper())) is not None:
        return found
    if is_number(word):
        needs_price = values.get("type") in PRICED and "price" not in values
        return ("price" if needs_price else "quantity"), word
    return "instrument", word


def set_value(argument: str, given: str, _key: str) -> str:
    """The argument after a button or a text; whatever was drafted before is not of these terms."""
    values = dict(entered(argument))
    name, value = given_of(values, given)
    for gone in (OF_DRAFT, FAULT):
        values.pop(gone, None)
    if not name:
        return argument_of(values | {FAULT: "trade-no-field"})
    checked = _checked(name, value) if value else {name: ""}
    if FAULT in checked:
        return argument_of(values | checked)
    values |= checked
    for other in (*_INSTEAD_OF.get(name, ()), *(() if name == WANTS else (WANTS,))):
        values.pop(other, None)
    if values.get("type", "MARKET") not in PRICED:
        values.pop("price", None)
    return argument_of(values)


_INSTEAD_OF: Final[Mapping[str, Sequence[str]]] = {
    "quantity": ("size",),
    "size": ("quantity",),
    REDUCE: ("stop", "target"),
}
"""The values that an entered one takes the place of."""


def _is_size(text: str) -> bool:
    return is_number(text.removesuffix(RISK))


CHECKS: Final[Mapping[str, tuple[Callable[[str], bool], str]]] = {
    **dict.fromkeys(NUMBERS, (is_number, "trade-no-number")),
    "instrument": (is_instrument_id, "trade-no-instrument"),
    "size": (_is_size, "trade-no-number"),
    "side": (SIDES.__contains__, "trade-no-choice"),
    "type": (TYPES.__contains__, "trade-no-choice"),
    WANTS: (("instrument", *NUMBERS).__contains__, "trade-no-choice"),
    REDUCE: ("1".__eq__, "trade-no-choice"),
    OF_DRAFT: (str.isalnum, "trade-no-choice"),
    FAULT: (str.isprintable, "trade-no-choice"),
}
"""By the name of a value, what it has to be, and the words for one that is not."""


def _checked(name: str, value: str) -> dict[str, str]:
    """The value as the order has it, or the words for what is wrong with it."""
    if name == "instrument":
        value = _instrument(value)
    is_valid, fault = CHECKS.get(name, (_is_nothing, "trade-no-choice"))
    return {name: value} if is_valid(value) else {FAULT: fault}


def _is_nothing(_value: str) -> bool:
    """Of a name that no value has."""
    return False


def _instrument(text: str) -> str:
    """The id of the instrument that the text names; the text itself where it names none."""
    try:
        return instrument_named(text.upper())
    except InvalidInput:
        return text


def terms_of(data: Data, argument: str) -> OrderTerms:
    """The terms of the values in the argument, by the rules, the balance and the last price of the screen's data."""
    values = entered(argument)
    instrument = values.get("instrument", "")
    account, price = account_of(data), _price_of(data, instrument)
    return order_terms(
        values,
        _rules_of(data, instrument),
        None if account is None else Decimal(account["balance"]),
        None if price is None else Decimal(price["price"]),
    )


def account_of(data: Data) -> Data | None:
    """The account that the order is of; None in a log without one, and in one with several of which the person has
    chosen none."""
    accounts = data["accounts"]
    return accounts[0] if len(accounts) == 1 else None


def _rules_of(data: Data, instrument: str) -> Rules | None:
    account = account_of(data)
    return rules_of(data["instruments"], instrument, "" if account is None else account["account"])


def _price_of(data: Data, instrument: str) -> Data | None:
    return next((one for one in data["prices"] or () if one["instrument"] == instrument), None)


def _render(data: Data, scene: Scene) -> Content:
    values = entered(scene.argument)
    key = values.get(OF_DRAFT, "")
    draft = scene.drafts.get(key)
    order = drafted_terms(draft.terms, values) if draft and draft.terms else terms_of(data, scene.argument)
    body: list[Text | str] = [
        *fault_of(values, scene),
        *_terms(values, order, data, scene),
        "",
        *([_wanted(values, order, scene)] if draft is None else _drafted(key, draft, order, data, scene)),
    ]
    rows = _builder(values, order, data, scene) if draft is None else _confirmation(key, draft, scene)
    own = replace(scene, argument="")
    content = page(own, "trade", badge(data["accounts"]), body)
    home = Button(scene.words("menu"), f"{OPEN}:{HOME}")
    return replace(content, buttons=(*rows, (Button(scene.words("trade-anew"), f"{OPEN}:trade"), home)))


def _terms(values: Values, order: OrderTerms, data: Data, scene: Scene) -> list[Text | str]:
    words, terms = scene.words, order.terms
    found: list[Text | str] = []
    instrument = str(terms["instrument"])
    if instrument:
        price = _price_of(data, instrument)
        last = (
            words("trade-no-price")
            if price is None
            else f"{number(price['price'])}, {age(price['at'], scene.now, words)}"
        )
        found.append(bold(instrument) + f"  {last}")
        found += _steps(instrument, data, scene)
    if terms["side"]:
        found += [f"{words(f'trade-{one}')}: {words(f'trade-{terms[one]}')}" for one in ("side", "type")]
    if REDUCE in terms:
        found.append(words("trade-reduce"))
    found += [_term(name, values, order, scene) for name in NUMBERS if name in terms]
    found += _beyond(order, data, scene)
    account = account_of(data)
    if account is not None:
        found.append(f"{words('trade-available')}: {money(account['available'], account['currency'])}")
    return found


def _steps(instrument: str, data: Data, scene: Scene) -> list[str]:
    """The steps of price and quantity, and the bounds of an order; nothing where they are not known."""
    rules = _rules_of(data, instrument)
    if rules is None:
        return []
    return [
        scene.words(
            "trade-rules",
            lot=number(str(rules.lot)),
            tick=number(str(rules.tick)),
            least=number(str(rules.min_quantity)),
            most=number(str(rules.max_quantity)),
            notional=money(str(rules.min_notional), rules.quote),
        )
    ]


def _beyond(order: OrderTerms, data: Data, scene: Scene) -> list[str]:
    """The bound of the instrument that the quantity breaks, which the engine would refuse."""
    terms = order.terms
    instrument = str(terms["instrument"])
    rules, last = _rules_of(data, instrument), _price_of(data, instrument)
    if rules is None or "quantity" not in terms:
        return []
    price = terms.get("price") or (None if last is None else last["price"])
    at = None if price is None else Decimal(str(price))
    name = rules.beyond(Decimal(str(terms["quantity"])), at, reduces=REDUCE in terms)
    return [f"⚠ {scene.words(f'trade-{name}')}"] if name else []


def _term(name: str, values: Values, order: OrderTerms, scene: Scene) -> str:
    line = f"{scene.words(f'trade-{name}')}: {number(str(order.terms[name]))}"
    if name in order.rounded:
        return f"{line} ({scene.words('trade-rounded', entered=values[name])})"
    if name == "quantity" and "size" in values:
        return f"{line} ({_size(values['size'], scene)})"
    return line


def _size(size: str, scene: Scene) -> str:
    words, share = scene.words, size.removesuffix(RISK)
    return words("trade-risk" if size.endswith(RISK) else "trade-share", share=share)


def _wanted(values: Values, order: OrderTerms, scene: Scene) -> str:
    """What is to be done next."""
    wanted = values.get(WANTS, "")
    if wanted:
        return scene.words("trade-send", what=scene.words(f"trade-{wanted}"))
    if not order.missing:
        return scene.words("trade-complete")
    if order.missing == "quantity" and values.get("quantity"):
        return scene.words("trade-below-lot", entered=number(values["quantity"]))
    if order.missing == "quantity" and values.get("size"):
        return scene.words("trade-no-size")
    return scene.words("trade-missing", what=scene.words(f"trade-{order.missing}"))


def _builder(values: Values, order: OrderTerms, data: Data, scene: Scene) -> Rows:
    words = scene.words
    type_, reduces = values.get("type", "MARKET"), REDUCE in values
    named = [
        setter(words(f"trade-{name}") + " …", WANTS, name, is_chosen=values.get(WANTS) == name)
        for name in NUMBERS
        if (type_ in PRICED if name == "price" else name == "quantity" or not reduces)
    ]
    removed = [setter(f"✕ {words(f'trade-{name}')}", name) for name in ("stop", "target") if name in values]
    rows: list[tuple[Button, ...]] = [
        *_instruments(values, data, scene),
        tuple(
            setter(words(f"trade-{one}"), "side", one, is_chosen=values.get("side") == one) for one in SIDES
        ),
        tuple(setter(words(f"trade-{one}"), "type", one, is_chosen=type_ == one) for one in TYPES),
        (setter(words("trade-reduce"), REDUCE, "" if reduces else "1", is_chosen=reduces),),
        tuple(named),
        tuple(removed),
        tuple(_sizes(_SHARES, "", values, scene)),
        tuple(_sizes(_RISKS, RISK, values, scene)) if "stop" in values else (),
        () if order.missing else (Button(words("trade-check"), f"{DRAFT}:"),),
    ]
    return tuple(row for row in rows if row)


def _sizes(shares: Sequence[str], end: str, values: Values, scene: Scene) -> list[Button]:
    sizes = [f"{share}{end}" for share in shares]
    return [setter(_size(one, scene), "size", one, is_chosen=values.get("size") == one) for one in sizes]


def _instruments(values: Values, data: Data, scene: Scene) -> Rows:
    """The instruments that the engine has prices of or that are listed, and one that is typed, by which a chosen
    one is changed, too."""
    own = values.get("instrument")
    typed = setter(scene.words("trade-instrument") + " …", WANTS, "instrument")
    if own is not None:
        return ((typed,),)
    priced = (one["instrument"] for one in data["prices"] or ())
    listed = (one["instrument"] for one in data["instruments"])
    names = dict.fromkeys([*priced, *listed])
    buttons = [
        setter(name.partition(".")[0], "instrument", name)
        for name in names
        if fits(f"{SET}:instrument={name}")
    ][:_MOST_INSTRUMENTS]
    row = [*buttons, typed]
    return tuple(tuple(row[n : n + _IN_A_ROW]) for n in range(0, len(row), _IN_A_ROW))


def _drafted(key: str, draft: Draft, order: OrderTerms, data: Data, scene: Scene) -> list[Text | str]:
    """What the rules say, and what the order costs."""
    words = scene.words
    if not draft.confirmation:
        return [bold(words("trade-refuses")), words.reason(draft.reason), "", *_votes(draft.votes, scene)]
    account = account_of(data)
    currency = "" if account is None else account["currency"]
    found: list[Text | str] = [
        f"{words('trade-price')}: {number(draft.price)}",
        f"{words('trade-notional')}: {money(draft.notional, currency)}",
        f"{words('trade-margin')}: {money(draft.margin, currency)}",
        f"{words('trade-fee')}: {money(draft.fee, currency)}",
        f"{words('trade-at-risk')}: {money(draft.risk, currency)}",
        *_at_target(draft, order, currency, scene),
        *(f"⚠ {words.reason(one)}" for one in draft.warnings),
        "",
        *_votes(draft.votes, scene),
        "",
    ]
    is_open = key in scene.open_requests
    if draft.is_changed:
        return [*found, bold(changed_line(draft, words, is_open=is_open))]
    if is_open:
        return [*found, bold(words("trade-open"))]
    if draft.reason:
        return [*found, bold(words("trade-refused-line", reason=draft.reason))]
    return [*found, words("trade-question", until=moment(draft.expires_at.isoformat()))]


def changed_line(draft: Draft, words: Words, *, is_open: bool) -> str:
    """What is shown of a late tap whose figures did not hold; `is_open`: an earlier tap may have placed the order."""
    if not is_open:
        return words("trade-late")
    return words("trade-late-open", until=moment(draft.expires_at.isoformat()))


def _at_target(draft: Draft, order: OrderTerms, currency: str, scene: Scene) -> list[Text | str]:
    """The gain from the draft's price to the target, before fees; nothing for an order without a target."""
    terms = order.terms
    if draft.price is None or "target" not in terms or "quantity" not in terms:
        return []
    moved = Decimal(str(terms["target"])) - Decimal(draft.price)
    gain = (moved if terms["side"] == "BUY" else -moved) * Decimal(str(terms["quantity"]))
    return [f"{scene.words('trade-at-target')}: {money(str(gain), currency, signed=True)}"]


def _votes(votes: Sequence[Vote], scene: Scene) -> list[Text | str]:
    """Each committee with its count, and the members that reject with their reasons."""
    found: list[Text | str] = []
    for chamber in dict.fromkeys(one.chamber for one in votes):
        own = [one for one in votes if one.chamber == chamber]
        approve = sum(one.approves for one in own)
        named = scene.words.code("Chamber", chamber)
        found.append(scene.words("trade-votes", chamber=named, approve=approve, all=len(own)))
        found += [
            f"✕ {one.member}: {scene.words.reasons(one.reasons) or UNKNOWN}"
            for one in own
            if not one.approves
        ]
    return found


def _confirmation(key: str, draft: Draft, scene: Scene) -> Rows:
    words, is_open = scene.words, key in scene.open_requests
    place = (
        ((Button(words("trade-place"), f"{PLACE}:{key}"),),)
        if draft.confirmation and not draft.reason and (is_open or not draft.is_changed)
        else ()
    )
    if is_open:
        return place
    return (
        *place,
        (Button(words("trade-again"), f"{DRAFT}:"), setter(words("trade-change"), OF_DRAFT)),
    )


TRADE = Screen(
    "trade",
    _QUERY,
    _render,
    LEAST_ROLE[DraftOrder],
    variables=_variables,
    sets=set_value,
    by_account=same_query,
)
