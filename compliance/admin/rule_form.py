"""One rule as a form: what every rule has in fields, what its kind has as text with the line of every fault."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.html import format_html

from compliance.actions.policies import canonical_rules
from compliance.engine import rule_text
from compliance.engine.rules import parse_rule
from compliance.enums import Severity
from web.errors import ValidationFailed
from web.parsers import read_json

KINDS = {
    "record": "Record: each record that meets a condition",
    "aggregate": "Aggregate: a count, sum or average per account, in a window of time or over everything",
    "dormancy": "Dormancy: a record after a long quiet",
    "duplicate": "Duplicate: records that agree in some fields",
    "sequence": "Sequence: one record soon after another one",
    "baseline": "Baseline: a value far above what the account usually does",
    "share": "Share: how much of an account's records meet a condition",
}
# What a new rule of a kind begins with; each is a rule as it stands.
EXAMPLES = {
    "record": (
        "where:\n  AND:\n  - {field: amount, operator: '>=', value: 10000}\n"
        "  - {field: type, operator: in, value: [CASH_IN, CASH_OUT]}\n"
    ),
    "aggregate": "function: sum\nof: amount\nwindow: {hours: 24}\noperator: '>'\nthreshold: 25000\nmin_records: 2\n",
    "dormancy": "quiet_days: 90\nwhere: {field: amount, operator: '>', value: 5000}\n",
    "duplicate": "key: [recipient, amount]\nwindow: {hours: 24}\n",
    "sequence": (
        "first: {field: type, operator: ==, value: CASH_IN}\nthen: {field: type, operator: ==, value: TRANSFER}\n"
        "within_hours: 24\nmatch_on:\n- {first: account, then: account}\n"
    ),
    "baseline": "of: amount\nhistory_days: 90\nmin_history: 10\ntimes_mean: 5\n",
    "share": "where: {field: type, operator: ==, value: TRANSFER}\noperator: '>='\nthreshold: 0.9\nmin_records: 10\n",
}
COMMON = (
    "rule_id", "name", "kind", "severity", "is_active", "category", "tags", "policy_section", "policy_excerpt",
    "description",
)  # fmt: skip
_AREA = {"rows": 3}


class RuleForm(forms.Form):
    """`seen` is the version it was opened with. `others`: the ids that the other rules of the policy have."""

    rule_id = forms.CharField(
        label="Id", max_length=100, help_text="Letters, digits, '.', '_' and '-'; unique in the policy."
    )
    name = forms.CharField(max_length=200, help_text="What it finds, in a few words.")
    kind = forms.ChoiceField(choices=list(KINDS.items()))
    severity = forms.ChoiceField(choices=[(word.value, word.label) for word in Severity])
    is_active = forms.BooleanField(label="Active", required=False, initial=True)
    body = forms.CharField(
        label="What it looks at", required=False, max_length=200_000, strip=False,
        widget=forms.Textarea(attrs={"rows": 14, "class": "rules", "spellcheck": "false"}),
        help_text=format_html(
            'YAML or JSON, as <a href="{}">Writing rules</a> describes it; what has a field here is left out.',
            "/docs/rules",
        ),
    )  # fmt: skip
    policy_section = forms.CharField(label="Law section", required=False, max_length=500)
    policy_excerpt = forms.CharField(
        label="What the law says", required=False, max_length=20_000, widget=forms.Textarea(attrs=_AREA)
    )
    description = forms.CharField(
        label="Message", required=False, max_length=10_000, widget=forms.Textarea(attrs=_AREA),
        help_text="What the rule means to those who review; shown beside every violation.",
    )  # fmt: skip
    category = forms.CharField(required=False, max_length=200)
    tags = forms.CharField(required=False, max_length=2_000, help_text="Separated by commas.")
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, others: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.others = others
        self.rule: dict[str, Any] = {}  # in canonical form, once it is valid

    def clean(self) -> dict[str, Any]:
        chosen = super().clean() or self.cleaned_data
        lines = rule_text.Lines()
        try:
            body, lines = rule_text.read(chosen.get("body", ""))
        except rule_text.BadText as fault:
            self.add_error("body", str(fault).capitalize())
            return chosen
        for name in set(body) & set(COMMON):
            self.add_error("body", f"Line {lines.of(name)}: {name} has a field of its own; leave it out here.")
        if "body" not in self.errors:
            self._read({**_common(chosen), **body}, lines)
        if self.rule.get("rule_id") in self.others:
            self.add_error("rule_id", "Another rule of this policy has this id; choose another.")
        return chosen

    def _read(self, raw: Mapping[str, Any], lines: rule_text.Lines) -> None:
        """Every fault at its field, or with the line it is in."""
        try:
            # Once through JSON: what it cannot hold, the database cannot either.
            (self.rule,) = canonical_rules([read_json(json.dumps(raw).encode())], single=True)
        except ValidationFailed as refusal:
            for path, message in _faults(refusal):
                first = path.replace("[", ".").partition(".")[0]
                if first in COMMON and first not in self.errors:
                    self.add_error(first, message)
                elif first not in COMMON:
                    self.add_error("body", f"Line {lines.of(path)}: {path} {message}" if path else message)


def initial_of(rule: Mapping[str, Any]) -> dict[str, Any]:
    """What the form of a rule begins with; the database does not keep the order of the parts."""
    canonical = parse_rule(dict(rule)).canonical()
    # Once through JSON, as tuples are lists there.
    body = json.loads(json.dumps({name: part for name, part in canonical.items() if name not in COMMON}))
    common = {name: canonical[name] for name in COMMON if name != "tags"}
    return {**common, "tags": ", ".join(canonical.get("tags", ())), "body": rule_text.write(body)}


def _common(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON has them; those that are faulty already are empty."""
    tags = [tag.strip() for tag in chosen.get("tags", "").split(",") if tag.strip()]
    return {**{name: chosen.get(name, "") for name in COMMON}, "tags": tags}


def _faults(refusal: ValidationFailed) -> list[tuple[str, str]]:
    return [(fault.path, fault.message) for fault in refusal.details or ()] or [("", refusal.message)]
