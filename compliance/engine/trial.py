"""What rules on trial would change: their violations beside those of the rules in force, in two files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from compliance.engine.accuracy import parquet, select
from compliance.engine.duck import EngineSettings, Session

_BY_RULE = """
SELECT COALESCE(tried.rule_id, known.rule_id), SUM(CASE WHEN known.rule_id IS NULL THEN 1 ELSE 0 END),
       SUM(CASE WHEN tried.rule_id IS NULL THEN 1 ELSE 0 END),
       SUM(CASE WHEN tried.rule_id IS NULL OR known.rule_id IS NULL THEN 0 ELSE 1 END)
  FROM tried FULL JOIN known ON tried.rule_id = known.rule_id AND tried.account = known.account
 GROUP BY 1 ORDER BY 1
"""
_ADDED = """
SELECT tried.rule_id, tried.account FROM tried
  LEFT JOIN known ON tried.rule_id = known.rule_id AND tried.account = known.account
 WHERE known.rule_id IS NULL ORDER BY 1, 2 LIMIT 20
"""
_REMOVED = """
SELECT known.rule_id, known.account FROM known
  LEFT JOIN tried ON tried.rule_id = known.rule_id AND tried.account = known.account
 WHERE tried.rule_id IS NULL ORDER BY 1, 2 LIMIT 20
"""


@dataclass(frozen=True)
class Difference:
    """`by_rule`: {rule_id: (added, removed, unchanged)} violations; `added` and `removed`: the first 20 signatures."""

    by_rule: dict[str, tuple[int, int, int]]
    added: list[tuple[str, str]]
    removed: list[tuple[str, str]]


def compare(
    *,
    tried: Path,
    known: Path,
    records: Path,
    scratch: Path,
    settings: EngineSettings,
    session_hook: Callable[[Session], None] | None = None,
) -> Difference:
    """Compare two violations.parquet of one upload; both lie in `scratch`."""
    with Session(records.resolve(), scratch.resolve(), settings) as session:
        if session_hook:
            session_hook(session)
        session.create("tried", parquet(tried))
        session.create("known", parquet(known))
        counts = {
            rule: (int(added), int(removed), int(same)) for rule, added, removed, same in session.rows(select(_BY_RULE))
        }
        added, removed = (
            [(rule, account) for rule, account in session.rows(select(text))] for text in (_ADDED, _REMOVED)
        )
    return Difference(counts, added, removed)
