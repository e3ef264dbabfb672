"""What staff decide about two prospects that may be one person."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, ManyToOneRel, Q
from django.db.models.functions import Now
from django.dispatch import Signal

from accounts.requester import Requester
from prospecting.actions.locking import hold_people
from prospecting.enums import MergeStatus
from prospecting.errors import MergeDecided
from prospecting.models import Audience, AudienceMember, JobProspect, KnownAs, MergeCandidate, Prospect
from web.errors import ValidationFailed

_FILLED = (
    "first_name", "last_name", "name", "name_key", "headline", "about", "photo_url", "linkedin_url",
    "public_identifier", "title", "seniority", "department", "location", "country", "subdivision", "email",
    "email_status", "phone",
)  # fmt: skip
# The first two are moved by themselves; a job that goes on enriches nobody twice, and counts who is gone as skipped.
_NOT_MOVED = (MergeCandidate, AudienceMember, JobProspect)

# Sent inside the transaction with `kept` and `gone`, before what refers to `gone` is moved: for rows of which another
# app must say what becomes of them when one person has both.
merging = Signal()


@transaction.atomic
def merge(*, candidate: MergeCandidate, by: Requester, keep: str = "") -> Prospect:
    """Make one prospect of the two: the one with the id `keep` stays, else the older, and is known by everything the
    other was known by.

    What it knows stays as it is; its empty fields are filled. Raises MergeDecided unless the pair is open, and
    ValidationFailed for an id that is of neither.
    """
    hold_people(candidate.group)
    found = _open(candidate)
    kept, gone = _who_stays(found, keep)
    found.delete()
    _move_questions(kept, gone)
    _move_memberships(kept, gone)
    merging.send(Prospect, kept=kept, gone=gone)
    _move_everything_else(kept, gone)
    Prospect.objects.filter(pk=gone.pk).delete()
    _take_over(kept, gone)
    # Shown by its id: the audit log keeps no name.
    by.audit("prospects.merged", Prospect(pk=kept.pk, group=kept.group), before={"other": gone.pk})
    return kept


@transaction.atomic
def keep_apart(*, candidate: MergeCandidate, by: Requester) -> MergeCandidate:
    """They are two people; the question is not asked again. Answers the pair as it is by now: a merge may have put
    another one in the place of one of them. Raises MergeDecided unless it is open.
    """
    hold_people(candidate.group)  # a merge of another pair with one of them would wait for us, and we for it
    found = _open(candidate)
    MergeCandidate.objects.filter(pk=found.pk).update(
        status=MergeStatus.KEPT_APART, decided_at=Now(), decided_by=by.name[:200]
    )  # fmt: skip
    nobody = Prospect(pk=found.prospect_id, group=found.group)
    by.audit("prospects.kept_apart", nobody, after={"other": found.other_id})
    return found


def older_first(pair: MergeCandidate) -> list[Prospect]:
    return sorted((pair.prospect, pair.other), key=lambda each: (each.created_at, each.pk))


def _who_stays(pair: MergeCandidate, keep: str) -> tuple[Prospect, Prospect]:
    """(who stays, who goes)"""
    older, newer = older_first(pair)
    if keep not in ("", older.pk, newer.pk):
        raise ValidationFailed.at("keep", "is the id of neither of the two")
    return (newer, older) if keep == newer.pk else (older, newer)


def _open(candidate: MergeCandidate) -> MergeCandidate:
    # The people, too: a scan that is storing what it found of them ends its transaction first.
    rows = MergeCandidate.objects.select_for_update(of=("self", "prospect", "other")).select_related(
        "prospect", "other", "group"
    )
    found: MergeCandidate | None = rows.filter(pk=candidate.pk, status=MergeStatus.OPEN).first()
    if found is None:
        raise MergeDecided
    return found


def _move_questions(kept: Prospect, gone: Prospect) -> None:
    """Other pairs of the one that goes are pairs of the one that stays; what is asked already is asked once."""
    for row in MergeCandidate.objects.filter(Q(prospect=gone) | Q(other=gone)):
        third = row.other_id if row.prospect_id == gone.pk else row.prospect_id
        low, high = sorted((kept.pk, third))
        if third == kept.pk or MergeCandidate.objects.filter(prospect=low, other=high).exists():
            row.delete()
        else:
            MergeCandidate.objects.filter(pk=row.pk).update(prospect=low, other=high)


def _move_memberships(kept: Prospect, gone: Prospect) -> None:
    """An audience that had both has one less."""
    both = Audience.objects.filter(memberships__prospect=gone).filter(memberships__prospect=kept)
    ids = list(both.order_by("pk").values_list("pk", flat=True))
    AudienceMember.objects.filter(prospect=gone, audience__in=ids).delete()
    Audience.objects.filter(pk__in=ids).update(prospect_count=F("prospect_count") - 1)
    AudienceMember.objects.filter(prospect=gone).update(prospect=kept)


def _move_everything_else(kept: Prospect, gone: Prospect) -> None:
    """Whatever refers to a prospect, in any app; where both have the same, that of the one that stays remains."""
    for relation in Prospect._meta.get_fields(include_hidden=True):  # most are hidden: "+"
        model: Any = relation.related_model
        if not isinstance(relation, ManyToOneRel) or model in _NOT_MOVED:
            continue
        name = relation.field.name
        rows = model._base_manager.filter(**{name: gone})
        try:
            with transaction.atomic():
                rows.update(**{name: kept})
        except IntegrityError:
            for pk in rows.values_list("pk", flat=True):
                _move_one(model, pk, {name: kept})


def _move_one(model: Any, pk: Any, to: dict[str, Prospect]) -> None:
    row = model._base_manager.filter(pk=pk)
    try:
        with transaction.atomic():
            row.update(**to)
    except IntegrityError:
        row.delete()


def _take_over(kept: Prospect, gone: Prospect) -> None:
    """Fill what is empty, and remember under what else the person is known."""
    for field in _FILLED:
        empty = not kept.email and field == "email_status" or not getattr(kept, field)
        if empty and getattr(gone, field):
            setattr(kept, field, getattr(gone, field))
            if field in gone.provenance:
                kept.provenance[field] = gone.provenance[field]
    if kept.company_id is None and gone.company_id is not None:
        kept.company_id = gone.company_id
        kept.provenance |= {"company": gone.provenance["company"]} if "company" in gone.provenance else {}
    Prospect.objects.filter(pk=kept.pk).update(
        **{field: getattr(kept, field) for field in (*_FILLED, "company_id", "provenance")}, updated_at=Now()
    )
    known = [(KnownAs.Kind.EMAIL, gone.email), (KnownAs.Kind.PROFILE, gone.public_identifier)]
    if gone.company_id and gone.name_key:
        known.append((KnownAs.Kind.NAME, f"{gone.company_id}|{gone.name_key}"))
    held = {kept.email, kept.public_identifier, f"{kept.company_id}|{kept.name_key}", ""}
    KnownAs.objects.bulk_create(
        [
            KnownAs(group=kept.group, prospect=kept, kind=kind, value=value)
            for kind, value in known
            if value not in held
        ],
        ignore_conflicts=True,
    )
