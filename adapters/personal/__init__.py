"""Personal texts: sealing them by keys of an account, and opening them for display (decision 0091)."""
