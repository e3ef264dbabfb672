"""What a record and a finding are, whatever row they stand in: their hashes."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from compliance.columns import Column
from compliance.engine import sql
from compliance.engine.sql import TEXT, Tree


def content_hash_tree(columns: Sequence[Column]) -> Tree:
    """SHA-256 (hex) of a record: "<code points>:<text>" of every value in column order, "~" where missing."""
    parts = [_measured(sql.text_of(column)) for column in columns]
    return _sha256(_joined(parts) if parts else sql.text(""))


def finding_key_tree(value: Tree, hashes: Tree) -> Tree:
    """SHA-256 (hex) of a finding: `head` (its rule), account, value, and its records' hashes.

    An account that was made up counts as "row:": no key depends on a row number.
    """
    account = sql.when(sql.col("made"), sql.text("row:"), sql.col("account"))
    value_text = exp.Coalesce(this=sql.cast(value, TEXT), expressions=[sql.text("~")])
    length = sql.cast(exp.Length(this=account), TEXT)
    return _sha256(_joined([sql.col("head"), length, sql.text(":"), account.copy(), value_text, sql.text("|"), hashes]))


def rule_head(rule_id: str) -> str:
    """What a finding's key begins with."""
    return f"{len(rule_id)}:{rule_id}"


def _measured(value: Tree) -> Tree:
    length = sql.cast(exp.Length(this=value), TEXT)
    known = _joined([length, sql.text(":"), value.copy()])
    return sql.when(sql.is_null(value.copy()), sql.text("~"), known)


def _joined(parts: Sequence[Tree]) -> Tree:
    """The texts one after the other, balanced so that ten thousand columns nest fourteen deep."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return sql.binary(exp.DPipe, _joined(parts[:middle]), _joined(parts[middle:]))


def _sha256(tree: Tree) -> Tree:
    return exp.SHA2(this=tree, length=sql.whole(256))
