"""The servers that a developer and the test suite need, started on this machine without Docker.

One file a noun: `kafka`, `registry` and `postgres` are servers; they depend on `java`, `maven`, `folders` and `port`.
`launch` starts a process and `leash` ends it with its parent. `system_parts` installs what Maven Central and PyPI do
not have. Needs the extra `dev-servers`.
"""
