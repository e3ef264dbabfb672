"""Which rows of compliance a caller may see or a job needs. Nothing outside reads `.objects` unscoped."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Case, Count, Exists, F, OuterRef, Prefetch, Q, Subquery, Value, When
from django.db.models.functions import MD5, Cast, Coalesce, Now

from accounts.models import User
from accounts.queries import GroupQuerySet
from compliance.engine.score import WEIGHTS
from compliance.enums import LIVE_RUNS, AuditStatus, ReviewStatus, RunState, UploadStatus
from jobs.enums import FINAL, LIVE, Status
from jobs.queries import JobQuerySet

if TYPE_CHECKING:
    from accounts.models import AccountGroup
    from compliance.models import ComplianceScan, Export, Upload


class UploadQuerySet(GroupQuerySet):
    def past(self, days: int) -> Self:
        """Those with content that were received more than `days` days ago."""
        return self.filter(deleted_at__isnull=True, created_at__lt=Now() - timedelta(days=days)).exclude(records="")

    def unmapped(self) -> Self:
        """Those that can be read, and nobody has said which column is what."""
        mapped = self.model._meta.get_field("mappings").related_model._default_manager.filter(upload=OuterRef("pk"))
        return self.filter(~Exists(mapped), status=UploadStatus.READY)


class PolicyQuerySet(GroupQuerySet):
    def in_use(self) -> Self:
        return self.filter(archived_at__isnull=True)


class ListQuerySet(GroupQuerySet):
    def with_newest(self) -> Self:
        """Each list with `version`, `value_count` and `sha256` of its newest version, and `updated_at`."""
        newest = self.model._meta.get_field("versions").related_model._default_manager.filter(list=OuterRef("pk"))
        shown = {"version": "number", "value_count": "value_count", "sha256": "sha256", "updated_at": "created_at"}
        columns = {name: Subquery(newest.order_by("-number").values(of)[:1]) for name, of in shown.items()}
        return self.annotate(**columns)


class AuditQuerySet(GroupQuerySet):
    def with_status(self) -> Self:
        """Adds `status` (an AuditStatus) and `newest_scan_id`: of its scans that nobody deleted or cancelled."""
        scan: Any = self.model._meta.get_field("scans").related_model
        violation = scan._meta.get_field("violations").related_model
        scans = scan.objects.shown().exclude(status=Status.CANCELLED).filter(audit=OuterRef("pk"))
        newest = scans.order_by("-created_at", "-pk")
        pending = violation.objects.visible().filter(scan=OuterRef("newest_scan_id")).undecided()
        decided = Q(newest_scan_status=Status.COMPLETED) & ~Q(Exists(pending))
        return self.annotate(
            newest_scan_id=Subquery(newest.values("pk")[:1]), newest_scan_status=Subquery(newest.values("status")[:1])
        ).annotate(
            status=Case(
                When(closed_at__isnull=False, then=Value(AuditStatus.CLOSED.value)),
                When(newest_scan_id__isnull=True, then=Value(AuditStatus.PLANNED.value)),
                When(decided, then=Value(AuditStatus.COMPLETED.value)),
                default=Value(AuditStatus.ACTIVE.value),
            )
        )

    def with_counts(self) -> Self:
        """Adds `scan_count` and `upload_count` (different uploads), of scans that nobody deleted: of the rows shown."""
        scan: Any = self.model._meta.get_field("scans").related_model
        scans = scan.objects.shown().filter(audit=OuterRef("pk")).order_by().values("audit")
        counts = {"scan_count": Count("pk"), "upload_count": Count("upload", distinct=True)}
        return self.annotate(
            **{name: Coalesce(Subquery(scans.annotate(many=many).values("many")), 0) for name, many in counts.items()}
        )


class WaiverQuerySet(GroupQuerySet):
    def in_force(self) -> Self:
        """By the database's clock."""
        return self.filter(ended_at__isnull=True, expires_at__gt=Now())

    def overdue(self) -> Self:
        """Expired, and nobody has taken the consequences yet."""
        return self.filter(ended_at__isnull=True, expires_at__lte=Now())


