"""Order books: levels kept from an exchange's snapshots and deltas, and what follows from them."""
