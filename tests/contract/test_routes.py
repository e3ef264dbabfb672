"""Every route of the compliance API and everybody who may call it, read from the table of routes itself."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.actions import issue_key, revoke_key
from accounts.enums import Permission
from accounts.models import AccountGroup, ApiKey
from compliance.actions.schedules import run_now
from compliance.models import ComplianceScan, Violation
from tests.compliance import factories
from tests.compliance.schedule_rows import by, schedule
from tests.contract import bodies
from tests.contract.calls import Call, at, by_body, listing, send, without_ids
from tests.contract.routes import routes
from tests.contract.standing import standing

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("system_db")]

CSV = b"Account,Amount\nA1,500\nA2,5\n"
CONFIG = {"account": "Account", "amount": "Amount"}
FORM = "multipart/form-data; boundary=edge"
FILE = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="file.csv"\r\n\r\n' + CSV + b"\r\n--edge--\r\n"


@dataclass
class Owner:
    """Makes, in its own account group, what a call needs."""

    group: AccountGroup = field(default_factory=factories.group)

    def key(self) -> str:
        return factories.key_text(self.group)

    def upload(self) -> str:
        answer = send("POST", Call("/api/data/upload", FILE, FORM), self.key())
        assert answer.status_code == 201, answer.content
        return str(answer.json()["upload_id"])

    def list(self) -> str:
        """The name of a list that no other group has."""
        return factories.reference_list(self.group, str(uuid.uuid4())).name

    def policy(self) -> str:
        return str(factories.policy(self.group).pk)

    def run(self) -> dict[str, str]:
        upload = self.upload()
        body = {"upload_id": upload, "mapping_config": CONFIG}
        mapping = send("POST", Call("/api/data/mapping/confirm", body), self.key()).json()["mapping_id"]
        return {"policy_id": self.policy(), "upload_id": upload, "mapping_id": mapping}

    def mapping(self) -> tuple[str, str]:
        mapping = factories.mapping(factories.upload(self.group))
        return str(mapping.upload_id), str(mapping.pk)

    def scan(self) -> str:
        return str(factories.completed(self.group).pk)

    def schedule(self) -> str:
        return str(schedule(self.group).pk)

    def audit(self) -> str:
        return str(factories.audit(self.group).pk)

    def export(self) -> str:
        return str(factories.export(factories.completed(self.group)).pk)

    def violation_with_evidence(self) -> str:
        return str(Violation.objects.get(scan=factories.with_evidence(factories.completed(self.group))).pk)

    def source(self) -> str:
        return str(factories.source(self.group).pk)

    def case(self) -> str:
        return str(factories.case(self.group).pk)

    def scanned_policy(self) -> str:
        return str(factories.completed(self.group).policy_id)

    def dry_run(self) -> str:
        return str(factories.dry_run(self.group).pk)

    def executed(self) -> str:
        return str(factories.executed(self.group, b"Account,Amount,Fraud\nA1,500,yes\n", CONFIG).pk)

    def waiver(self) -> str:
        return str(factories.waiver(self.group).pk)

    def violation(self) -> str:
        return str(Violation.objects.get(scan_id=self.scan()).pk)


def mappings_of(owner: Owner) -> Call:
    upload, mapping = owner.mapping()
    return Call(f"/api/data/{upload}/mappings", named=(upload,), shown=(mapping,))


def run(owner: Owner) -> Call:
    return by_body("/api/scan/run", owner.run(), "policy_id", "upload_id", "mapping_id")


def readiness(owner: Owner) -> Call:
    body = {"policy_id": owner.policy(), "upload_id": owner.upload(), "mapping_config": CONFIG}
    return by_body("/api/data/mapping/readiness", body, "policy_id", "upload_id")


def confirm(owner: Owner) -> Call:
    return by_body("/api/data/mapping/confirm", {"upload_id": owner.upload(), "mapping_config": CONFIG}, "upload_id")


def new_schedule(owner: Owner) -> Call:
    body = {"name": "Nightly", "policy_id": owner.policy(), "source_id": owner.source(), "every_minutes": 60}
    return by_body("/api/schedules", body, "policy_id", "source_id")


def runs_of(owner: Owner) -> Call:
    made = schedule(owner.group)
    run = run_now(schedule=made, by=by(made))
    return Call(f"/api/schedules/{made.pk}/runs", named=(str(made.pk),), shown=(str(run.pk),))


def one_import(owner: Owner) -> Call:
    wanted = factories.source_import(owner.group)
    named = str(wanted.pk)
    return Call(f"/api/sources/{wanted.source_id}/imports/{named}", named=(named,), shown=(named,))


def imports_of(owner: Owner) -> Call:
    wanted = factories.source_import(owner.group)
    source = str(wanted.source_id)
    return Call(f"/api/sources/{source}/imports", named=(source,), shown=(str(wanted.pk),))


def dry_run(owner: Owner) -> Call:
    wanted = owner.run()
    policy = wanted.pop("policy_id")
    return Call(f"/api/policies/{policy}/dry-run", wanted, named=(policy,), shown=(policy,))


def review_many(violation: str) -> Call:
    return Call("/api/violations/review", {"ids": [violation], "status": "approved"}, named=(violation,))


WAIVER = {"signature": "BIG:A1", "reason": "Salaries", "owner": "Ann", "expires_at": "2999-01-01T00:00:00Z"}
RULE = {**factories.RULE, "rule_id": "SECOND"}
RULE_PATH = "/api/policies/{}/rules/" + str(factories.RULE["rule_id"])
CALLS: dict[str, Callable[[Owner], Call]] = {
    "GET api/audits": lambda owner: listing("/api/audits", owner.audit()),
    "POST api/audits": lambda _: Call("/api/audits", {"name": "Q1"}),
    "GET api/audits/<any_uuid:audit_id>": lambda owner: at("/api/audits/{}", owner.audit()),
    "PATCH api/audits/<any_uuid:audit_id>": lambda owner: at("/api/audits/{}", owner.audit(), body={"name": "New"}),
    "GET api/audits/<any_uuid:audit_id>/scans": lambda owner: at("/api/audits/{}/scans", owner.audit(), shown=False),
    "GET api/data": lambda owner: listing("/api/data", owner.upload()),
    "POST api/data/upload": lambda _: Call("/api/data/upload", FILE, FORM),
    "POST api/data/mapping/readiness": readiness,
    "POST api/data/mapping/confirm": confirm,
    "GET api/data/<any_uuid:upload_id>": lambda owner: at("/api/data/{}", owner.upload()),
    "DELETE api/data/<any_uuid:upload_id>": lambda owner: at("/api/data/{}", owner.upload(), shown=False),
    "GET api/data/<any_uuid:upload_id>/mappings": mappings_of,
    "GET api/data/<any_uuid:upload_id>/rejects": lambda owner: at("/api/data/{}/rejects", owner.upload(), shown=False),
    "GET api/data/<any_uuid:upload_id>/pii": lambda owner: at("/api/data/{}/pii", owner.upload()),
    "GET api/policies": lambda owner: listing("/api/policies", owner.policy()),
    "POST api/policies": lambda _: Call("/api/policies", {"name": "Mine"}),
    "GET api/policies/prebuilt": lambda _: Call("/api/policies/prebuilt"),
    "POST api/policies/prebuilt": lambda _: Call("/api/policies/prebuilt", {"type": "aml"}),
    "GET api/policies/<any_uuid:policy_id>": lambda owner: at("/api/policies/{}", owner.policy()),
    "PATCH api/policies/<any_uuid:policy_id>": lambda owner: at(
        "/api/policies/{}", owner.policy(), body={"name": "New"}
    ),
    "DELETE api/policies/<any_uuid:policy_id>": lambda owner: at("/api/policies/{}", owner.policy(), shown=False),
    "POST api/policies/<any_uuid:policy_id>/dry-run": dry_run,
    "GET api/dry-runs/<any_uuid:dry_run_id>": lambda owner: at("/api/dry-runs/{}", owner.dry_run()),
    "GET api/policies/<any_uuid:policy_id>/health": lambda owner: at("/api/policies/{}/health", owner.policy()),
    "GET api/violations/cases": lambda owner: Call(
        f"/api/violations/cases?scan_id={(scan := owner.scan())}", named=(scan,)
    ),
    "GET api/cases": lambda owner: listing("/api/cases", owner.case()),
    "POST api/cases": lambda owner: by_body(
        "/api/cases", {"policy_id": owner.scanned_policy(), "account": "A1"}, "policy_id"
    ),
    "GET api/cases/<any_uuid:case_id>": lambda owner: at("/api/cases/{}", owner.case()),
    "PATCH api/cases/<any_uuid:case_id>": lambda owner: at("/api/cases/{}", owner.case(), body={"priority": "low"}),
    "POST api/cases/<any_uuid:case_id>/notes": lambda owner: at(
        "/api/cases/{}/notes", owner.case(), body={"text": "Seen"}
    ),
    "POST api/validate": lambda owner: by_body(
        "/api/validate", {"scan_id": owner.executed(), "label_column": "Fraud"}, "scan_id"
    ),
    "GET api/policies/<any_uuid:policy_id>/versions": lambda owner: at(
        "/api/policies/{}/versions", owner.policy(), shown=False
    ),
    "GET api/policies/<any_uuid:policy_id>/versions/<str:number>": lambda owner: at(
        "/api/policies/{}/versions/1", owner.policy()
    ),
    "GET api/policies/<any_uuid:policy_id>/versions/<str:before>/diff/<str:after>": lambda owner: at(
        "/api/policies/{}/versions/1/diff/1", owner.policy()
    ),
    "GET api/policies/<any_uuid:policy_id>/rules": lambda owner: at("/api/policies/{}/rules", owner.policy()),
    "POST api/policies/<any_uuid:policy_id>/rules": lambda owner: at(
        "/api/policies/{}/rules", owner.policy(), shown=False, body=RULE
    ),
    "PATCH api/policies/<any_uuid:policy_id>/rules/<str:rule_id>": lambda owner: at(
        RULE_PATH, owner.policy(), shown=False, body={"name": "New"}
    ),
    "DELETE api/policies/<any_uuid:policy_id>/rules/<str:rule_id>": lambda owner: at(
        RULE_PATH, owner.policy(), shown=False
    ),
    "GET api/lists": lambda owner: listing("/api/lists", owner.list()),
    "POST api/lists": lambda _: Call("/api/lists", {"name": "mine", "values": ["A1"]}),
    "GET api/lists/<str:name>": lambda owner: at("/api/lists/{}", owner.list()),
    "PUT api/lists/<str:name>": lambda owner: at("/api/lists/{}", owner.list(), body={"values": ["B2"]}),
    "GET api/schemas/rule.json": lambda _: Call("/api/schemas/rule.json"),
    "GET api/scan": lambda owner: listing("/api/scan", owner.scan()),
    "POST api/scan/run": run,
    "POST api/scan/rescan": lambda owner: by_body("/api/scan/rescan", {"scan_id": owner.scan()}, "scan_id"),
    "GET api/scan/history": lambda owner: listing("/api/scan/history", owner.scan()),
    "GET api/scan/<any_uuid:scan_id>": lambda owner: at("/api/scan/{}", owner.scan()),
    "DELETE api/scan/<any_uuid:scan_id>": lambda owner: at("/api/scan/{}", owner.scan(), shown=False),
    "POST api/scan/<any_uuid:scan_id>/cancel": lambda owner: at(
        "/api/scan/{}/cancel", str(factories.scan(owner.group).pk)
    ),
    "GET api/scan/<any_uuid:scan_id>/compare/<any_uuid:other_id>": lambda owner: at(
        "/api/scan/{0}/compare/{0}", owner.scan()
    ),
    "GET api/violations": lambda owner: listing("/api/violations", owner.violation()),
    "GET api/violations/<any_uuid:violation_id>": lambda owner: at("/api/violations/{}", owner.violation()),
    "PATCH api/violations/<any_uuid:violation_id>": lambda owner: at(
        "/api/violations/{}", owner.violation(), body={"status": "approved"}
    ),
    "GET api/violations/<any_uuid:violation_id>/findings": lambda owner: at(
        "/api/violations/{}/findings", owner.violation_with_evidence()
    ),
    "GET api/export": lambda owner: at("/api/export?format=pdf&scan_id={}", owner.scan(), shown=False),
    "GET api/exports": lambda owner: listing("/api/exports", owner.export()),
    "GET api/exports/<any_uuid:export_id>": lambda owner: at("/api/exports/{}", owner.export()),
    "GET api/exports/<any_uuid:export_id>/file": lambda owner: at("/api/exports/{}/file", owner.export(), shown=False),
    "POST api/violations/review": lambda owner: review_many(owner.violation()),
    "GET api/waivers": lambda owner: listing("/api/waivers", owner.waiver()),
    "POST api/waivers": lambda _: Call("/api/waivers", WAIVER),
    "GET api/waivers/<any_uuid:waiver_id>": lambda owner: at("/api/waivers/{}", owner.waiver()),
    "DELETE api/waivers/<any_uuid:waiver_id>": lambda owner: at("/api/waivers/{}", owner.waiver(), shown=False),
    "GET api/compliance/score": lambda owner: listing("/api/compliance/score", owner.scan()),
    "GET api/schedules": lambda owner: listing("/api/schedules", owner.schedule()),
    "POST api/schedules": new_schedule,
    "GET api/schedules/<any_uuid:schedule_id>": lambda owner: at("/api/schedules/{}", owner.schedule()),
    "PATCH api/schedules/<any_uuid:schedule_id>": lambda owner: at(
        "/api/schedules/{}", owner.schedule(), body={"name": "New"}
    ),
    "DELETE api/schedules/<any_uuid:schedule_id>": lambda owner: at("/api/schedules/{}", owner.schedule(), shown=False),
    "POST api/schedules/<any_uuid:schedule_id>/run": lambda owner: at("/api/schedules/{}/run", owner.schedule()),
    "GET api/schedules/<any_uuid:schedule_id>/runs": runs_of,
    "GET api/sources": lambda owner: listing("/api/sources", owner.source()),
    "POST api/sources": lambda _: Call("/api/sources", bodies.SOURCE),
    "GET api/sources/<any_uuid:source_id>": lambda owner: at("/api/sources/{}", owner.source()),
    "DELETE api/sources/<any_uuid:source_id>": lambda owner: at("/api/sources/{}", owner.source(), shown=False),
    "POST api/sources/<any_uuid:source_id>/import": lambda owner: at("/api/sources/{}/import", owner.source()),
    "GET api/sources/<any_uuid:source_id>/imports": imports_of,
    "GET api/sources/<any_uuid:source_id>/imports/<any_uuid:import_id>": one_import,
}


ROUTES = dict(routes())


def test_every_route_is_covered_here() -> None:
    assert set(ROUTES) == set(CALLS)


@pytest.fixture(params=sorted(CALLS))
def route(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_owner_succeeds_where_a_stranger_who_may_do_everything_learns_and_changes_nothing(route: str) -> None:
    owner, stranger = Owner(), Owner()
    method, call = route.split()[0], CALLS[route](owner)
    before = standing(owner.group)
    answer = send(method, call, stranger.key())
    if call.named:
        unknown = send(method, call.with_unknown_ids(), stranger.key())
        assert (answer.status_code, without_ids(answer)) == (404, without_ids(unknown))
    assert [shown for shown in call.shown if shown in answer.content.decode()] == []
    assert standing(owner.group) == before
    answer = send(method, call, owner.key())
    assert 200 <= answer.status_code < 300, answer.content
    assert [shown for shown in call.shown if shown not in answer.content.decode()] == []


def test_whoever_lacks_the_permission_or_the_account_group_is_refused(route: str) -> None:
    owner, declared = Owner(), ROUTES[route].permissions
    method, call = route.split()[0], CALLS[route](owner)
    if isinstance(declared, str):
        pytest.skip("open to every key, and of no account group")
    others = [word for word in Permission.values if word != declared[method]]
    colleague = factories.key_text(owner.group, permissions=others)
    before = standing(owner.group)
    refused = [send(method, call, colleague), send(method, call, Owner().key(), **{"X-Account-Group": owner.group.pk})]
    assert [(answer.status_code, answer.json()["error"]) for answer in refused] == [(403, "FORBIDDEN")] * 2
    assert standing(owner.group) == before


def test_whoever_has_no_living_key_gets_one_and_the_same_answer(route: str) -> None:
    owner = Owner()
    method, call = route.split()[0], CALLS[route](owner)
    keys = {"none": None, "revoked": _revoked(owner.group), "expired": _expired(owner.group), "unknown": "sk_live_x"}
    before = standing(owner.group)
    answers = {why: send(method, call, key) for why, key in keys.items()}
    assert {answer.status_code for answer in answers.values()} == {401}
    assert len({answer.content for answer in answers.values()}) == 1
    assert answers["none"].json()["error"] == "UNAUTHORIZED"
    assert standing(owner.group) == before


def test_a_malformed_id_is_one_that_does_not_exist(route: str) -> None:
    if "<any_uuid:" not in route:
        pytest.skip("no id in the path")
    owner = Owner()
    method, call = route.split()[0], CALLS[route](owner)
    (named,) = call.named
    unknown = send(method, call.with_unknown_ids(), owner.key())
    for malformed in ("nonsense", "1", named[:-1], named.replace("-", ""), "{" + named + "}", "%00", "%ff"):
        answer = send(method, replace(call, path=call.path.replace(named, malformed)), owner.key())
        assert (answer.status_code, answer.content) == (404, unknown.content), malformed


def _revoked(group: AccountGroup) -> str:
    key, text = issue_key(groups=[group], permissions=factories.ALL, name="revoked", actor=factories.ACTOR)
    revoke_key(key=key, actor=factories.ACTOR)
    return text


def _expired(group: AccountGroup) -> str:
    key, text = issue_key(groups=[group], permissions=factories.ALL, name="expired", actor=factories.ACTOR)
    now = timezone.now()
    ApiKey.objects.filter(pk=key.pk).update(created_at=now - timedelta(days=2), expires_at=now - timedelta(days=1))
    return text


def test_a_scan_that_was_deleted_is_gone_from_every_route() -> None:
    owner = Owner()
    scan = factories.completed(owner.group)
    violation = str(Violation.objects.get(scan=scan).pk)
    key, path = owner.key(), f"/api/scan/{scan.pk}"
    assert send("DELETE", Call(path), key).json() == {"success": True}
    for call in (
        path,
        f"/api/violations/{violation}",
        f"/api/violations?scan_id={scan.pk}",
        f"/api/compliance/score?scan_id={scan.pk}",
    ):
        assert send("GET", Call(call), key).status_code == 404, call
    assert send("PATCH", Call(f"/api/violations/{violation}", {"status": "approved"}), key).status_code == 404
    for call in ("/api/scan", "/api/scan/history", "/api/violations"):
        assert str(scan.pk) not in send("GET", Call(call), key).content.decode()
    assert ComplianceScan.objects.get(pk=scan.pk).hidden_by
