"""The checks of `whence doctor`: connections, rights, schemas, clocks, disks, settings and keys, one line each."""