class ScanQuerySet(JobQuerySet):
    def shown(self) -> Self:
        """Without those a partner has deleted."""
        return self.filter(hidden_at__isnull=True)

    def completed(self) -> Self:
        return self.filter(status=Status.COMPLETED)

    def needing(self, upload: Upload) -> Self:
        """Queued and running scans of this upload, or with it as context."""
        return self.live().filter(Q(upload=upload) | Q(context_uploads__contains=[str(upload.pk)]))

    def with_evidence(self) -> Self:
        """Completed, with a file of findings or of evidence; a deleted scan keeps the latter for the next decisions."""
        return self.completed().exclude(findings="", evidence="")

    def past(self, days: int) -> Self:
        """Those with evidence that completed more than `days` days ago; not while an export is being made of it."""
        old = self.with_evidence().filter(completed_at__lt=Now() - timedelta(days=days))
        return old.exclude(exports__status__in=LIVE)

    def fallen(self) -> Self:
        """Those whose score is below that which the scan before had when they completed: a decision on the older one
        that comes afterwards lowers nothing.
        """
        steps: Any = self.model._meta.get_field("score_events").related_model
        then = steps._default_manager.filter(scan=OuterRef("previous_scan"), at__lte=OuterRef("completed_at"))
        scored = Coalesce(Subquery(then.order_by("-sequence").values("score")[:1]), F("previous_scan__score"))
        moved = Q(previous_scan__updated_at__gt=F("completed_at"))  # else it stands as it stood, which costs nothing
        before = Case(When(moved, then=scored), default=F("previous_scan__score"))
        return self.completed().shown().alias(score_before=before).filter(score__lt=F("score_before"))

    def newest(self) -> Self:
        """The newest completed scan of each policy: what is to be reviewed. One look into the index a policy."""
        policies = self.model._meta.get_field("policy").related_model._default_manager
        scans = self.model.objects.completed().shown().filter(policy=OuterRef("pk")).order_by("-created_at", "-pk")
        return self.filter(pk__in=policies.annotate(newest=Subquery(scans.values("pk")[:1])).values("newest"))

    def previous_of(self, scan: ComplianceScan) -> Self:
        """Completed scans of the same policy created before `scan`, newest first; deleted ones count, too."""
        earlier = Q(created_at__lt=scan.created_at) | Q(created_at=scan.created_at, pk__lt=scan.pk)
        same = self.completed().filter(group_id=scan.group_id, policy_id=scan.policy_id)
        return same.filter(earlier).order_by("-created_at", "-pk")

    def newer_than(self, scan: ComplianceScan) -> Self:
        """Completed scans of the same policy created after `scan` that nobody has deleted, newest first."""
        later = Q(created_at__gt=scan.created_at) | Q(created_at=scan.created_at, pk__gt=scan.pk)
        same = self.completed().shown().filter(group_id=scan.group_id, policy_id=scan.policy_id)
        return same.filter(later).order_by("-created_at", "-pk")


if TYPE_CHECKING:  # generic in the stubs only
    _CharField = models.CharField[str, str]
else:
    _CharField = models.CharField


class Name(_CharField):
    """PostgreSQL's type of identifiers: a text cut off at 63 bytes. Casting to it leaks nothing, as row-level security
    puts it, so that an index of it is used for partners, too; left() is not believed to be so.
    """

    def db_type(self, connection: Any) -> str:
        return "name"

    cast_db_type = db_type


BEGINNING = 59  # bytes of a beginning that is looked for; four more are one character's
ACCOUNT_BEGINNING = Cast("account", Name())
OPEN = ~Q(status=ReviewStatus.FALSE_POSITIVE) & Q(waiver__isnull=True)
"""What makes a violation count in the score."""


class ViolationQuerySet(models.QuerySet[Any]):
    def of_newest(self, scans: ScanQuerySet) -> Self:
        """Of the newest scan of each policy among `scans`; what older ones found is history."""
        return self.filter(scan__in=scans.newest().values("pk"), attempt=F("scan__visible_attempt"))

    def on_account(self, account: str) -> Self:
        """Through the index of the beginnings of accounts, which may be longer than an entry of an index."""
        return self.alias(beginning=ACCOUNT_BEGINNING).filter(beginning=Cast(Value(account), Name()), account=account)

    def on_accounts_like(self, beginning: str) -> Self:
        """Those on accounts that begin with `beginning`, in its own spelling."""
        first = beginning.encode()[:BEGINNING].decode(errors="ignore")
        between = (Cast(Value(first), Name()), Cast(Value(f"{first}\U0010ffff"), Name()))
        begun = self.alias(beginning=ACCOUNT_BEGINNING).filter(beginning__range=between)
        return begun.filter(account__startswith=beginning)

    def open(self) -> Self:
        """What counts in the score."""
        return self.filter(OPEN)

    def ranked(self) -> Self:
        """Adds `rank`, the weight of the severity, and `size`, the amount or 0: what a list sorts by, never null."""
        weights = [When(severity=word, then=Value(weight)) for word, weight in WEIGHTS.items()]
        return self.annotate(rank=Case(*weights, default=Value(0)), size=Coalesce("amount", Value(Decimal(0))))

    def undecided(self) -> Self:
        """Nobody has decided on them, and nobody answers for them by a waiver."""
        return self.filter(status=ReviewStatus.PENDING, waiver__isnull=True)

    def visible(self) -> Self:
        """Of completed scans that nobody has deleted: half-written attempts are never seen."""
        return self.filter(scan__visible_attempt=F("attempt"), scan__hidden_at__isnull=True)

    def for_group(self, group: AccountGroup) -> Self:
        return self.filter(scan__group=group)

    def of_scan(self, scan: ComplianceScan) -> Self:
        return self.filter(scan=scan, attempt=scan.visible_attempt)

    def also_in(self, scan: ComplianceScan) -> Self:
        """Violations whose signature stands in `scan`, too."""
        return self.filter(self._same_in(scan))

    def missing_from(self, scan: ComplianceScan) -> Self:
        """Violations whose signature does not stand in `scan`."""
        return self.filter(~self._same_in(scan))

    def resolved_by(self, scan: ComplianceScan) -> Self:
        """Violations of the previous scan whose signature is gone in `scan`; none without a previous one."""
        return self.missing_from(scan).filter(scan_id=scan.previous_scan_id)

    def _same_in(self, scan: ComplianceScan) -> Exists:
        same = self.model.objects.of_scan(scan).annotate(account_hash=MD5("account"))
        return Exists(
            same.filter(rule_id=OuterRef("rule_id"), account_hash=MD5(OuterRef("account")), account=OuterRef("account"))
        )


