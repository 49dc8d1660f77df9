"""The table `[backup]`: where backups are, and how long they are kept."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict, Field

S3_ADDRESS: Final = r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9/_.-]{0,500})?"


class BackupTable(BaseModel):
    """`place` is a folder, or s3://BUCKET/PREFIX; `endpoint` the http:// or https:// address of a store that is not of
    AWS, without credentials. The keys of a bucket are secrets, as for models.

    Backups older than `keep_days` days are removed by the next backup, but never the newest `keep_least`; 0 days keeps
    all. A file of events has `segment_events` of them. No setting limits how long events are kept in a log.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    place: str = Field(default="", max_length=1_000)
    endpoint: str = Field(default="", pattern=r"^(https?://[A-Za-z0-9.\[\]:-]{1,253})?$")
    region: str = Field(default="us-east-1", pattern=r"^[a-z0-9-]{1,40}$")
    keep_days: int = Field(default=0, ge=0, le=36_500)
    keep_least: int = Field(default=7, ge=1, le=100_000)
    segment_events: int = Field(default=10_000, ge=1, le=100_000)
