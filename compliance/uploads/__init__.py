"""A received file becomes records.parquet and a Profile. Pure Python: nothing here knows Django."""
