"""Proofs about a log: its Merkle tree (RFC 6962), checkpoints and signed notes (C2SP). No clock, key or file."""