class ExportQuerySet(JobQuerySet):
    def shown(self) -> Self:
        """Without those of scans a partner has deleted."""
        return self.filter(scan__hidden_at__isnull=True)

    def kept(self) -> Self:
        """Those whose file is there."""
        return self.filter(status=Status.COMPLETED, removed_at__isnull=True)

    def same_as(self, wanted: Export, *, seconds: int) -> Self:
        """Exports of the same scan, unchanged since: under way, or kept for another `seconds` at least."""
        lasting = Q(status__in=LIVE) | Q(
            status=Status.COMPLETED, removed_at__isnull=True, expires_at__gt=Now() + timedelta(seconds=seconds)
        )
        return self.filter(
            lasting, scan_id=wanted.scan_id, format=wanted.format, include_input=wanted.include_input,
            scan_version=wanted.scan_version,
        )  # fmt: skip

    def expired(self) -> Self:
        """Kept, and their time is over or their scan deleted."""
        return self.kept().filter(Q(expires_at__lte=Now()) | Q(scan__hidden_at__isnull=False))


class SourceQuerySet(GroupQuerySet):
    def in_use(self) -> Self:
        return self.filter(deleted_at__isnull=True)


class ScheduleQuerySet(GroupQuerySet):
    def with_last_run(self) -> Self:
        """Each schedule with `newest_run`: a list of its newest run, or of none."""
        runs = self.model._meta.get_field("runs").related_model._default_manager.select_related("source_import")
        newest = runs.order_by("schedule_id", "-created_at", "-pk").distinct("schedule_id")
        return self.prefetch_related(Prefetch("runs", newest, to_attr="newest_run"))

    def with_last_state(self) -> Self:
        """Each schedule with `last_state` and `last_due_at` of its newest run."""
        runs = self.model._meta.get_field("runs").related_model._default_manager.filter(schedule=OuterRef("pk"))
        newest = runs.order_by("-created_at", "-pk")
        return self.annotate(
            last_state=Subquery(newest.values("state")[:1]), last_due_at=Subquery(newest.values("due_at")[:1])
        )

    def in_use(self) -> Self:
        return self.filter(deleted_at__isnull=True)

    def due(self) -> Self:
        return self.filter(is_active=True, next_run_at__lte=Now())


class CaseQuerySet(GroupQuerySet):
    def with_assignee(self) -> Self:
        return self.select_related("assignee").defer(*(f"assignee__{name}" for name in User.unreadable))


class RunQuerySet(models.QuerySet[Any]):
    def for_group(self, group: AccountGroup) -> Self:
        return self.filter(schedule__group=group)

    def live(self) -> Self:
        return self.filter(state__in=LIVE_RUNS)

    def stalled(self) -> Self:
        """Their import or scan is over, and they have not been moved on."""
        imported = Q(state=RunState.IMPORTING, source_import__status__in=FINAL)
        return self.filter(imported | Q(state=RunState.SCANNING, scan__status__in=FINAL))

    def judged(self) -> Self:
        """Those that came to a result, good or bad."""
        return self.filter(state__in=(RunState.SCANNED, RunState.UNCHANGED, RunState.FAILED))

    def to_tell(self) -> Self:
        return self.filter(notify_after__lte=Now())
