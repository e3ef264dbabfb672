"""Providers as the operator has configured them: which one serves a group, and how much of it is left this month."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.models import AccountGroup
from prospecting.enums import Capability
from prospecting.errors import ProviderUsedUp
from prospecting.models import Provider, ProviderUse
from prospecting.providers.calls import Calls
from prospecting.providers.remote import RemoteProvider

SANDBOX = "sandbox"
SANDBOX_TOKEN = "sandbox"  # noqa: S105  no secret: the sandbox listens on loopback and takes any

# One statement counts and caps, whoever else counts at the same time; no row: the cap is reached.
_COUNT = f"""
INSERT INTO {ProviderUse._meta.db_table} AS used (provider_id, month, calls) VALUES (%(provider)s, %(month)s, 1)
ON CONFLICT (provider_id, month) DO UPDATE SET calls = used.calls + 1 WHERE used.calls < %(cap)s
RETURNING calls
"""  # noqa: S608  our own table's name
_NO_CAP = 2**31 - 1


def for_group(group: AccountGroup, test: bool) -> RemoteProvider | None:
    """The provider the operator has configured for the group; with `test` the sandbox. None: there is none."""
    if test:
        return RemoteProvider(SANDBOX, _sandbox(), Capability.values)
    provider: Provider | None = Provider.objects.for_group(group).filter(active=True).first()
    return None if provider is None else of(provider)


def of(provider: Provider) -> RemoteProvider:
    calls = Calls(provider.base_url, provider.token.reveal, provider.seconds, _counting(provider))
    return RemoteProvider(provider.name, calls, provider.capabilities)


def _sandbox() -> Calls:
    return Calls(settings.SANDBOX_PROVIDER_URL, lambda: SANDBOX_TOKEN, 10, lambda: None, inside=True)


def _counting(provider: Provider) -> Callable[[], None]:
    cap = _NO_CAP if provider.monthly_cap is None else provider.monthly_cap

    def count() -> None:
        values: dict[str, Any] = {"provider": provider.pk, "month": timezone.now().date().replace(day=1), "cap": cap}
        with connection.cursor() as cursor:
            if cap:
                cursor.execute(_COUNT, values)
            if not cap or cursor.fetchone() is None:
                raise ProviderUsedUp

    return count
