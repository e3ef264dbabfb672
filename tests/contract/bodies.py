"""Every route of compliance that reads a JSON body, with a body it accepts and what each field of it may be."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from compliance.models import Violation
from tests.compliance import factories
from tests.compliance.schedule_rows import schedule
from tests.partner import Partner

CSV = "Account,Amount\nA1,500\nA2,5\n"
LABELLED = "Account,Amount,Fraud\nA1,500,yes\nA2,5,no\n"
CONFIG = {"account": "Account", "amount": "Amount"}
RULE = {**factories.RULE, "rule_id": "SECOND"}


@dataclass(frozen=True)
class Route:
    """`kinds`: {field: what it holds}, the key of WRONG below; `required`: those that must be there."""

    method: str
    path: str
    body: dict[str, Any]
    kinds: dict[str, str]
    required: tuple[str, ...] = ()

    def without(self, name: str) -> dict[str, Any]:
        return {key: value for key, value in self.body.items() if key != name}


# What a field of each kind refuses.
WRONG: dict[str, list[Any]] = {
    "uuids or none": [None, 5, True, "x", {}, [5], [None], ["nonsense"]],
    "uuid": [None, 5, True, [], {}, "", "nonsense", uuid.uuid4().hex, "{" + str(uuid.uuid4()) + "}"],
    "text": [None, 5, 1.5, True, [], {}, "", "  "],
    "label": [None, 5, 1.5, True, [], {}, "", "x" * 201],
    "note": [None, 5, 1.5, True, [], {}],
    "person": [None, 5, 1.5, True, [], {}, "", "nobody", "x" * 151],
    "person or null": [5, 1.5, True, [], {}, "", "nobody", "x" * 151],
    "column": [None, 5, 1.5, True, [], {}, "", "Nothing", "Amount", "x" * 301],
    "uuid or null": [5, True, [], {}, "", "nonsense"],
    "day or null": [5, True, [], {}, "", "nonsense", "2024-02-30", "01.02.2024", "2024-01-01T00:00:00Z"],
    "name or null": [5, 1.5, True, [], {}, "", "x" * 201],
    "flag": [None, 5, 0, "true", "", [], {}],
    "share": [None, True, [], {}, "", "0.5", -0.1, 1.01, 2],
    "word": [None, 5, True, [], {}, "", "nonsense"],
    "zone": [None, 5, True, [], {}, "", "Vienna", "../../etc/passwd", "/etc/localtime", "x" * 65],
    "scale": [None, 5, True, [], {}, "", "0", "-1", "1e3", "NaN", "hour", "9" * 30, "1" * 19],
    "cron": [None, 5, True, [], {}, "", "  ", "nonsense", "* * * *", "60 * * * *", "* * 30 2 *", "x" * 101],
    "minutes": [5.5, True, "5", [], {}, 0, -1, 525_601, 2**40],
    "seconds": [None, 5.5, True, "5", [], {}, -1, 3601, 2**40],
    "secret": [None, 5, 1.5, True, [], {}, "", "x" * 4001],
    "uuids": [None, 5, True, "x", {}, [], [5], [None], ["nonsense"], [str(uuid.uuid4())] * 10_001],
    "signature": [None, 5, True, [], {}, "", "  ", "BIG", "BIG:", ":A1", "x" * 101 + ":A1"],
    "future": [None, 5, True, [], {}, "", "tomorrow", "2020-01-01T00:00:00Z", "2999-13-01T00:00:00Z"],
    "texts": [None, 5, True, "x", {}, [5], [None], [[]], [{}], [""]],
    "rules": [None, 5, True, "x", {}, [5], [None], ["x"], [[]], [{}], [factories.RULE, factories.RULE]],
    "overrides": [
        None,
        5,
        True,
        "x",
        [],
        {"Amount": 5},
        {"Amount": None},
        {"Amount": {"decimal_mark": ";"}},
        {"Amount": {"day_first": "yes"}},
        {"Amount": {"day_last": True}},
    ],
    "mapping": [
        None,
        5,
        True,
        "x",
        [],
        {"amount": 5},
        {"amount": None},
        {"amount": []},
        {"amount": {}},
        {"amount": ""},
    ],
}


def run(partner: Partner) -> Route:
    earlier, upload = partner.upload(CSV), partner.upload(CSV)
    body = {
        "policy_id": partner.policy(factories.RULE), "upload_id": upload["upload_id"],
        "mapping_id": partner.confirm(upload, CONFIG), "audit_name": "Q1",
        "context_upload_ids": [earlier["upload_id"]],
    }  # fmt: skip
    kinds = {
        "policy_id": "uuid", "upload_id": "uuid", "mapping_id": "uuid", "audit_id": "uuid or null",
        "audit_name": "name or null", "context_upload_ids": "uuids or none",
    }  # fmt: skip
    return Route("POST", "/api/scan/run", body, kinds, ("policy_id", "upload_id", "mapping_id"))


def readiness(partner: Partner) -> Route:
    policy, upload = partner.policy(factories.RULE), partner.upload(CSV)["upload_id"]
    body = {"policy_id": policy, "upload_id": upload, "mapping_config": CONFIG, "overrides": {}}
    kinds = {"policy_id": "uuid", "upload_id": "uuid", "mapping_config": "mapping", "overrides": "overrides"}
    return Route("POST", "/api/data/mapping/readiness", body, kinds, tuple(kinds)[:3])


def confirm(partner: Partner) -> Route:
    body = {
        "upload_id": partner.upload(CSV)["upload_id"],
        "mapping_config": CONFIG,
        "temporal_scale": "daily",
        "overrides": {},
    }
    kinds = {"upload_id": "uuid", "mapping_config": "mapping", "temporal_scale": "scale", "overrides": "overrides"}
    return Route("POST", "/api/data/mapping/confirm", body, kinds, ("upload_id", "mapping_config"))


POLICY = {
    "name": "Policy", "description": "About it", "score_method": "rules", "time_zone": "Europe/Vienna", "compat": True,
    "reopen_growth": 0.25, "rules": [factories.RULE],
}  # fmt: skip
POLICY_KINDS = {
    "name": "text", "description": "note", "score_method": "word", "time_zone": "zone", "compat": "flag",
    "reopen_growth": "share", "rules": "rules",
}  # fmt: skip


def new_policy(_: Partner) -> Route:
    return Route("POST", "/api/policies", POLICY, POLICY_KINDS, ("name",))


def prebuilt(_: Partner) -> Route:
    body = {"type": "aml", "selected_categories": ["structuring"], "name": "Mine"}
    kinds = {"type": "text", "selected_categories": "texts", "name": "text"}
    return Route("POST", "/api/policies/prebuilt", body, kinds, ("type",))


def change_policy(partner: Partner) -> Route:
    return Route("PATCH", f"/api/policies/{partner.policy(factories.RULE)}", POLICY, POLICY_KINDS)


def new_rule(partner: Partner) -> Route:
    kinds = {
        "rule_id": "text",
        "name": "label",
        "kind": "word",
        "severity": "word",
        "is_active": "flag",
        "where": "mapping",
    }
    return Route(
        "POST", f"/api/policies/{partner.policy(factories.RULE)}/rules", RULE, kinds, ("rule_id", "kind", "where")
    )


def change_rule(partner: Partner) -> Route:
    path = f"/api/policies/{partner.policy(factories.RULE)}/rules/{factories.RULE['rule_id']}"
    return Route("PATCH", path, {"name": "New", "severity": "LOW"}, {"name": "label", "severity": "word"})


def review(partner: Partner) -> Route:
    violation = Violation.objects.get(scan=factories.completed(partner.group))
    body = {"status": "approved", "review_note": "Seen", "reviewer": "Ann"}
    kinds = {"status": "word", "review_note": "note", "reviewer": "text"}
    return Route("PATCH", f"/api/violations/{violation.pk}", body, kinds, ("status",))


AUDIT = {
    "name": "Q1", "description": "First quarter", "policy_id": None, "period_start": "2024-01-01",
    "period_end": "2024-03-31",
}  # fmt: skip
AUDIT_KINDS = {
    "name": "label", "description": "note", "policy_id": "uuid or null", "period_start": "day or null",
    "period_end": "day or null",
}  # fmt: skip


def new_audit(_: Partner) -> Route:
    return Route("POST", "/api/audits", AUDIT, AUDIT_KINDS, ("name",))


def change_audit(partner: Partner) -> Route:
    path = f"/api/audits/{factories.audit(partner.group).pk}"
    return Route("PATCH", path, {**AUDIT, "closed": True}, {**AUDIT_KINDS, "closed": "flag"})


def new_case(partner: Partner) -> Route:
    factories.staff(f"staff {partner.group.pk}", partner.group)
    body = {
        "policy_id": str(factories.completed(partner.group).policy_id), "account": "A1", "priority": "high",
        "assignee": f"staff {partner.group.pk}", "reviewer": "Ann",
    }  # fmt: skip
    kinds = {"policy_id": "uuid", "account": "text", "priority": "word", "assignee": "person", "reviewer": "text"}
    return Route("POST", "/api/cases", body, kinds, ("policy_id", "account"))


def change_case(partner: Partner) -> Route:
    factories.staff(f"staff {partner.group.pk}", partner.group)
    body = {
        "status": "in_review", "priority": "low", "assignee": f"staff {partner.group.pk}", "reviewer": "Ann",
    }  # fmt: skip
    kinds = {"status": "word", "priority": "word", "assignee": "person or null", "reviewer": "text"}
    return Route("PATCH", f"/api/cases/{factories.case(partner.group).pk}", body, kinds)


def new_note(partner: Partner) -> Route:
    path = f"/api/cases/{factories.case(partner.group).pk}/notes"
    return Route("POST", path, {"text": "Seen", "reviewer": "Ann"}, {"text": "text", "reviewer": "text"}, ("text",))


def dry_run(partner: Partner) -> Route:
    upload = partner.upload(LABELLED)
    body = {
        "upload_id": upload["upload_id"], "mapping_id": partner.confirm(upload, CONFIG), "rules": [factories.RULE],
        "label_column": "Fraud",
    }  # fmt: skip
    kinds = {"upload_id": "uuid", "mapping_id": "uuid", "rules": "rules", "label_column": "column"}
    path = f"/api/policies/{partner.policy(factories.RULE)}/dry-run"
    return Route("POST", path, body, kinds, ("upload_id", "mapping_id"))


def validate(partner: Partner) -> Route:
    scan = factories.executed(partner.group, LABELLED.encode(), CONFIG)
    kinds = {"scan_id": "uuid", "label_column": "column"}
    return Route("POST", "/api/validate", {"scan_id": str(scan.pk), "label_column": "Fraud"}, kinds, tuple(kinds))


def rescan(partner: Partner) -> Route:
    scan = factories.completed(partner.group)
    body = {"scan_id": str(scan.pk), "upload_id": str(scan.upload_id), "force": False}
    kinds = {"scan_id": "uuid", "upload_id": "uuid", "force": "flag"}
    return Route("POST", "/api/scan/rescan", body, kinds, ("scan_id",))


SOURCE = {
    "name": "Nightly", "kind": "https_file", "config": {"url": "https://files.example.com/ledger.csv"},
    "secret": "Bearer planted", "mapping_config": CONFIG, "temporal_scale": "daily",
}  # fmt: skip


def new_source(_: Partner) -> Route:
    kinds = {
        "name": "label", "kind": "word", "config": "mapping", "secret": "secret", "mapping_config": "mapping",
        "temporal_scale": "scale",
    }  # fmt: skip
    return Route(
        "POST", "/api/sources", {**SOURCE, "name": f"Nightly {uuid.uuid4()}"}, kinds, ("name", "kind", "config")
    )


def new_list(_: Partner) -> Route:
    body = {"name": uuid.uuid4().hex, "values": ["IR", "KP"]}
    return Route("POST", "/api/lists", body, {"name": "text", "values": "texts"}, ("name", "values"))


def replace_list(partner: Partner) -> Route:
    path = f"/api/lists/{factories.reference_list(partner.group, uuid.uuid4().hex)}"
    return Route("PUT", path, {"values": ["IR"]}, {"values": "texts"}, ("values",))


SCHEDULE_KINDS = {
    "name": "label", "policy_id": "uuid", "source_id": "uuid", "cron": "cron", "time_zone": "zone", "is_active": "flag",
    "overlap": "word", "catch_up": "word", "jitter": "seconds", "every_minutes": "minutes",
}  # fmt: skip


def schedule_body(partner: Partner) -> dict[str, Any]:
    return {
        "name": "Nightly", "policy_id": partner.policy(factories.RULE),
        "source_id": str(factories.source(partner.group).pk), "cron": "30 2 * * *", "time_zone": "Europe/Vienna",
        "is_active": True, "overlap": "queue", "catch_up": "once", "jitter": 60,
    }  # fmt: skip


def new_schedule(partner: Partner) -> Route:
    required = ("name", "policy_id", "source_id")
    return Route("POST", "/api/schedules", schedule_body(partner), SCHEDULE_KINDS, required)


def change_schedule(partner: Partner) -> Route:
    made = schedule(partner.group)
    return Route("PATCH", f"/api/schedules/{made.pk}", schedule_body(partner), SCHEDULE_KINDS)


def review_many(partner: Partner) -> Route:
    violation = Violation.objects.get(scan=factories.completed(partner.group))
    body = {"ids": [str(violation.pk)], "status": "approved", "review_note": "Seen", "reviewer": "Ann"}
    kinds = {"ids": "uuids", "status": "word", "review_note": "note", "reviewer": "text"}
    return Route("POST", "/api/violations/review", body, kinds, ("status",))


def new_waiver(_: Partner) -> Route:
    body = {"signature": "BIG:A1", "reason": "Salaries", "owner": "Ann", "expires_at": "2999-01-01T00:00:00Z"}
    kinds = {"signature": "signature", "reason": "text", "owner": "label", "expires_at": "future"}
    return Route("POST", "/api/waivers", body, kinds, ("reason", "owner", "expires_at"))


ROUTES: dict[str, Callable[[Partner], Route]] = {
    "POST api/audits": new_audit,
    "PATCH api/audits/<any_uuid:audit_id>": change_audit,
    "POST api/policies/<any_uuid:policy_id>/dry-run": dry_run,
    "POST api/cases": new_case,
    "PATCH api/cases/<any_uuid:case_id>": change_case,
    "POST api/cases/<any_uuid:case_id>/notes": new_note,
    "POST api/validate": validate,
    "POST api/scan/run": run,
    "POST api/scan/rescan": rescan,
    "POST api/data/mapping/readiness": readiness,
    "POST api/data/mapping/confirm": confirm,
    "POST api/policies": new_policy,
    "POST api/policies/prebuilt": prebuilt,
    "PATCH api/policies/<any_uuid:policy_id>": change_policy,
    "POST api/policies/<any_uuid:policy_id>/rules": new_rule,
    "PATCH api/policies/<any_uuid:policy_id>/rules/<str:rule_id>": change_rule,
    "POST api/lists": new_list,
    "PUT api/lists/<str:name>": replace_list,
    "PATCH api/violations/<any_uuid:violation_id>": review,
    "POST api/sources": new_source,
    "POST api/schedules": new_schedule,
    "PATCH api/schedules/<any_uuid:schedule_id>": change_schedule,
    "POST api/violations/review": review_many,
    "POST api/waivers": new_waiver,
}
BODILESS = {
    "POST api/data/upload",
    "POST api/scan/<any_uuid:scan_id>/cancel",
    "POST api/sources/<any_uuid:source_id>/import",
    "POST api/schedules/<any_uuid:schedule_id>/run",
}
