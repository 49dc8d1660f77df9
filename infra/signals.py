"""The keys of the sources of signals: from the settings, from the environment, or from the place of secrets.

A secret of the settings comes before a variable, and a variable before the place of secrets.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from pydantic import SecretStr
from pydantic_core import PydanticCustomError

from adapters.alerts.webhook import key_of
from adapters.secrets.place import read_secrets
from adapters.signals.settings import Access, SourceSettings, check_secret
from domain.errors import InvalidSettings
from infra.config import WhenceSettings
from infra.trading import trading_settings


def secret_name(source: SourceSettings) -> str:
    """The name of the source's secret in a place of secrets; a variable of the environment has it in capitals."""
    return f"signals_{source.name.replace('-', '_')}_secret"


def keys_of_sources(settings: WhenceSettings) -> Mapping[str, bytes]:
    """The key of every source with a secret, by the source's name.

    Raises InvalidSettings where a secret is missing, too short, or that of two sources, or a source has the id of a
    strategy, because the engine would refuse each of its signals; and what `adapters.secrets.place.read_secrets`
    raises.
    """
    _refuse_names_of_strategies(settings)
    with_secret = [one for one in settings.signals.sources if one.access is not Access.TOKEN]
    elsewhere = _elsewhere(settings, [one for one in with_secret if one.secret is None])
    found = dict[str, bytes]()
    for source in with_secret:
        key = _key(source, source.secret or elsewhere.get(secret_name(source)))
        if key in found.values():
            raise InvalidSettings(f"signals.sources: {source.name} has the secret of another source")
        found[source.name] = key
    return found


class SecretPlace(StrEnum):
    """Where a source's secret is; TOKEN is a source without one, which has a token."""

    TOKEN = "token"  # noqa: S105  # the name of a kind
    SETTINGS = "settings"
    ENVIRONMENT = "environment"
    SECRETS = "place of secrets"
    MISSING = "missing"


class SecretState(NamedTuple):
    """Where a source's secret is, and why it cannot be used; `fault` is empty for one that can."""

    place: SecretPlace
    fault: str = ""


def secret_states(settings: WhenceSettings) -> Mapping[str, SecretState]:
    """The state of every source's secret, by the source's name; no text repeats a secret.

    Raises what `adapters.secrets.place.read_secrets` raises.
    """
    without = [
        one for one in settings.signals.sources if one.access is not Access.TOKEN and one.secret is None
    ]
    elsewhere = _elsewhere(settings, without)
    return {one.name: _state(one, elsewhere.get(secret_name(one))) for one in settings.signals.sources}


def _state(source: SourceSettings, elsewhere: SecretStr | None) -> SecretState:
    if source.access is Access.TOKEN:
        return SecretState(SecretPlace.TOKEN)
    place = SecretPlace.SETTINGS
    if source.secret is None:
        in_variable = os.environ.get(secret_name(source).upper(), "").strip()
        place = SecretPlace.ENVIRONMENT if in_variable else SecretPlace.SECRETS
    try:
        _key(source, source.secret or elsewhere)
    except InvalidSettings as fault:
        is_missing = source.secret is None and elsewhere is None
        return SecretState(SecretPlace.MISSING if is_missing else place, str(fault))
    return SecretState(place)


def _refuse_names_of_strategies(settings: WhenceSettings) -> None:
    sources = {one.name for one in settings.signals.sources}
    taken = sources.intersection(trading_settings(settings.trading).instances) if sources else set[str]()
    if taken:
        raise InvalidSettings(
            f"signals.sources: {', '.join(sorted(taken))} is the id of a strategy in trading.strategies; "
            "give the source another name"
        )


def _elsewhere(settings: WhenceSettings, sources: Sequence[SourceSettings]) -> Mapping[str, SecretStr]:
    names = [secret_name(one) for one in sources]
    variables = {name: os.environ.get(name.upper(), "").strip() for name in names}
    stored: Mapping[str, SecretStr] = {}
    if names and settings.secrets is not None:
        stored = read_secrets(settings.secrets, names)
    return {**stored, **{name: SecretStr(text) for name, text in variables.items() if text}}


def _key(source: SourceSettings, secret: SecretStr | None) -> bytes:
    if secret is None:
        name = secret_name(source)
        raise InvalidSettings(
            f"signals.sources: {source.name} has no secret: set {name.upper()}, put {name} into the place of secrets "
            "(`secrets`), or write `secret` into the settings"
        )
    try:
        check_secret(secret)
    except PydanticCustomError as fault:
        raise InvalidSettings(f"signals.sources: the secret of {source.name}: {fault.message()}") from None
    text = secret.get_secret_value()
    return key_of(text) if source.access is Access.SIGNATURE else text.encode()
