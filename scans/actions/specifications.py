"""Making, changing and deleting signal specifications."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import AccountGroup
from accounts.requester import Requester
from scans.errors import SpecificationInUse, SpecificationNotFound
from scans.models import SignalSpecification


def create_specification(*, group: AccountGroup, by: Requester, **chosen: Any) -> SignalSpecification:
    """`chosen`: name, description, items, as valid bodies hold them."""
    with transaction.atomic():
        made: SignalSpecification = SignalSpecification.objects.create(group=group, **chosen)
        by.audit("signal_specification.created", made, after=chosen)
    return made


def change_specification(*, specification: SignalSpecification, by: Requester, **chosen: Any) -> SignalSpecification:
    """Change what is named. Scans that were started keep what they started with."""
    with transaction.atomic():
        locked = _locked(specification)
        before = {name: getattr(locked, name) for name in chosen}
        for name, value in chosen.items():
            setattr(locked, name, value)
        locked.updated_at = Now()
        locked.save()
        by.audit("signal_specification.changed", locked, before=before, after=chosen)
    return locked


def delete_specification(*, specification: SignalSpecification, by: Requester) -> None:
    """SpecificationInUse while a scan with it goes on, or a monitor names it. Scans that are over keep their copy."""
    with transaction.atomic():
        locked = _locked(specification)
        if locked.monitors.exists() or locked.scans.live().exists():
            raise SpecificationInUse
        by.audit("signal_specification.deleted", locked)
        locked.delete()


def _locked(specification: SignalSpecification) -> SignalSpecification:
    rows = SignalSpecification.objects.select_for_update()
    locked: SignalSpecification | None = rows.filter(pk=specification.pk).first()
    if locked is None:
        raise SpecificationNotFound
    return locked
