"""What accounts says on the home: account groups that run out of credits, and keys that end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from accounts import credits, home
from accounts.models import ApiKey, CreditAccount
from accounts.staff import may_see, visible
from accounts.waits import Wait, cards_of


@home.needs_attention
def cards(request: HttpRequest) -> Iterator[home.Card]:
    return cards_of([*_credits(request), *_keys(request)])


def _credits(request: HttpRequest) -> Iterator[Wait]:
    if may_see(request, CreditAccount):
        low = visible(CreditAccount, request).filter(available__lt=credits.LOW)
        hint = f"less than {credits.LOW:,} are left"
        yield Wait(low, "account group is low on credits", "account groups are low on credits", "warn", hint,
                   {"low": "yes"})  # fmt: skip


def _keys(request: HttpRequest) -> Iterator[Wait]:
    if may_see(request, ApiKey):
        keys: Any = visible(ApiKey, request)
        hint = "within 14 days: rotate those that are still in use"
        yield Wait(keys.expiring(timezone.now()), "API key expires", "API keys expire", "warn", hint,
                   {"state": "expiring"})  # fmt: skip
