"""What a dry run says about one rule of it, in the panel beside the form of the rule."""

from __future__ import annotations

from typing import Any

from compliance.admin.scan_page import state_badge
from compliance.engine.outcome import RuleState
from compliance.models import DryRun
from jobs.admin import progress_bar, status_badge
from jobs.enums import FINAL

MOST_ACCOUNTS = 5


def panel_of(run: DryRun, rule_id: str) -> dict[str, Any]:
    """For the template; without results while it goes on."""
    shown: dict[str, Any] = {
        "run": run, "state": status_badge(run.status), "progress": progress_bar(run), "live": run.status not in FINAL,
    }  # fmt: skip
    if run.results is None:
        return shown
    by_rule = {rule["rule_id"]: rule for rule in run.results["rules"]}
    moved = {rule["rule_id"]: rule for rule in run.results["difference"]["by_rule"]}
    result = by_rule.get(rule_id)
    sample = [item for item in run.results["sample"] if item["rule_id"] == rule_id]
    return {
        **shown, "found": run.results, "result": result, "moved": moved.get(rule_id),
        "idle": state_badge(result["state"]) if result and result["state"] != RuleState.COMPLETED else "",
        "sample": sample[:MOST_ACCOUNTS],
    }  # fmt: skip
