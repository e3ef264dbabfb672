"""Deciding on violations from staff pages, one by one or many at once: what is sent, and what is said afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest
from django.template.defaultfilters import date

from accounts.requester import Requester
from compliance.actions.bulk_reviews import Reviewed, review_many
from compliance.actions.reviews import locked_scan, review_violation
from compliance.enums import ReviewStatus
from compliance.models import ComplianceScan, Violation
from web.errors import Conflict

REVIEW = "compliance.review_violation"
_KEPT = "review_note_kept"  # in the session: a note whose decision was refused
_MOST_TOLD = 5  # scans whose scores a message has


@dataclass(frozen=True)
class Decision:
    """`key` on the page of a violation sends it."""

    status: ReviewStatus
    label: str
    meaning: str
    key: str


DECISIONS = (
    Decision(ReviewStatus.APPROVED, "Approve", "it is a violation", "a"),
    Decision(ReviewStatus.FALSE_POSITIVE, "False positive", "it is none", "f"),
    Decision(ReviewStatus.DISPUTED, "Dispute", "it has to be looked at again", "d"),
    Decision(ReviewStatus.PENDING, "Reopen", "nobody has decided yet", "r"),
)
_CHOICES = [(known.status.value, f"{known.label}: {known.meaning}") for known in DECISIONS]
_DONE = {
    ReviewStatus.APPROVED: "approved",
    ReviewStatus.FALSE_POSITIVE: "a false positive",
    ReviewStatus.DISPUTED: "disputed",
    ReviewStatus.PENDING: "reopened",
}


class ReviewForm(forms.Form):
    status = forms.ChoiceField(choices=[("", "choose"), *_CHOICES], label="Decision")
    note = forms.CharField(
        required=False,
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Empty: the old one stays.",
    )


class ManyReviewForm(ReviewForm):
    """`versions`, the sum of those the reviewer saw, grows with every decision that somebody takes meanwhile."""

    versions = forms.IntegerField(required=False, widget=forms.HiddenInput)


def versions_of(violations: list[Violation]) -> dict[str, Any]:
    return {"versions": sum(violation.version for violation in violations)}


class OneReviewForm(ReviewForm):
    """`version` is the one the reviewer saw: a decision taken meanwhile is not overwritten unseen."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    note = forms.CharField(
        required=False,
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 2, "aria-keyshortcuts": "n"}),
        help_text="Empty: the old one stays.",
    )


def may_review(request: HttpRequest) -> bool:
    return bool(request.user.has_perm(REVIEW))


def decide(request: HttpRequest, violation: Violation, form: OneReviewForm) -> None:
    """Take the decision and say how the score moved. Refused, Conflict when somebody was faster."""
    before: list[Decimal | None] = []

    def unchanged(now: Violation) -> None:
        if now.version != form.cleaned_data["version"]:
            raise Conflict(_meanwhile(now))
        # The scan is locked by now: nothing moves its score before this decision does.
        before.append(ComplianceScan.objects.values_list("score", flat=True).get(pk=now.scan_id))

    status = ReviewStatus(form.cleaned_data["status"])
    decided, score = review_violation(
        violation=violation, by=Requester.staff(request, violation.scan.group), status=status,
        note=form.cleaned_data["note"] or None, check=unchanged,
    )  # fmt: skip
    if decided.proposed_status:
        messages.warning(
            request,
            f"{decided}: proposed as a false positive. It counts as one when a second person agrees; until then the "
            f"score stays {score}.",
        )
    else:
        messages.success(request, f"{decided}: {_DONE[status]}. Score {before[0]} → {score}.")


def decide_many(request: HttpRequest, violations: list[Violation], form: Any) -> str:
    """One decision on all of them, scan by scan; what is to be said about it. Conflict when somebody was faster."""
    seen = form.cleaned_data["versions"]
    chosen = Violation.objects.filter(pk__in=[violation.pk for violation in violations])
    found = {violation.scan_id: violation.scan for violation in violations}
    scans = sorted(found.values(), key=lambda scan: (scan.group_id, scan.pk))
    done: list[tuple[ComplianceScan, Decimal | None, Reviewed]] = []
    with transaction.atomic():
        # Always in one order, of groups (their audit logs) and scans: two who review at once do not wait for each other
        # for ever.
        before = {scan.pk: locked_scan(scan.pk).score for scan in scans}
        if seen not in (None, versions_of(list(chosen.only("version")))["versions"]):
            raise Conflict("On some of them somebody has decided meanwhile, so nothing was changed. Select them again.")
        for scan in scans:
            reviewed = review_many(
                violations=chosen, scan=scan, by=Requester.staff(request, scan.group),
                status=ReviewStatus(form.cleaned_data["status"]), note=form.cleaned_data["note"] or None,
            )  # fmt: skip
            done.append((scan, before[scan.pk], reviewed))
    return _told(done)


def keep_note(request: HttpRequest, violation: Violation) -> None:
    """What was written is not lost when the decision is refused."""
    request.session[_KEPT] = [str(violation.pk), request.POST.get("note", "")]


def kept_note(request: HttpRequest, violation: Violation) -> str:
    pk, note = request.session.get(_KEPT, ("", ""))
    if pk != str(violation.pk):
        return ""
    del request.session[_KEPT]
    return str(note)


def _meanwhile(now: Violation) -> str:
    """Who was faster, with what."""
    if now.proposed_status:
        who, what, at = now.proposed_by, "proposed it as a false positive", now.proposed_at
    elif now.status == ReviewStatus.PENDING:
        return f"{now} was reopened meanwhile, so nothing was changed. Look at it again, then decide."
    else:
        who, what, at = now.reviewed_by, f"decided: {_DONE[ReviewStatus(now.status)]}", now.reviewed_at
    return (
        f"{who} has decided on it meanwhile ({what}, {date(at, 'DATETIME_FORMAT')}), so nothing was changed. "
        "Look at it again, then decide."
    )


def _told(done: list[tuple[ComplianceScan, Decimal | None, Reviewed]]) -> str:
    moved = "; ".join(f"{scan}: score {before} → {each.score}" for scan, before, each in done[:_MOST_TOLD])
    waiting = sum(each.proposed for _, _, each in done)
    told = [f"Reviewed: {sum(each.reviewed for _, _, each in done) - waiting:,}. {moved}."]
    if idle := sum(each.unchanged for _, _, each in done):
        told.append(f"Decided just so already: {idle:,}.")
    if waiting:
        told.append(f"Waiting for a second person: {waiting:,}. Until then they count as before.")
    return " ".join(told)
