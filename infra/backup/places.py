"""The place of backups by the settings `[backup]`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from adapters.backup.place import FolderPlace, Place
from adapters.extras import OBJECTS, check_extras
from domain.errors import InvalidInput
from infra.backup_settings import S3_ADDRESS
from infra.config import WhenceSettings, shown
from infra.model_store import store_keys

_S3: Final = re.compile(S3_ADDRESS)
_SETTING: Final = "[backup] place"


def opened_place(settings: WhenceSettings, given: str | None) -> Place:
    """The given place, or that of the settings: a folder, or s3://BUCKET/PREFIX. Nothing is made in it.

    Raises InvalidInput where neither names one, or the address is none; MissingParts and InvalidSettings for a bucket
    without its library or its keys.
    """
    name = given or settings.backup.place
    if not name:
        raise InvalidInput("name a folder or s3://BUCKET/PREFIX for backups, here or as [backup] place")
    if "://" not in name:
        return FolderPlace(Path(name))
    if not _S3.fullmatch(name):
        raise InvalidInput(f"{shown(name)[:200]} is no place of backups: name a folder or s3://BUCKET/PREFIX")
    check_extras(name, OBJECTS)
    from adapters.backup.bucket_place import ObjectPlace
    from adapters.model_store.bucket import Bucket, BucketPlace

    bucket, _, prefix = name.removeprefix("s3://").partition("/")
    table = settings.backup
    at = BucketPlace(bucket, prefix.strip("/"), table.endpoint, table.region, _SETTING)
    return ObjectPlace(Bucket(at, store_keys(settings.secrets, f"the place of backups is {name}")))
