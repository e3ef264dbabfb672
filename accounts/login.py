"""Logging in to the staff site: how often a name, and whoever asks, may be wrong; the code of a second factor."""

from __future__ import annotations

import hashlib
from typing import Any

import structlog
from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError

from accounts import second_factor
from accounts.audit import Actor
from accounts.models import User
from accounts.throttling import Bucket, give_back, take
from config import env
from web.addresses import client_address, network_of

logger = structlog.get_logger(__name__)
THROTTLED = "throttled"


class LoginForm(AdminAuthenticationForm):
    """Every attempt costs a token of the name and one of the client's address; a right one gives them back.

    Nobody is locked out: who waits as long as the form says may try again. `retry_after` is that time in seconds.
    """

    code = forms.CharField(
        required=False, max_length=40,
        help_text="Of your authenticator app, or a recovery code. If you use none: empty.",
        widget=forms.TextInput({"autocomplete": "one-time-code", "aria-describedby": "code-help"}),
    )  # fmt: skip
    retry_after = 0

    def clean(self) -> dict[str, Any]:
        buckets = self._buckets()
        waits = [taken.retry_after for taken in map(take, buckets) if not taken.granted]
        if waits:
            self.retry_after = max(waits)
            logger.warning("login_throttled", retry_after=self.retry_after)
            raise ValidationError(f"Too many attempts. Try again in {self.retry_after} seconds.", code=THROTTLED)
        cleaned: dict[str, Any] = super().clean()
        if self.user_cache is not None:  # else a field is empty, and says so
            self._ask_for_code(self.user_cache)
        for each in buckets:
            give_back(each)
        return cleaned

    def _ask_for_code(self, user: User) -> None:
        if user.second_factor_at is None:
            return
        name, address = user.get_username(), client_address(self.request) if self.request else ""
        if not second_factor.accepts(user, self.cleaned_data["code"], Actor(f"user:{name}", address)):
            logger.warning("second_factor_refused")
            raise ValidationError("Enter the code that your authenticator app shows now, or a recovery code.")

    def _buckets(self) -> list[list[Bucket]]:
        name = self.cleaned_data.get("username", "").casefold()
        digest = hashlib.sha256(name.encode()).hexdigest()  # of any length, and nobody's name in Redis
        address = network_of(client_address(self.request)) if self.request else ""
        return [
            [Bucket("login", f"login:{digest}", env.LOGIN_FAILURES)],
            [Bucket("failures", f"address:{address}", env.RATE_LIMIT_FAILURES)],  # as of wrong API keys
        ]
