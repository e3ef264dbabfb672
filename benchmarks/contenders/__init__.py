"""Those that answer the questions of `benchmarks.engine`, each a process of its own, most in an environment of its own.

`python -m benchmarks.contenders.NAME QUESTIONS CSV PARQUET` answers the `records` (7 record rules), `all` (13 rules) or
`aml` (the pack) over the same records as CSV or as the Parquet of an upload, and prints what that took as JSON. What a
contender imports beside itself must be in the standard library or in its own requirements: benchmarks/peers.
"""
