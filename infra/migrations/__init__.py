"""What the store's lasting tables were, step by step; `infra/store.py` runs whatever is missing."""
