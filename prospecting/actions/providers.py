"""Providers of people data, as staff configure them. The token is sealed before it gets here."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts import audit
from accounts.requester import Requester
from prospecting.models import Provider

_SHOWN = ("base_url", "seconds", "monthly_cap", "capabilities", "active")  # in the audit log: never the token


@transaction.atomic
def save_provider(provider: Provider, *, by: Requester, new_token: bool) -> Provider:
    """Store a new provider or what was changed of it."""
    before = None
    if not provider._state.adding:
        before = _told(Provider.objects.select_for_update().get(pk=provider.pk))
    provider.save()
    after = _told(provider)
    action = "provider.added" if before is None else "provider.changed"
    if before is not None:
        before, after = audit.changes(before, after)
    by.audit(action, provider, before=before, after=after | ({"token": "set anew"} if new_token else {}))
    return provider


def _told(provider: Provider) -> dict[str, Any]:
    return {name: getattr(provider, name) for name in _SHOWN}
