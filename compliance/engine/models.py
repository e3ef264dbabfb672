"""What a rule may say: one model a kind."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from compliance.engine.parts import (
    AboveZero,
    ChainWindow,
    Days,
    FieldName,
    FieldNames,
    Hours,
    Matches,
    MinRecords,
    Order,
    Part,
    Ratio,
    Share,
    Short,
    Tags,
    Threshold,
    Where,
    Window,
    canonical_part,
    misplaced,
    not_blank,
    text_part,
)


class RuleBase(Part):
    """What every rule has."""

    CONDITIONS: ClassVar[tuple[str, ...]] = ("where",)

    rule_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,100}$")]
    name: Annotated[str, text_part(200, 1), AfterValidator(not_blank)]
    kind: str
    severity: Literal["CRITICAL", "HIGH", "MEDIUM", "LOW"]
    where: Where | None = None
    policy_excerpt: Annotated[str, text_part(20_000)] = ""
    policy_section: Annotated[str, text_part(500)] = ""
    description: Annotated[str, text_part(10_000)] = ""
    category: Short = ""
    tags: Tags = ()
    is_active: bool = True

    def canonical(self) -> dict[str, Any]:
        """The rule as JSON in its one spelling: aliases resolved, defaults written, absent parts left out."""
        return {
            name: canonical_part(value)
            for name in type(self).model_fields
            if (value := getattr(self, name)) is not None
        }


class RecordRule(RuleBase):
    """Each record that matches `where` is a finding."""

    kind: Literal["record"]
    where: Where


class AggregateRule(RuleBase):
    """Groups of records whose count, sum, ... crosses a threshold, in a window of time or over everything."""

    kind: Literal["aggregate"]
    function: Literal["count", "sum", "avg", "min", "max", "distinct"]
    of: FieldName | None = None
    group_by: FieldNames = ("account",)
    window: Window | None = None
    operator: Order
    threshold: Threshold
    min_records: MinRecords = 1

    @model_validator(mode="after")
    def _of_where_needed(self) -> AggregateRule:
        if self.of is None and self.function != "count":
            raise misplaced("of", f"{self.function} needs 'of', the field it is computed over, such as 'amount'")
        return self

    @property
    def groups(self) -> tuple[str, ...]:
        """The fields besides account that make a group; account always does."""
        return tuple(name for name in self.group_by if name != "account")


class DormancyRule(RuleBase):
    """A record matching `where` after `quiet_days` (24 h each) without one matching `quiet_where`."""

    CONDITIONS: ClassVar[tuple[str, ...]] = ("where", "quiet_where")

    kind: Literal["dormancy"]
    quiet_days: Days
    quiet_where: Where | None = None


class DuplicateRule(RuleBase):
    """Two or more records with equal `key` fields; with a window, only neighbours in time chain."""

    kind: Literal["duplicate"]
    key: FieldNames
    window: ChainWindow | None = None
    across_accounts: bool = False

    @property
    def groups(self) -> tuple[str, ...]:
        """The key fields besides account."""
        return tuple(name for name in self.key if name != "account")


class SequenceRule(RuleBase):
    """A `then` record less than `within_hours` after a `first` record that agrees with it in `match_on`."""

    CONDITIONS: ClassVar[tuple[str, ...]] = ("where", "first", "then")

    kind: Literal["sequence"]
    first: Where
    then: Where
    within_hours: Hours
    match_on: Matches
    ratio: Ratio | None = None


class BaselineRule(RuleBase):
    """A record whose `of` is strictly above what its account did in the `history_days` (24 h each) before it."""

    kind: Literal["baseline"]
    of: FieldName
    history_days: Days
    min_history: MinRecords
    times_mean: AboveZero | None = None
    z_score: AboveZero | None = None

    @model_validator(mode="after")
    def _one_measure(self) -> BaselineRule:
        if (self.times_mean is None) == (self.z_score is None):
            raise misplaced("times_mean", "needs one of times_mean and z_score, and not both")
        return self


class ShareRule(RuleBase):
    """Groups of records matching `of_where` in which the share that matches `where` crosses a threshold."""

    CONDITIONS: ClassVar[tuple[str, ...]] = ("where", "of_where")

    kind: Literal["share"]
    where: Where
    of_where: Where | None = None
    operator: Order
    threshold: Share
    group_by: FieldNames = ("account",)
    min_records: MinRecords = 10

    @property
    def groups(self) -> tuple[str, ...]:
        """The fields besides account that make a group; account always does."""
        return tuple(name for name in self.group_by if name != "account")


Rule: TypeAlias = RecordRule | AggregateRule | DormancyRule | SequenceRule | DuplicateRule | BaselineRule | ShareRule
KINDS: dict[str, type[Rule]] = {
    "record": RecordRule,
    "aggregate": AggregateRule,
    "dormancy": DormancyRule,
    "sequence": SequenceRule,
    "duplicate": DuplicateRule,
    "baseline": BaselineRule,
    "share": ShareRule,
}


def hours_looked_back(rule: Rule) -> Decimal | None:
    """How far back from a record the rule looks; None for one that needs no time."""
    match rule:
        case DormancyRule():
            return rule.quiet_days * 24
        case BaselineRule():
            return rule.history_days * 24
        case SequenceRule():
            return rule.within_hours
        case AggregateRule() | DuplicateRule() if rule.window is not None:
            return rule.window.hours
    return None
