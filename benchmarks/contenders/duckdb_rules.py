"""The seven record rules in DuckDB's SQL, and what of an upload's Parquet the rules need, by name."""

from __future__ import annotations

from benchmarks.contenders.questions import INWARD, MOVES, REPORTED

MISMATCH = f"abs(CASE WHEN type IN {INWARD} THEN old + amount ELSE old - amount END - new) > 0.01"
JUST_BELOW = "amount >= 8000 AND amount < 10000"
ROUND = "amount % 1000 = 0 AND amount <> 0"
RECORDS = {
    "REPORTED": f"type IN {REPORTED} AND amount >= 10000",
    "SUSPICIOUS": f"type IN {MOVES} AND amount >= 5000",
    "MISMATCH": MISMATCH,
    "FILLED": "type IN ('CASH_OUT', 'TRANSFER') AND old_dest = 0 AND new_dest > 0",
    "HIGH_VALUE": "type IN ('TRANSFER', 'WIRE') AND amount > 50000",
    "ROUND": ROUND,
    "JUST_BELOW": JUST_BELOW,
}
NEEDED = """
    SELECT row, CAST(c0_n AS BIGINT) AS t, c1 AS type, c2_n AS amount, c3 AS account, c4_n AS old, c5_n AS new,
        c6 AS recipient, c7_n AS old_dest, c8_n AS new_dest
    FROM read_parquet($records)
"""
