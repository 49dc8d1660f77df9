"""The rights of the roles (`topic_table.grants`) as ACLs of the cluster: compared, and added where they are missing.

An ACL that is not in the table is never removed: it may be another program's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.kafka.admin import Acl, Admin
from adapters.kafka.topic_table import Grant, Role, grants

Principals = Mapping[Role, Sequence[str]]
"""Who has each role, as Kafka writes principals: `User:whence-engine`."""


def wanted_acls(events: str, principals: Principals) -> Sequence[Acl]:
    """The ACLs of these principals for the log in the topic `events`."""
    return tuple(
        dict.fromkeys(
            Acl(principal, grant.kind.name, grant.name, grant.is_prefix, operation.name)
            for grant in grants(events)
            for principal in principals.get(grant.role, ())
            for operation in grant.operations
        )
    )


def missing_acls(admin: Admin, events: str, principals: Principals) -> Sequence[Acl]:
    """The ACLs that these principals lack. Raises KafkaUnavailable."""
    wanted = wanted_acls(events, principals)
    if not wanted:
        return ()
    found = admin.acls()
    return [one for one in wanted if one not in found]


def shown(acl: Acl) -> str:
    """An ACL in one line."""
    prefix = "names that begin with " if acl.is_prefix else ""
    return f"{acl.principal}: {acl.operation.title()} on {acl.kind.lower()} {prefix}{acl.name}"


def rows_of(events: str) -> Sequence[Grant]:
    """The rights by role, in the order of the roles."""
    return sorted(grants(events), key=lambda one: list(Role).index(one.role))
