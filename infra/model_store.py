"""The files of models by the settings `[models]`: their folder, and the object store with its keys."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

from pydantic import SecretStr

from adapters.extras import OBJECTS, check_extras
from adapters.secrecy import Credentials
from adapters.secrets.place import read_secrets
from domain.errors import InvalidSettings
from infra.config import WhenceSettings
from infra.learning.model_store import ModelStore, Objects
from infra.model_settings import StoreTable

_KEY, _SECRET, _TOKEN = "aws_access_key_id", "aws_secret_access_key", "aws_session_token"
_NAMES: Final = (_KEY, _SECRET, _TOKEN)


def model_store(settings: WhenceSettings) -> ModelStore:
    """The files of the configured models. The bucket is made, and its keys are read, when it is first needed."""
    table = settings.models.store
    return ModelStore(
        settings.models.folder, (lambda: _bucket(table, settings.secrets)) if table.address else None
    )


def _bucket(table: StoreTable, secrets: str | None) -> Objects:
    check_extras("[models.store]", OBJECTS)
    from adapters.model_store.bucket import Bucket, BucketPlace

    bucket, _, prefix = table.address.removeprefix("s3://").partition("/")
    return Bucket(BucketPlace(bucket, prefix.strip("/"), table.endpoint, table.region), store_keys(secrets))


def store_keys(place: str | None, what: str = "[models.store] has an address") -> Credentials:
    """The key of an object store: from the environment, or from the place of secrets (`secrets`).

    `what` is why it is needed, for an error.

    Raises InvalidSettings where key or secret is missing, and what `adapters.secrets.place.read_secrets` raises.
    """
    stored: Mapping[str, SecretStr] = {} if place is None else read_secrets(place, _NAMES)
    found = {name: stored[name].get_secret_value() for name in stored}
    found |= {name: text for name in _NAMES if (text := os.environ.get(name.upper(), "").strip())}
    missing = [name for name in (_KEY, _SECRET) if not found.get(name)]
    if missing:
        where = "" if place is None else f" {place[:200]} has none, too."
        raise InvalidSettings(
            f"{what}, and no {' and no '.join(missing)} is known: set "
            f"{' and '.join(name.upper() for name in missing)}, or put them into the place that `secrets` names.{where}"
        )
    return Credentials(found[_KEY], found[_SECRET], found.get(_TOKEN, ""))
