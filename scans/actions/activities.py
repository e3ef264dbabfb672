"""Taking in the posts and comments that a partner pushes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Q

from accounts.models import AccountGroup
from accounts.requester import Requester
from prospecting.models import Prospect
from prospecting.normalising.profiles import public_identifier
from scans.models import Activity
from scans.storing import standing

YEARS = range(1990, 2200)  # of times that can be believed and reckoned with
UNBELIEVABLE = f"postedAt: must be a time from {YEARS[0]} to {YEARS[-1]}"
UNKNOWN = "names no prospect of this account group; import the person first and send the activity again"


@dataclass(frozen=True, slots=True)
class Rejected:
    """`index` of the activity in what was sent."""

    index: int
    reason: str


@dataclass(slots=True)
class Taken:
    accepted: int = 0
    duplicates: int = 0
    rejected: list[Rejected] = field(default_factory=list)


def take_activities(*, group: AccountGroup, by: Requester, sent: Sequence[tuple[int, dict[str, Any]]]) -> Taken:
    """Store what is new. `sent`: (index, fields of Activity, the person by prospect_id or public_identifier).

    What an external id was first sent with stays; people nobody imported are not kept, as nobody has looked whether
    they may be (suppression, consent).
    """
    taken = Taken()
    with transaction.atomic():
        people = _people(group, [activity for _, activity in sent])
        wanted: dict[str, Activity] = {}
        for index, fields in sent:
            prospect_id, named = people.get(_person(fields)), dict(fields)
            name = "prospectId" if named.pop("prospect_id", None) else "publicIdentifier"
            named.pop("public_identifier", None)
            if prospect_id is None:
                taken.rejected.append(Rejected(index, f"{name}: {UNKNOWN}"))
            elif named["posted_at"].year not in YEARS:
                taken.rejected.append(Rejected(index, UNBELIEVABLE))
            else:
                wanted.setdefault(named["external_id"], Activity(group=group, prospect_id=prospect_id, **named))
        taken.accepted = _insert(wanted)
        taken.duplicates = len(sent) - len(taken.rejected) - taken.accepted
        if taken.accepted:
            by.audit("activities.taken", group, after={"accepted": taken.accepted, "duplicates": taken.duplicates})
    return taken


def _insert(wanted: dict[str, Activity]) -> int:
    """How many were new. Sorted, so that two senders of the same wait for each other and do not lock each other."""
    new = [wanted[key] for key in sorted(wanted)]
    Activity.objects.bulk_create(new, ignore_conflicts=True)
    return int(Activity.objects.filter(pk__in=[activity.pk for activity in new]).count())


def _people(group: AccountGroup, activities: Sequence[dict[str, Any]]) -> dict[tuple[str, str], str]:
    """{("id" or "profile", what names them): prospect id}"""
    named = [_person(activity) for activity in activities]
    ids = {value for kind, value in named if kind == "id"}
    profiles = {value for kind, value in named if kind == "profile"}
    prospects = Prospect.objects.for_group(group)
    found = prospects.filter(Q(pk__in=ids) | Q(public_identifier__in=profiles - {""}))
    rows = dict(found.values_list("pk", "public_identifier"))
    there = standing("prospecting_prospect", rows)  # and not erased or merged before what they said is stored
    return {("id", pk): pk for pk in there} | {("profile", rows[pk]): pk for pk in there if rows[pk]}


def _person(activity: dict[str, Any]) -> tuple[str, str]:
    if activity.get("prospect_id"):
        return "id", activity["prospect_id"]
    return "profile", public_identifier(activity.get("public_identifier", "")).value
