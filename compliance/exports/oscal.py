"""A scan as OSCAL assessment results (NIST OSCAL 1.2.1, JSON). Same scan, same document: ids are UUIDs of version 5."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from compliance.exports.material import Material
from compliance.exports.rows import Row
from compliance.exports.software import VERSION
from compliance.exports.summary import results_of, score_words
from compliance.models import ComplianceScan
from compliance.written import plain, time

OSCAL_VERSION = "1.2.1"
MOST_FINDINGS = 50_000
"""Violations of one document; it says of how many."""
NAMESPACE = uuid.UUID("5b0c6c0e-8f0b-5f27-9d6e-0c9a5a3b7c11")
NS = "https://scanward.example/ns/oscal"
_TOKEN = re.compile(r"[^A-Za-z0-9_.-]+")


def write(material: Material, target: Path) -> None:
    """Write the document, observation by observation: no more than one violation is in memory."""
    scan = material.scan
    total = min(scan.violation_count, MOST_FINDINGS)
    with target.open("w", encoding="utf-8") as file:
        head = _dump({"uuid": _id(scan, "results"), "metadata": _metadata(material), "import-ap": _plan(scan),
                      "local-definitions": _local(scan)})  # fmt: skip
        file.write('{"assessment-results": ' + head[:-1] + ', "results": [' + _dump(_result(material, total))[:-1])
        file.write(', "observations": [')
        _list(file, [_rule_observation(material, result) for result in results_of(scan)])
        if total:
            file.write(",\n")
        _list(file, (_observation(scan, row) for row in _first(material, total)))
        file.write("]")
        if total:
            file.write(', "findings": [')
            _list(file, (_finding(scan, row) for row in _first(material, total)))
            file.write("]")
        file.write('}], "back-matter": ' + _dump(_back_matter(scan)) + "}}\n")


def _first(material: Material, most: int) -> Iterator[Row]:
    for place, row in enumerate(material.rows()):
        if place == most:
            return
        yield row


def _metadata(material: Material) -> dict[str, Any]:
    scan = material.scan
    return {
        "title": f"Compliance scan: {_line(scan.audit_name or scan.policy.name)}",
        "last-modified": _at(material.history[-1].at),
        "version": str(len(material.history)),
        "oscal-version": OSCAL_VERSION,
        "roles": [{"id": "assessor", "title": "Assessor"}],
        "parties": [{"uuid": _id(scan, "party"), "type": "organization", "name": "Scanward"}],
        "responsible-parties": [{"role-id": "assessor", "party-uuids": [_id(scan, "party")]}],
        "props": [_prop("scanward-version", VERSION), _prop("policy-hash", scan.policy_version.content_hash)],
    }


def _plan(scan: ComplianceScan) -> dict[str, Any]:
    """A scan has no assessment plan of its own: its policy version is what was planned."""
    return {"href": f"#{_id(scan, 'policy')}", "remarks": "The policy version that was run, in the back matter."}


def _local(scan: ComplianceScan) -> dict[str, Any]:
    return {
        "activities": [
            {
                "uuid": _id(scan, f"activity:{result['rule_id']}"),
                "title": _line(result["name"]),
                "description": result["in_words"],
                "props": [_prop("rule-id", result["rule_id"]), _prop("severity", result["severity"])],
            }
            for result in results_of(scan)
        ]
    }


def _result(material: Material, total: int) -> dict[str, Any]:
    scan = material.scan
    shown = "" if total == scan.violation_count else f" The first {total:,} of {scan.violation_count:,} violations."
    counts = f"{scan.record_count:,} records, {scan.violation_count:,} violations."
    return {
        "uuid": _id(scan, "result"),
        "title": f"Scan of {_line(scan.upload.name)}",
        "description": f"{counts} {score_words(scan)}{shown}",
        "start": _at(scan.started_at or scan.created_at),
        "end": _at(material.completed_at),
        "props": [
            _prop("score", plain(scan.score or 0)), _prop("score-method", scan.score_method),
            _prop("coverage", plain(scan.coverage or 0)), _prop("records", str(scan.record_count)),
            _prop("violations", str(scan.violation_count)), _prop("result-digest", scan.result_digest),
            _prop("engine", scan.engine), _prop("scan-id", str(scan.pk)),
        ],
        "local-definitions": {"inventory-items": [_inventory(scan)]},
        "reviewed-controls": {"control-selections": [_controls(scan)]},
    }  # fmt: skip


def _inventory(scan: ComplianceScan) -> dict[str, Any]:
    """The file that was scanned, as the thing that was assessed."""
    return {
        "uuid": _id(scan, "upload"),
        "description": f"The uploaded file {_line(scan.upload.name)}, {scan.upload.size:,} bytes.",
        "props": [_prop("sha256", scan.upload.sha256)],
    }


def _controls(scan: ComplianceScan) -> dict[str, Any]:
    """The sections of law or policy that the rules name; a rule that names none stands for itself."""
    sections = sorted({_section(result) for result in results_of(scan)})
    return {
        "description": "What the active rules of the policy version look at.",
        "include-controls": [{"control-id": section} for section in sections],
    }


def _section(result: dict[str, Any]) -> str:
    return _token(result["policy_section"] or result["rule_id"])


def _rule_observation(material: Material, result: dict[str, Any]) -> dict[str, Any]:
    """How one rule fared: whether it was evaluated, on how many records, and with what."""
    scan, reason = material.scan, f" {result['reason']}." if result["reason"] else ""
    numbers = ("findings", "violations", "evaluated", "not_evaluated")
    return {
        "uuid": _id(scan, f"rule:{result['rule_id']}"),
        "title": _line(result["name"]),
        "description": f"{result['in_words']} State: {result['state']}.{reason}",
        "props": [
            _prop("rule-id", result["rule_id"]), _prop("state", result["state"] or "unknown"),
            *(_prop(name.replace("_", "-"), str(result[name] or 0)) for name in numbers),
        ],
        "methods": ["TEST"],
        "types": ["control-objective"],
        "origins": [_origin(scan)],
        "collected": _at(material.completed_at),
    }  # fmt: skip


def _observation(scan: ComplianceScan, row: Row) -> dict[str, Any]:
    props = [_prop("rule-id", row["rule_id"]), _prop("severity", row["severity"]), _prop("account", row["account"]),
             _prop("finding-count", str(row["finding_count"])), _prop("delta", row["delta"])]  # fmt: skip
    if row["amount"] is not None:
        props.append(_prop("amount", plain(row["amount"])))
    return {
        "uuid": _id(scan, f"violation:{row['id']}"),
        "title": f"{row['rule_id']} on account {_line(row['account'])}",
        "description": row["explanation"],
        "props": props,
        "methods": ["TEST"],
        "types": ["finding"],
        "origins": [_origin(scan)],
        "subjects": [{"subject-uuid": _id(scan, "upload"), "type": "inventory-item"}],
        "relevant-evidence": [
            {"href": f"/api/violations/{row['id']}/findings", "description": "Every finding with its records."}
        ],
        "collected": _at(scan.completed_at),
    }  # fmt: skip


def _finding(scan: ComplianceScan, row: Row) -> dict[str, Any]:
    counts = row["status"] != "false_positive"
    note = f" {row['review_note']}" if row["review_note"] else ""
    finding = {
        "uuid": _id(scan, f"finding:{row['id']}"),
        "title": f"{row['rule_id']} on account {_line(row['account'])}",
        "description": row["explanation"],
        "props": [_prop("review-status", row["status"])],
        "target": {
            "type": "objective-id",
            "target-id": _section({"policy_section": row["policy_section"], "rule_id": row["rule_id"]}),
            "status": {"state": "not-satisfied" if counts else "satisfied", "reason": "fail" if counts else "other"},
        },
        "related-observations": [
            {"observation-uuid": _id(scan, f"violation:{row['id']}")},
            {"observation-uuid": _id(scan, f"rule:{row['rule_id']}")},
        ],
    }
    if row["reviewed_by"]:
        finding["remarks"] = f"{row['status']} by {row['reviewed_by']} at {time(row['reviewed_at'])}.{note}"
    return finding


def _back_matter(scan: ComplianceScan) -> dict[str, Any]:
    version = scan.policy_version
    title = f"{_line(scan.policy.name)}, version {version.number}"
    return {
        "resources": [
            {"uuid": _id(scan, "policy"), "title": title, "props": [_prop("sha256", version.content_hash)],
             "description": json.dumps(version.active_rules, ensure_ascii=False, sort_keys=True)},
        ]
    }  # fmt: skip


def _origin(scan: ComplianceScan) -> dict[str, Any]:
    return {"actors": [{"type": "party", "actor-uuid": _id(scan, "party")}]}


def _prop(name: str, value: str) -> dict[str, str]:
    """A property of ours; its value is one line without blanks around it, as OSCAL wants."""
    return {"name": name, "ns": NS, "value": _line(value) or "-"}


def _line(text: str) -> str:
    return " ".join("".join(character if character.isprintable() else " " for character in text).split()) or "-"


def _token(text: str) -> str:
    """An OSCAL token: letters, digits, dots, dashes; it starts with a letter."""
    made = _TOKEN.sub("-", text).strip("-.") or "unnamed"
    return made if made[0].isalpha() or made[0] == "_" else f"s-{made}"


def _id(scan: ComplianceScan, what: str) -> str:
    return str(uuid.uuid5(NAMESPACE, f"{scan.pk}:{what}"))


def _at(moment: Any) -> str:
    return str(time(moment))


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _list(file: Any, items: Any) -> None:
    for place, item in enumerate(items):
        file.write((",\n" if place else "\n") + _dump(item))
