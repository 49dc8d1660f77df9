"""The notary: follows a log, signs checkpoints of it, and proves and verifies what they state."""
