"""The servers a developer and the test suite need, started on this machine without Docker.

One file a noun: `kafka`, `registry` and `postgres` are servers; `java`, `maven`, `folders` and `port` are what they
stand on; `launch` starts a process and `leash` ends it with its parent; `system_parts` is what Maven Central and PyPI
cannot bring. Needs the extra `dev-servers`.
"""
