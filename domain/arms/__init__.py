"""Two arms: the entries of an account split by their chain, one part decided by another model or policy."""
