"""Who asks for something: a partner's key or a member of staff. Passed to every action as `by`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from django.db.models import Model
from django.http import HttpRequest

from accounts import audit
from accounts.api import PartnerRequest
from accounts.audit import Actor
from accounts.models import AccountGroup, ApiKey, User
from web.addresses import client_address
from web.tracing import current_trace_id


@dataclass(frozen=True)
class Requester:
    """`signed_as` is the name a partner gives for the person behind its key."""

    actor: Actor
    group: AccountGroup | None = None
    key: ApiKey | None = None
    user: User | None = None
    signed_as: str = ""

    @classmethod
    def partner(cls, request: PartnerRequest) -> Requester:
        actor = Actor(f"key:{request.auth.pk}", client_address(request))
        return cls(actor, group=request.group, key=request.auth)

    @classmethod
    def staff(cls, request: HttpRequest, group: AccountGroup) -> Requester:
        user = cast(User, request.user)  # the admin lets nobody else in
        return cls(Actor.staff(request), group=group, user=user)

    @classmethod
    def command(cls, name: str, group: AccountGroup) -> Requester:
        return cls(Actor(f"command:{name}"), group=group)

    @classmethod
    def on_behalf(cls, name: str, group: AccountGroup, *, key: ApiKey | None, user: User | None) -> Requester:
        """A schedule or source (`schedule:<id>`) acts by itself, for the key or user that made it."""
        return cls(Actor(name), group=group, key=key, user=user)

    def signing_as(self, name: str) -> Requester:
        return replace(self, signed_as=name)

    @property
    def name(self) -> str:
        return self.actor.name

    @property
    def reviewer(self) -> str:
        """As shown beside a decision: the key or user, and the person the partner named."""
        who = f"key {self.key.name}" if self.key else self.name.removeprefix("user:")
        return (f"{self.signed_as} ({who})" if self.signed_as else who)[:200]

    @property
    def person(self) -> str:
        """Whoever decides, to be told from another: the user, or the name signed with; empty when nobody signed."""
        name = self.name.removeprefix("user:") if self.name.startswith("user:") else self.signed_as
        return " ".join(name.split()).casefold()[:200]

    @property
    def in_sandbox(self) -> bool:
        """Whether providers are to be the sandbox: asked with a test key, or without a key in a sandbox group."""
        return self.key.test if self.key else bool(self.group and self.group.sandbox)

    @property
    def trace_id(self) -> str:
        return current_trace_id() or ""

    def audit(
        self,
        action: str,
        obj: Model,
        *,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
    ) -> None:
        audit.record(actor=self.actor, action=action, obj=obj, group=self.group, before=before, after=after)
