"""How right the rules are, where a column of the upload says what is right: a confusion matrix for each rule.

A record is flagged by a rule when it is evidence of one of the rule's findings, and flagged overall when any rule
flags it. It is positive when its label is true. Records without a readable label take no part.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import sqlglot
from sqlglot import exp

from compliance.columns import Column
from compliance.engine import sql
from compliance.engine.duck import EngineSettings, Session

PLACES = 6

_FLAGGED = "SELECT DISTINCT rule_id, UNNEST(rows) AS row FROM findings"
_HITS = """
SELECT flagged.rule_id, SUM(CASE WHEN label THEN 1 ELSE 0 END), SUM(CASE WHEN label THEN 0 ELSE 1 END)
  FROM flagged JOIN labels ON labels.row = flagged.row GROUP BY flagged.rule_id
"""
_ALL_HITS = """
SELECT SUM(CASE WHEN label THEN 1 ELSE 0 END), SUM(CASE WHEN label THEN 0 ELSE 1 END)
  FROM labels WHERE row IN (SELECT row FROM flagged)
"""
_LABELLED = "SELECT COUNT(*), SUM(CASE WHEN label THEN 1 ELSE 0 END) FROM labels"
_RECORDS = "SELECT COUNT(*) FROM records"


@dataclass(frozen=True)
class Counts:
    """True and false positives and negatives, in records. A ratio whose divisor is 0 is None, never 0."""

    tp: int
    fp: int
    fn: int
    tn: int

    @property
    def precision(self) -> float | None:
        """TP / (TP + FP): how many of the flagged are positive."""
        return ratio(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float | None:
        """TP / (TP + FN): how many of the positive are flagged."""
        return ratio(self.tp, self.tp + self.fn)

    @property
    def f1(self) -> float | None:
        """2 TP / (2 TP + FP + FN), the harmonic mean of the two where both are defined and not 0."""
        return ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn)

    @property
    def false_positive_rate(self) -> float | None:
        """FP / (FP + TN): how many of the negative are flagged."""
        return ratio(self.fp, self.fp + self.tn)


@dataclass(frozen=True)
class Accuracy:
    """`by_rule` has the rules that flagged a labelled record; `nothing` is the matrix of one that flagged none."""

    records: int
    labelled: int
    positives: int
    overall: Counts
    by_rule: dict[str, Counts]

    @property
    def nothing(self) -> Counts:
        return Counts(0, 0, self.positives, self.labelled - self.positives)


def ratio(part: int, whole: int) -> float | None:
    """Rounded half-even to six places; None when nothing is there to divide by."""
    return float(round(Fraction(part, whole), PLACES)) if whole else None


def measure(
    *,
    records: Path,
    findings: Path,
    label: Column,
    scratch: Path,
    settings: EngineSettings,
    session_hook: Callable[[Session], None] | None = None,
) -> Accuracy:
    """Hold findings.parquet (in `scratch`) against the boolean words of a column of records.parquet.

    Raises ValueError when the column holds no boolean word.
    """
    if not label.booleans:
        raise ValueError(f'the column "{label.name}" holds no boolean words such as true, no, 1')
    with Session(records.resolve(), scratch.resolve(), settings) as session:
        if session_hook:
            session_hook(session)
        flag = sql.col(f"{label.stored}_b")
        session.create(
            "labels", sql.query(["row", sql.named(flag, "label")], "records", where=sql.is_present(flag.copy()))
        )
        session.create("findings", parquet(findings))
        session.create("flagged", select(_FLAGGED))
        ((records_read,),) = session.rows(select(_RECORDS))
        ((labelled, positives),) = session.rows(select(_LABELLED))
        ((tp, fp),) = session.rows(select(_ALL_HITS))
        hits = session.rows(select(_HITS))
    positives = int(positives or 0)

    def counts(true: int | None, false: int | None) -> Counts:
        tp, fp = int(true or 0), int(false or 0)
        return Counts(tp, fp, positives - tp, labelled - positives - fp)

    return Accuracy(records_read, labelled, positives, counts(tp, fp), {rule: counts(*found) for rule, *found in hits})


def select(text: str) -> exp.Select:
    """A fixed statement of ours as a tree, which is what a session takes."""
    tree = sqlglot.parse_one(text, dialect="duckdb")
    if not isinstance(tree, exp.Select):
        raise TypeError("a session reads by SELECT")
    return tree


def parquet(path: Path) -> exp.Select:
    """Everything in a Parquet file of the scratch folder."""
    tree = select("SELECT * FROM READ_PARQUET('path')")
    for literal in tree.find_all(exp.Literal):
        literal.replace(sql.text(str(path.resolve())))
    return tree
