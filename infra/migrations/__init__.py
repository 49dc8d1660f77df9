"""The migrations of the store's lasting tables; `infra/store.py` runs the missing ones."""
