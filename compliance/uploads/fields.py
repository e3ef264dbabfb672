"""The canonical fields of a record and what each needs a column's values to be."""

from __future__ import annotations

FIELDS = (
    "account",
    "recipient",
    "amount",
    "type",
    "timestamp",
    "step",
    "oldbalanceOrg",
    "newbalanceOrig",
    "oldbalanceDest",
    "newbalanceDest",
    "country",
    "currency",
)
ALIASES = {"transaction_type": "type", "sender_id": "account"}
BALANCES = frozenset({"oldbalanceOrg", "newbalanceOrig", "oldbalanceDest", "newbalanceDest"})
NUMBERS = BALANCES | {"amount", "step"}
TIMES = frozenset({"timestamp"})
TEXTS = frozenset(FIELDS) - NUMBERS - TIMES
