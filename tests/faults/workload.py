"""Jobs of the three kinds, asked for over REST by several account groups, the same for the same seed."""

from __future__ import annotations

import os
import random
import tempfile
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from accounts.models import AccountGroup
from compliance.demo.ledger import MIN_RECORDS, write_ledger
from tests.compliance import factories as compliance
from tests.faults.house import House
from tests.faults.patient import Patient
from tests.partner import Partner
from tests.prospecting import jobs as prospecting
from tests.scans import factories as signals
from tests.scans.watching import SCANS
from tests.until import until

LONG = os.environ.get("FAULTS") == "long"  # make faults
SCAN, JOB, SIGNALS = "compliance_scan", "prospecting_job", "signal_scan"
KINDS = (SCAN, JOB, SIGNALS)
AT_ONCE = 6  # jobs that a group has asked for and not yet seen the end of
LEADS = 40  # rows of a file, some of them of nobody and some of people it has already
LOOKED_AT = 6  # companies of one signal scan
COMPANIES = 14  # of a group, so that its scans meet at some of them
ITEMS = ({"source": "company_news", "keywords": ["company"]}, {"source": "job_opening", "keywords": ["role"]})
TITLES = ("Head of Finance", "Data Engineer", "Chief Technology Officer", "Sales Manager", "Legal Counsel", "")
PERMISSIONS = tuple({*compliance.ALL, *prospecting.ALL, *signals.ALL})


class Asked(NamedTuple):
    """The `number`th job of its kind in a group."""

    kind: str
    number: int


@dataclass(frozen=True)
class Size:
    """Of a workload: jobs in all are `groups` x `each` x 3. `each` is even, as scans come in pairs."""

    groups: int
    each: int

    @property
    def jobs(self) -> int:
        return self.groups * self.each * len(KINDS)


class Tenant:
    """One account group: what it asks for, in which order, and the ids it was answered.

    `shown`: for each scan, how many results were read at a time while it ran; nobody may ever read a part of them.
    """

    def __init__(self, house: House, number: int, each: int, draw: random.Random) -> None:
        self.house, self.number, self.each = house, number, each
        self.group: AccountGroup = prospecting.group(1_000_000, name=f"Tenant {number}")
        self.client = Patient(house.address, compliance.key_text(self.group, permissions=PERMISSIONS))
        self.base = f"/v1/accounts/{self.group.pk}"
        self.ids: dict[Asked, str] = {}
        self.shown: defaultdict[Asked, set[int]] = defaultdict(set)
        self.seen: set[Asked] = set()  # those whose end was seen
        self._bodies: dict[Asked, dict[str, Any]] = {}
        self._prepare(draw)
        self.order = list(self._bodies)
        draw.shuffle(self.order)
        self.order.sort(key=_place)

    def _prepare(self, draw: random.Random) -> None:
        """Everything the jobs are about; what takes part in no fault."""
        uploads = [self._ledger(month) for month in (1, 2)]
        partner = Partner(self.client.http, self.client.http.headers["Authorization"][7:], self.group)
        companies = [self._company(number) for number in range(COMPANIES)]
        specification = signals.specification(self.group, *ITEMS).pk
        for number in range(self.each):
            if number % 2 == 0:
                policy = partner.pack()
            self._bodies[Asked(SCAN, number)] = {"policy_id": policy, **uploads[number % 2]}
            self._bodies[Asked(JOB, number)] = {
                "source": "file_upload", "fileId": self._leads(number, draw), "audienceName": f"Leads {number}"
            }  # fmt: skip
            people = [person for company in draw.sample(companies, LOOKED_AT) for person in company.prospects.all()]
            self._bodies[Asked(SIGNALS, number)] = {
                "signalSpecificationId": specification, "audienceId": signals.audience(self.group, *people).pk
            }  # fmt: skip

    def _ledger(self, month: int) -> dict[str, str]:
        partner = Partner(self.client.http, self.client.http.headers["Authorization"][7:], self.group)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "ledger.csv"
            write_ledger(path, seed=self.number, month=month, records=MIN_RECORDS)
            upload = partner.upload(path.read_bytes())
        mapping = partner.confirm(upload, upload["suggested_mapping"])
        return {"upload_id": upload["upload_id"], "mapping_id": mapping}

    def _company(self, number: int) -> Any:
        known = self.house.world.companies[f"c{number}"]
        made = signals.company(self.group, **known.sources(self.house.world.base), key=f"c{number}.example")
        signals.prospect(self.group, company=made, name=f"Person {number}", public_identifier=f"person-{number}")
        return made

    def _leads(self, number: int, draw: random.Random) -> str:
        """The id of a file: its people are in no other, their companies are; every tenth row names nobody."""
        rows = ["First Name,Last Name,Work Email,Job Title,Company,Company Domain,Country"]
        for row in range(LEADS):
            employer = draw.randrange(COMPANIES)
            place = f"Employer {employer},employer{employer}.com,{draw.choice(['Austria', 'DE', 'France'])}"
            person = f"Ann{row},Lee{number},ann{row}.lee{number}@employer{employer}.com"
            rows.append(f"{',,' if row % 10 == 9 else person},{draw.choice(TITLES)},{place}")
        rows += rows[1:6]
        sent = {"file": (f"leads{number}.csv", "\n".join(rows))}
        return str(self.client.document("POST", f"{self.base}/files", files=sent)["fileId"])

    def drive(self, fail: Callable[[], None], may_start: Callable[[Asked], bool]) -> None:
        """Ask for everything, AT_ONCE at a time, each once it may start, and see the end of it.

        `fail` raises when others have failed.
        """
        waiting = deque(self.order)

        def go_on() -> None:
            with suppress(IndexError):  # nothing is left to be asked for
                while asked := waiting.popleft():
                    until(lambda: fail() or self.client.given_up or may_start(asked), f"leave to start {asked}")  # noqa: B023
                    self._await_the_one_before(asked, fail)
                    self.start(asked)
                    self.see_end(asked)
                    self.seen.add(asked)

        with ThreadPoolExecutor(AT_ONCE) as threads:
            for done in [threads.submit(go_on) for _ in range(AT_ONCE)]:
                done.result()

    def _await_the_one_before(self, asked: Asked, fail: Callable[[], None]) -> None:
        """The second scan of a policy must find the first completed, to be compared with it in every run."""
        if asked.kind == SCAN and asked.number % 2 == 1:
            before = Asked(SCAN, asked.number - 1)
            until(lambda: fail() or self.client.given_up or before in self.seen, f"the end of {before}")

    def again(self, some: Iterable[Asked]) -> None:
        """Ask for the same anew, one after the other."""
        for asked in some:
            self.start(asked, key="again")
            self.see_end(asked)

    def start(self, asked: Asked, key: str = "once") -> None:
        path, name = {
            SCAN: ("/api/scan/run", "scan_id"), JOB: (f"{self.base}/prospecting", "jobId"),
            SIGNALS: (f"{self.base}{SCANS}", "scanId"),
        }[asked.kind]  # fmt: skip
        headers = {"Idempotency-Key": f"{asked.kind}-{asked.number}-{key}", "Prefer": "respond-async"}
        answer = self.client.document("POST", path, json=self._bodies[asked], headers=headers)
        self.ids[asked] = str(answer[name])

    def see_end(self, asked: Asked) -> None:
        """Look at the job, and at what is shown of it, until it is over and once more."""
        while self._look(asked) in ("pending", "queued", "running"):
            self._read(asked)
        self._read(asked)

    def _look(self, asked: Asked) -> str:
        job = self.ids[asked]
        path = {
            SCAN: f"/api/scan/{job}", JOB: f"{self.base}/prospecting/{job}", SIGNALS: f"{self.base}{SCANS}/{job}"
        }[asked.kind]  # fmt: skip
        return str(self.client.document("GET", path, headers={"Prefer": "wait=2"})["status"])

    def _read(self, asked: Asked) -> None:
        job = self.ids[asked]
        if asked.kind == SCAN:
            page = self.client.document("GET", f"/api/violations?scan_id={job}&limit=100")["violations"]
            self.shown[asked].add(len(page))
        elif asked.kind == SIGNALS:
            page = self.client.document("GET", f"{self.base}{SCANS}/{job}/results?limit=100")["items"]
            self.shown[asked].add(len(page))


