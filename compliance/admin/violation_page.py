"""What the page of a violation shows: why it is one, the evidence with what the rule looks at, and what was decided."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from django.db.models.functions import MD5
from django.http import HttpRequest
from django.template.defaultfilters import linebreaksbr
from django.utils.html import format_html

from accounts.shown import Table
from accounts.staff import link, list_url, visible
from compliance.actions.reviews import newer_scan
from compliance.admin.queue import Queue
from compliance.admin.reviewing import DECISIONS, OneReviewForm, kept_note, may_review
from compliance.admin.shown import money, review_badge, severity_badge
from compliance.enums import ReviewStatus
from compliance.explain import columns_read, found_words, words_of
from compliance.models import ComplianceScan, Review, Violation

SAMPLED = 5  # records that a violation keeps; all others are in the scan's findings file
MOST_OTHERS = 20  # violations of the same account


def rule_of(violation: Violation) -> dict[str, Any]:
    """The rule as it stood when the scan ran."""
    return next(rule for rule in violation.scan.policy_version.rules if rule["rule_id"] == violation.rule_id)


def sections_of(request: HttpRequest, violation: Violation, queue: Queue, url_of: Any) -> dict[str, Any]:
    """For the template; `url_of(row, page)` gives addresses."""
    rule = rule_of(violation)
    return {
        "rule": rule, "words": words_of(rule), "found": found_words(violation), "scan": violation.scan,
        "severity": severity_badge(violation.severity), "status": review_badge(violation.status),
        **_evidence(violation, rule), **_walk(violation, queue, url_of), **_decide(request, violation),
        "newer": _newer(request, violation),
        "tables": [_others(violation, queue, url_of), _decisions(violation)],
    }  # fmt: skip


def _evidence(violation: Violation, rule: Mapping[str, Any]) -> dict[str, Any]:
    """Columns that the rule looks at come first, marked; then the others in the order of the file."""
    order = [column["name"] for column in violation.scan.upload.profile.get("columns", ())]  # stored JSON keeps none
    known = {name for record in violation.sample for name in record["values"]}
    names = [name for name in order if name in known] + sorted(known - set(order))
    read = columns_read(rule, violation.scan.mapping_config)
    columns = sorted(((name, name in read) for name in names), key=lambda column: not column[1])
    rows = [
        (_place(record), [(record["values"].get(name), marked) for name, marked in columns])
        for record in violation.sample
    ]
    marked = [name for name, marked in columns if marked]
    return {"columns": columns, "evidence": rows, "marked": marked, "more": len(rows) >= SAMPLED}


def _walk(violation: Violation, queue: Queue, url_of: Any) -> dict[str, Any]:
    """Where the queue goes from here."""

    def address(pk: Any) -> str:
        return queue.within(url_of(Violation(pk=pk))) if pk else ""

    return {
        "queue": queue, "list_url": f"{list_url(Violation)}?{queue.filters}",
        "next_url": address(queue.following()), "previous_url": address(queue.preceding()),
        "review_url": queue.within(url_of(violation, "review")),
    }  # fmt: skip


def _decide(request: HttpRequest, violation: Violation) -> dict[str, Any]:
    form = OneReviewForm(initial={"version": violation.version, "note": kept_note(request, violation)})
    pending = violation.status == ReviewStatus.PENDING
    username = request.user.get_username()
    return {
        "review_form": form if may_review(request) else None,
        "decisions": [known for known in DECISIONS if not (pending and known.status == ReviewStatus.PENDING)],
        "proposed_by_me": bool(violation.proposed_person) and violation.proposed_person == username.casefold(),
    }


def _newer(request: HttpRequest, violation: Violation) -> object:
    """The newest scan of the policy, when this one is not it."""
    if (newest := newer_scan(violation.scan)) is None:
        return None
    scans = visible(ComplianceScan, request).select_related("policy", "upload")
    return next((link(scan) for scan in scans.filter(pk=newest)), None)


def _others(violation: Violation, queue: Queue, url_of: Any) -> Table:
    """What else the scan found on the account; looked for by rule and hash, as the index has them."""
    rules = [rule["rule_id"] for rule in violation.scan.policy_version.rules if rule["rule_id"] != violation.rule_id]
    account_hash = hashlib.md5(violation.account.encode(), usedforsecurity=False).hexdigest()
    of_scan = Violation.objects.of_scan(violation.scan).annotate(account_hash=MD5("account")).ranked()
    same = of_scan.filter(rule_id__in=rules, account_hash=account_hash, account=violation.account)
    rows = [
        (format_html('<a href="{}">{}</a>', queue.within(url_of(other)), other.rule_id),
         severity_badge(other.severity), review_badge(other.status), other.finding_count, money(other.amount))
        for other in same.defer("sample").order_by("-rank", "rule_id")[:MOST_OTHERS]
    ]  # fmt: skip
    heads = ("Rule", "Severity", "Decision", "Findings", "Amount")
    empty = "The scan found nothing else on this account."
    return Table(f"Also on {violation.account[:60]}", heads, rows, empty, frozenset({3, 4}))


def _decisions(violation: Violation) -> Table:
    rows = [
        (review.at, review.get_from_status_display(), _became(review), review.reviewer, linebreaksbr(review.note))
        for review in violation.reviews.all()
    ]  # fmt: skip
    return Table("Decisions", ("At", "From", "To", "Who", "Note"), rows, "Nobody has decided yet.")


def _became(review: Review) -> str:
    return "proposed as a false positive" if review.is_proposal else review.get_to_status_display()


def _place(record: Mapping[str, Any]) -> str:
    """The row of a record; of context, in which upload, too."""
    return f"{record['row']} of {record['upload_id']}" if "upload_id" in record else str(record["row"])
