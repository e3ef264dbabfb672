"""The page of two scans of one policy side by side: what differs, by rule and account, and why the score moved."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest
from django.template.defaultfilters import date
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode

from accounts.shown import Table
from accounts.staff import link, visible
from compliance.actions.comparison import DELTAS, Comparison, RuleMoves, compare_scans, counterparts, violations_of
from compliance.admin.shown import money, moved_words, review_badge, severity_badge
from compliance.engine.split import Part
from compliance.errors import NotComparable
from compliance.models import ComplianceScan, Violation

MOST_OFFERED = 200  # scans to choose from, the newest
MOST_LISTED = 50  # violations below the rules
_SHOWN = Decimal("0.005")
WHY = {
    Part.RULE: "Rules were changed, added, removed, switched on or off",
    Part.REVIEW: "Decisions and waivers closed or opened violations that are in both",
    Part.NEW: "Violations that were not there before",
    Part.RESOLVED: "Violations that are gone",
    Part.GROWN: "Violations with more findings than before",
    Part.SHRUNK: "Violations with fewer findings than before",
    Part.VOLUME: "The same violations among more or fewer records",
    Part.BOUNDS: "Rounding, and scores held at 0 or 100",
}


class _Scans(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj}, {date(obj.created_at, 'DATETIME_FORMAT')}, score {obj.score}"


class OtherScanForm(forms.Form):
    """Another completed scan of the same policy; and which of the differences are listed."""

    other = _Scans(ComplianceScan.objects.none(), label="Compare with", empty_label=None)
    rule = forms.CharField(required=False, widget=forms.HiddenInput)
    delta = forms.ChoiceField(required=False, choices=[(delta, delta) for delta in DELTAS], widget=forms.HiddenInput)

    def __init__(self, request: HttpRequest, scan: ComplianceScan) -> None:
        offered = _others(request, scan)
        newest = list(offered.values_list("pk", flat=True)[:MOST_OFFERED])
        first = scan.previous_scan_id if scan.previous_scan_id in newest else next(iter(newest), None)
        asked = request.GET.get("with", first)
        super().__init__({**request.GET.dict(), "with": asked})
        # The one that is asked for may be older than those on offer.
        kept = [asked] if _is_id(asked) else []
        chooser: Any = self.fields["other"]
        chooser.queryset = offered.filter(pk__in=[*newest, *kept])
        chooser.error_messages = {
            "required": "There is no other completed scan of this policy yet.",
            "invalid_choice": "There is no such scan of this policy; choose one of these.",
        }

    def add_prefix(self, field_name: str) -> str:
        return "with" if field_name == "other" else super().add_prefix(field_name)


def comparison_page(request: HttpRequest, scan: ComplianceScan) -> dict[str, Any]:
    """What the template shows. A scan that cannot be compared says why."""
    form = OtherScanForm(request, scan)
    shown: dict[str, Any] = {"title": "Compare two scans", "scan": scan, "form": form}
    if not form.is_valid():
        return {**shown, "refused": " ".join(str(fault) for faults in form.errors.values() for fault in faults)}
    try:
        found = compare_scans(scan, form.cleaned_data["other"])
    except NotComparable as refusal:
        return {**shown, "refused": refusal.message}
    here = _Here(scan, form.cleaned_data["other"])
    rule = form.cleaned_data["rule"]
    delta = form.cleaned_data["delta"] or next((delta for delta in DELTAS if found.total(delta)), DELTAS[0])
    return {
        **shown, "change": signed(found.split.change), "moved": moved_words(found.split.change),
        "sides": [(found.before, found.split.before, "Before"), (found.after, found.split.after, "After")],
        "counts": [(delta, found.total(delta), here.address(delta)) for delta in DELTAS],
        "tables": [_why(found), _rules(found, here), _accounts(found, delta, rule)],
    }  # fmt: skip


def signed(change: Decimal) -> str:
    """+0.19, -1.20, 0; what two places would hide is not written as nothing."""
    if abs(change) >= _SHOWN:
        return f"{change:+.2f}"
    return f"{'+' if change > 0 else '-'} under 0.01" if change else "0"


class _Here:
    """Addresses of this page, narrowed to a kind of difference and a rule."""

    def __init__(self, scan: ComplianceScan, other: ComplianceScan) -> None:
        self.page = reverse("admin:compliance_compliancescan_compare", args=[scan.pk])
        self.other = str(other.pk)

    def address(self, delta: str, rule: str = "") -> str:
        asked = {"with": self.other, "delta": delta, **({"rule": rule} if rule else {})}
        return f"{self.page}?{urlencode(asked)}#accounts"


def _others(request: HttpRequest, scan: ComplianceScan) -> Any:
    seen: Any = visible(ComplianceScan, request)
    mine = seen.shown().completed().filter(policy_id=scan.policy_id, group_id=scan.group_id).exclude(pk=scan.pk)
    return mine.select_related("policy", "policy_version", "upload").order_by("-created_at", "-pk").defer(
        "upload__profile", "upload__sample_rows", "traceback"
    )  # fmt: skip


def _is_id(text: object) -> bool:
    try:
        return bool(UUID(str(text)))
    except ValueError:
        return False


def _why(found: Comparison) -> Table:
    moved = [(WHY[part], signed(amount)) for part, amount in found.split.parts.items() if amount]
    empty = "Nothing moved it: the score is the same."
    note = "Points of the score; together they are exactly the change." if moved else ""
    return Table("Why the score moved", ("Because", "Points"), moved, empty, frozenset({1}), note=note)


def _rules(found: Comparison, here: _Here) -> Table:
    rows = [_rule(found, rule, here) for rule in found.rules.values()]
    heads = ("Rule", "New", "Resolved", "Unchanged", "Points", "The rule itself")
    return Table("By rule", heads, rows, "Neither scan has an active rule.", frozenset({1, 2, 3, 4}))


def _rule(found: Comparison, rule: RuleMoves, here: _Here) -> list[object]:
    counts = [_linked(getattr(rule, delta), here.address(delta, rule.rule_id)) for delta in DELTAS]
    moved = sum(found.split.by_rule.get(rule.rule_id, {}).values(), Decimal(0))
    changed = "changed" if rule.rule_id in found.changed else "the same in both"
    return [rule.rule_id, *counts, signed(moved), changed]


def _linked(count: int, address: str) -> object:
    return format_html('<a href="{}">{}</a>', address, f"{count:,}") if count else 0


def _accounts(found: Comparison, delta: str, rule: str) -> Table:
    chosen = violations_of(found, delta)
    if rule:
        chosen = chosen.filter(rule_id=rule)
    listed = list(chosen.defer("sample").order_by("rule_id", "account")[:MOST_LISTED])
    others = counterparts(found, listed) if delta == "unchanged" else {}
    total = getattr(found.rules[rule], delta) if rule in found.rules else 0 if rule else found.total(delta)
    more = f"The first {len(listed):,} of {total:,}; choose a rule above to narrow them." if total > len(listed) else ""
    words = {"new": "New", "resolved": "Resolved", "unchanged": "In both"}
    heads = ("Account", "Rule", "Severity", "Decision", "Findings", "Amount")
    return Table(
        "Accounts", heads, [_account(violation, others) for violation in listed],
        "There is none.", frozenset({4, 5}), note=f"{words[delta]}{f', rule {rule}' if rule else ''}. {more}",
    )  # fmt: skip


def _account(violation: Violation, others: dict[tuple[str, str], Violation]) -> list[object]:
    """Findings before and now where the violation is in both scans."""
    other = others.get((violation.rule_id, violation.account))
    before = f"{other.finding_count:,} → " if other and other.finding_count != violation.finding_count else ""
    return [
        link(violation, violation.account), violation.rule_id, severity_badge(violation.severity),
        review_badge(violation.status), f"{before}{violation.finding_count:,}", money(violation.amount),
    ]  # fmt: skip
