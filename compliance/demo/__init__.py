"""Deterministic demonstration data: a made-up ledger with planted cases and the truth about them."""
