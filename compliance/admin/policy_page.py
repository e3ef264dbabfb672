"""What the page of a policy shows around its form: the rules with their health, versions in words, dry runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import F, Func, IntegerField
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.shown import Table, actor_names
from accounts.staff import link, list_url, visible
from compliance.admin.rule_form import KINDS
from compliance.admin.rule_health import healths, told
from compliance.admin.shown import severity_badge
from compliance.engine.difference_words import difference_in_words
from compliance.explain import words_of
from compliance.models import ComplianceScan, DryRun, Policy, PolicyVersion
from jobs.admin import status_badge

TOLD_VERSIONS = 10  # whose difference is told here; each has a page of its own
MOST_VERSIONS = 100
MOST_CHANGES = 6  # sentences of one version
MOST_RUNS = 5


def sections_of(
    request: HttpRequest, policy: Policy, url_of: Callable[..., str], *, may_change: bool
) -> dict[str, Any]:  # fmt: skip
    """For the template. `url_of(row, page, *args)` gives addresses."""
    scans, health = healths(policy)
    version = policy.current()
    rules = [
        {
            **rule, "words": words_of(rule), "badge": severity_badge(rule["severity"]),
            "health": told(health.get(rule["rule_id"])), "url": url_of(policy, "rule", rule["rule_id"]),
            "remove_url": url_of(policy, "remove_rule", rule["rule_id"]),
        }
        for rule in version.rules
    ]  # fmt: skip
    return {
        "rules": rules, "version": version, "may_change": may_change, "health_scans": len(scans),
        "kinds": [(kind, *words.split(": ", 1)) for kind, words in KINDS.items()],
        "add_url": url_of(policy, "add_rule"), "order_url": url_of(policy, "move_rule"),
        "scans_url": list_url(ComplianceScan, policy__id__exact=policy.pk),
        "tables": [_versions(policy), _runs(request, policy)],
    }  # fmt: skip


def _versions(policy: Policy) -> Table:
    count = Func(F("rules"), function="jsonb_array_length", output_field=IntegerField())
    every = policy.versions.annotate(rule_count=count)
    newest = list(every[: TOLD_VERSIONS + 1])
    before: list[PolicyVersion | None] = [*newest[1:], *([] if len(newest) > TOLD_VERSIONS else [None])]
    changes = {version.pk: _changes(was, version) for version, was in zip(newest, before, strict=False)}
    listed = list(every.defer("rules")[:MOST_VERSIONS])
    names = actor_names(version.created_by for version in listed)
    rows = [
        (link(version), version.created_at, names[version.created_by], version.rule_count, changes.get(version.pk, "-"))
        for version in listed
    ]
    heads = ("Version", "Made", "By", "Rules", "What changed")
    return Table("Versions", heads, rows, "There is none.", frozenset({3}))


def _changes(before: PolicyVersion | None, after: PolicyVersion) -> SafeString | str:
    if before is None:
        return "The first version."
    sentences = difference_in_words(before.rules, after.rules)
    if len(sentences) > MOST_CHANGES:
        sentences = [*sentences[:MOST_CHANGES], f"and {len(sentences) - MOST_CHANGES} more changes"]
    return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((sentence,) for sentence in sentences)))


def _runs(request: HttpRequest, policy: Policy) -> Table:
    runs = visible(DryRun, request).filter(policy=policy).select_related("upload").defer(
        "rules", "traceback", "upload__profile", "upload__sample_rows"
    )  # fmt: skip
    rows = [
        (link(run, "dry run"), run.created_at, str(run.upload), status_badge(run.status), _result(run))
        for run in runs.order_by("-created_at", "-pk")[:MOST_RUNS]
    ]
    empty = "Rules can be tried on an upload before they are saved: by the button above, or on the page of a rule."
    return Table("Dry runs", ("Dry run", "Asked for", "On", "State", "Result"), rows, empty)


def _result(run: DryRun) -> str:
    if run.results is None:
        return run.error_message or "-"
    moved = run.results["difference"]
    return (
        f"{run.results['violation_count']:,} violations: {moved['added_count']:,} more and {moved['removed_count']:,} "
        f"fewer than version {moved['policy_version']}"
    )
