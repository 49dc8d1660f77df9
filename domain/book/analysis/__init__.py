"""Analysis of an order book: figures of its levels, of their flow and of the trades of the market."""
