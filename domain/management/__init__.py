"""The management of open positions: the rules that move their protection, reduce or close them."""