def _round(asked: Asked) -> int:
    """Jobs are asked for in rounds, two of each kind and group."""
    return asked.number // 2


def _place(asked: Asked) -> tuple[int, bool]:
    """Those of a round mixed, but for its prospecting jobs and the second scan of a policy, which come last."""
    return _round(asked), asked.kind == JOB or (asked.kind == SCAN and asked.number % 2 == 1)


class Workload(AbstractContextManager["Workload"]):
    """All tenants of one run. They start what was released: each fault is to find jobs of every kind, however fast the
    machine is."""

    def __init__(self, house: House, size: Size, seed: int) -> None:
        draw = random.Random(seed)
        self.house, self.size = house, size
        self.tenants = [Tenant(house, number, size.each, draw) for number in range(size.groups)]
        self._driving: list[Future[None]] = []
        self._released = dict.fromkeys(KINDS, 0)  # rounds

    @property
    def groups(self) -> list[AccountGroup]:
        return [tenant.group for tenant in self.tenants]

    @property
    def rounds(self) -> int:
        return self.size.each // 2

    def release(self, *kinds: str, rounds: int = 1) -> None:
        """Let all tenants start so many more rounds of the jobs of these kinds."""
        for kind in kinds:
            self._released[kind] += rounds

    def _may_start(self, asked: Asked) -> bool:
        return _round(asked) < self._released[asked.kind]

    @contextmanager
    def driven(self) -> Iterator[None]:
        """While inside, every tenant goes on with what is released; left once all have seen the end of everything."""
        with ThreadPoolExecutor(len(self.tenants)) as threads:
            self._driving = [threads.submit(tenant.drive, self.check, self._may_start) for tenant in self.tenants]
            try:
                yield
                self.release(*KINDS, rounds=self.rounds)
            except BaseException:
                for tenant in self.tenants:
                    tenant.client.given_up = True
                raise
        self.check()

    def __exit__(self, *fault: object) -> None:
        for tenant in self.tenants:
            tenant.client.http.close()

    def check(self) -> None:
        """Raise what a tenant met with, if one did."""
        for each in self._driving:
            if each.done():
                each.result()

    @property
    def is_over(self) -> bool:
        return all(each.done() for each in self._driving)
