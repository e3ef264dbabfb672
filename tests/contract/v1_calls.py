"""A request to every route of v1, with what its owner must have for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from accounts import credits
from accounts.actions import issue_key
from accounts.enums import Permission
from accounts.models import AccountGroup
from accounts.requester import Requester
from prospecting.models import Folder, ProviderIdentity, RowError
from tests.contract.calls import Call
from tests.prospecting import jobs, people
from tests.scans import factories as scans

FORM = "multipart/form-data; boundary=edge"
FILE = (
    b'--edge\r\nContent-Disposition: form-data; name="file"; filename="leads.csv"\r\n\r\n'
    b"First name,Last name,Work e-mail\r\nJane,Doe,jane.doe@example.com\r\n\r\n--edge--\r\n"
)
AT = "2026-11-20T10:00:00.123456+00:00"
IMPORTED = {"origin": "import", "at": AT, "confidence": 1.0}
JANE = {
    "first_name": "Jane", "last_name": "Doe", "name": "Jane Doe", "headline": "Building things at Example",
    "linkedin_url": "https://www.linkedin.com/in/jane-doe", "public_identifier": "jane-doe", "title": "Head of Sales",
    "seniority": "head", "department": "sales", "location": "Berlin, Germany", "country": "DE",
    "email": "jane.doe@example.com", "email_status": "valid",
    "provenance": {"email": IMPORTED, "title": IMPORTED, "seniority": {**IMPORTED, "origin": "titles"}},
}  # fmt: skip
ITEMS = [{"source": "company_news", "keywords": ["funding OR acquisition"], "excludeKeywords": ["rumour"]}]


@dataclass
class Owner:
    """Makes, in its own account group, what a call needs."""

    group: AccountGroup = field(default_factory=lambda: scans.group("Acme GmbH"))

    def key(self, permissions: Any = Permission.values) -> str:
        group = self.group
        return issue_key(groups=[group], permissions=permissions, name="tests", actor=scans.ACTOR, test=group.sandbox)[
            1
        ]

    def in_sandbox(self) -> Owner:
        """Its keys are test keys, which reach the sandbox provider."""
        self.group.sandbox = True
        self.group.save()
        return self

    def path(self, *words: str) -> str:
        return "/".join(["/v1/accounts", self.group.pk, *words])

    def call(self, path: str, body: Any = None, *, named: tuple[str, ...] = (), shown: tuple[str, ...] = ()) -> Call:
        return Call(self.path(path), body, named=named, shown=shown)

    def at(self, path: str, named: str, body: Any = None, *, shown: str | None = None) -> Call:
        """A call whose path names one id, `{}`; its answer shows that id, or another, or with "" none."""
        seen = named if shown is None else shown
        return self.call(path.format(named), body, named=(named,), shown=(seen,) if seen else ())

    def jane(self) -> Any:
        company = people.company(self.group, website="https://example.com", industry="Tools")
        jane = people.prospect(self.group, company=company, **JANE)
        ProviderIdentity.objects.create(
            group=self.group, prospect=jane, provider="import", external_id="crm-4711", person_id="p-4711"
        )
        return jane

    def audience(self) -> str:
        return str(people.audience(self.group, name="Fair visitors", description="Spring 2026").pk)

    def folder(self) -> str:
        return Folder.objects.create(group=self.group, name="2026").pk

    def specification(self) -> str:
        about = {"name": "Growth", "description": "Money came in"}
        return str(scans.specification(self.group, *ITEMS, **about).pk)

    def monitor(self) -> str:
        return str(scans.monitor(self.group).pk)

    def scan(self) -> str:
        return str(scans.scan(self.group).pk)

    def credited(self) -> Owner:
        credits.grant(self.group, 100, Requester.command("tests", self.group))
        return self

    def job(self) -> Any:
        return jobs.job(self.credited().group)


def prospects_of(owner: Owner) -> Call:
    jane = owner.jane()
    audience = str(people.audience(owner.group, jane, name="Fair visitors").pk)
    return owner.at("audiences/{}/prospects", audience, shown=jane.pk)


def navigation(owner: Owner) -> Call:
    folder = owner.folder()
    filed = people.audience(owner.group, name="Fair visitors", folder_id=folder)
    return owner.call("audiences/navigation", shown=(folder, filed.pk, owner.audience()))


def by_provider_id(owner: Owner) -> Call:
    return owner.call("prospects/by-provider-id/crm-4711", shown=(owner.jane().pk,))


def results(owner: Owner) -> Call:
    scan = scans.completed(owner.group, owner.jane())
    return owner.at("signals/scans/{}/results", scan.pk, shown=scan.prospects.get().prospect_id)


def dropped(owner: Owner) -> Call:
    jane = owner.jane()
    scan = scans.completed(owner.group, jane)
    about = {"postLink": "https://social.example/1", "totalLikes": 3}
    scans.finding(scan, jane, verdict="below_score", score=20, posted_at=AT, extra=about)
    return owner.at("signals/scans/{}/dropped", scan.pk, shown=jane.pk)


def signals_of(owner: Owner) -> Call:
    jane = owner.jane()
    scans.completed(owner.group, jane)
    return owner.at("prospects/{}/signals", jane.pk)


def start_scan(owner: Owner) -> Call:
    body = {"signalSpecificationId": owner.specification(), "audienceId": owner.audience()}
    return owner.call("signals/scans", body, named=tuple(body.values()))


def start_job(owner: Owner) -> Call:
    owner.credited()
    records = [{"firstName": "Jane", "lastName": "Doe", "email": "jane.doe@example.com"}]
    audience = owner.audience()
    return owner.call(
        "prospecting", {"source": "records", "records": records, "audienceId": audience}, named=(audience,)
    )


def errors_of(owner: Owner) -> Call:
    job = owner.job()
    RowError.objects.create(
        group=owner.group, job=job, line=3, field="email", reason="is no e-mail address", lost=False,
        raw={"Name": "Jane Doe", "E-mail": "jane.doe"},
    )  # fmt: skip
    return owner.at("prospecting/{}/errors", job.pk, shown="is no e-mail address")


def new_monitor(owner: Owner) -> Call:
    body = {"signalSpecificationId": owner.specification(), "audienceId": owner.audience()}
    cadence = {"cron": "30 7 * * 1-5", "timeZone": "Europe/Vienna"}
    return owner.call("signals/monitors", {**body, "cadence": cadence}, named=tuple(body.values()))


def activities(owner: Owner) -> Call:
    activity = {
        "externalId": "a-1", "type": "post", "prospectId": owner.jane().pk, "text": "We are hiring",
        "url": "https://www.linkedin.com/posts/1", "postedAt": "2026-11-20T10:00:00Z",
    }  # fmt: skip
    return owner.call("activities", {"activities": [activity]})


def move(owner: Owner) -> Call:
    audience, folder = owner.audience(), owner.folder()
    return owner.call(
        f"audiences/{audience}/move-to-folder", {"folderId": folder}, named=(audience, folder), shown=(folder,)
    )  # fmt: skip


def with_first(path: str, make: Callable[[Owner], str]) -> Callable[[Owner], Call]:
    """A list that shows what `make` makes."""
    return lambda owner: owner.call(path, shown=(make(owner),))


def of_one(
    path: str, make: Callable[[Owner], str], body: Any = None, *, shown: str | None = None
) -> Callable[[Owner], Call]:
    return lambda owner: owner.at(path, make(owner), body, shown=shown)


def job_id(owner: Owner) -> str:
    return str(owner.job().pk)


def jane_id(owner: Owner) -> str:
    return str(owner.jane().pk)


_G = "v1/accounts/<object_id:accountGroupId>"
_AUDIENCE, _JOB = f"{_G}/audiences/<object_id:audienceId>", f"{_G}/prospecting/<object_id:jobId>"
_SCAN, _PROSPECT = f"{_G}/signals/scans/<object_id:scanId>", f"{_G}/prospects/<object_id:prospectId>"
_FOLDER = f"{_G}/audiences/folders/<object_id:folderId>"
_SPECIFICATION = f"{_G}/signal-specifications/<object_id:specificationId>"
_MONITOR = f"{_G}/signals/monitors/<object_id:monitorId>"
SPECIFICATION = {"name": "Growth", "description": "Money came in", "specifications": ITEMS}
CALLS: dict[str, Callable[[Owner], Call]] = {
    "GET v1/accounts": lambda owner: Call("/v1/accounts", shown=(owner.group.pk,)),
    f"POST {_G}/activities": activities,
    f"GET {_G}/audiences": with_first("audiences", Owner.audience),
    f"POST {_G}/audiences": lambda owner: owner.call("audiences", {"name": "Fair visitors", "description": "2026"}),
    f"GET {_G}/audiences/navigation": navigation,
    f"POST {_G}/audiences/folders": lambda owner: owner.call("audiences/folders", {"name": "2026"}),
    f"PATCH {_FOLDER}": of_one("audiences/folders/{}", Owner.folder, {"name": "2027"}),
    f"GET {_AUDIENCE}": of_one("audiences/{}", Owner.audience),
    f"PATCH {_AUDIENCE}": of_one("audiences/{}", Owner.audience, {"name": "Fair visitors 2027"}),
    f"DELETE {_AUDIENCE}": of_one("audiences/{}", Owner.audience, shown=""),
    f"POST {_AUDIENCE}/move-to-folder": move,
    f"POST {_AUDIENCE}/remove-from-folder": of_one("audiences/{}/remove-from-folder", Owner.audience),
    f"GET {_AUDIENCE}/prospects": prospects_of,
    f"GET {_PROSPECT}": of_one("prospects/{}", jane_id),
    f"DELETE {_PROSPECT}": of_one("prospects/{}", jane_id, shown=""),
    f"GET {_PROSPECT}/signals": signals_of,
    f"GET {_G}/prospects/by-provider-id/<anything:providerId>": by_provider_id,
    f"POST {_G}/files": lambda owner: Call(owner.path("files"), FILE, FORM),
    f"GET {_G}/prospecting": with_first("prospecting", job_id),
    f"POST {_G}/prospecting": start_job,
    f"GET {_JOB}": of_one("prospecting/{}", job_id),
    f"POST {_JOB}/cancel": of_one("prospecting/{}/cancel", job_id),
    f"GET {_JOB}/errors": errors_of,
    f"GET {_G}/sales-navigator/lead-lists": lambda owner: owner.in_sandbox().call("sales-navigator/lead-lists"),
    f"GET {_G}/sales-navigator/saved-searches": lambda owner: owner.in_sandbox().call("sales-navigator/saved-searches"),
    f"GET {_G}/signal-specifications": with_first("signal-specifications", Owner.specification),
    f"POST {_G}/signal-specifications": lambda owner: owner.call("signal-specifications", SPECIFICATION),
    f"GET {_SPECIFICATION}": of_one("signal-specifications/{}", Owner.specification),
    f"PATCH {_SPECIFICATION}": of_one("signal-specifications/{}", Owner.specification, {"name": "Growth 2027"}),
    f"DELETE {_SPECIFICATION}": of_one("signal-specifications/{}", Owner.specification, shown=""),
    f"GET {_G}/signals/monitors": with_first("signals/monitors", Owner.monitor),
    f"POST {_G}/signals/monitors": new_monitor,
    f"PATCH {_MONITOR}": of_one("signals/monitors/{}", Owner.monitor, {"isActive": False}),
    f"DELETE {_MONITOR}": of_one("signals/monitors/{}", Owner.monitor, shown=""),
    f"GET {_G}/signals/scans": with_first("signals/scans", Owner.scan),
    f"POST {_G}/signals/scans": start_scan,
    f"GET {_SCAN}": of_one("signals/scans/{}", Owner.scan),
    f"POST {_SCAN}/cancel": of_one("signals/scans/{}/cancel", Owner.scan),
    f"GET {_SCAN}/results": results,
    f"GET {_SCAN}/dropped": dropped,
}
