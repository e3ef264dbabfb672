"""The engine: rules in, findings out. Pure: it knows files and columns, no Django and no database.

rules.py reads rules, plan.py compiles them to stages, duck.py runs the stages in DuckDB.
"""
