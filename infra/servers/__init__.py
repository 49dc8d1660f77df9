"""The servers that a developer and the test suite need, started on this machine without Docker.

`kafka`, `registry` and `postgres` are servers; they use `java`, `maven`, `folders` and `port`. `launch` starts a
process. `leash` is a small program between this process and a server, which ends the server when this process ends.
`system_parts` installs the programs that neither Maven Central nor PyPI has. Requires the extra `dev-servers`.
"""
