"""What staff pages make of a form that arrives: done once however often it is sent, and refused in words."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, cast

import redis
import structlog
from django.contrib import admin, messages
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from psycopg import errors as postgres

from accounts.throttling import client
from config import env
from web.errors import Conflict, Refused

if TYPE_CHECKING:  # generic in the stubs only
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin

logger = structlog.get_logger(__name__)
FORM = "form_id"  # the hidden field that tells two forms apart
KEPT = 24 * 3600  # seconds a form that was sent is remembered
_FASTER = (postgres.UniqueViolation, postgres.ForeignKeyViolation)


class SentTwice(Conflict):
    message = "This form has been sent twice. What it asks for was done once; this is how it stands now."


class SomebodyWasFaster(Conflict):
    message = (
        "Nothing was saved: somebody else has just made the same, or removed what this needs. "
        "Look again, then repeat it."
    )


def new_form_id() -> str:
    return uuid.uuid4().hex


@contextmanager
def once(request: HttpRequest) -> Iterator[Callable[[], None]]:
    """Around what a form asks for. SentTwice when the same form, filled in the same way, has been sent before.

    What is refused may be sent again, and so may what was given back: call what `once` yields. While Redis is away
    everything is done, as often as it is sent.
    """
    key = _key(request)
    if key and not _claimed(key):
        raise SentTwice
    try:
        with _told_as_refusals():
            yield lambda: _give_back(key)
    except BaseException:
        _give_back(key)
        raise


class SentForms(_ModelAdmin):
    """Django's own forms for adding, changing and deleting, of which the same holds."""

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        new = {FORM: new_form_id()} if object_id is None else {}
        view = super().changeform_view
        return self._answered(request, lambda: view(request, object_id, form_url, {**(extra_context or {}), **new}))

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        view = super().delete_view
        return self._answered(request, lambda: view(request, object_id, extra_context))

    def sent_twice(self, request: HttpRequest, told: str) -> HttpResponseRedirect:
        """The answer to a form that makes a row, sent once more: the list, in which that row stands."""
        self.message_user(request, told, messages.WARNING)
        return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))

    def _answered(self, request: HttpRequest, view: Callable[[], Any]) -> Any:
        if request.method != "POST":
            return view()
        try:
            with once(request) as give_back:
                answer = view()
                if answer.status_code == 200:  # shown again with its faults: nothing was done
                    give_back()
                return answer
        except SentTwice as told:
            return self.sent_twice(request, told.message)
        except Refused as refusal:
            self.message_user(request, refusal.message, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())


@contextmanager
def _told_as_refusals() -> Iterator[None]:
    """SomebodyWasFaster in place of what the database refuses as two people do the same, or the opposite."""
    try:
        yield
    except IntegrityError as fault:
        if not isinstance(fault.__cause__, _FASTER):
            raise
        logger.warning("somebody_was_faster", error=type(fault.__cause__).__name__)
        raise SomebodyWasFaster from fault


def _key(request: HttpRequest) -> str:
    """Of the form and what it says; empty for one without an id."""
    form = request.POST.get(FORM)
    if not form:
        return ""
    said = [(name, values) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken"]
    files = [(name, each.name, _content(each)) for name in request.FILES for each in request.FILES.getlist(name)]
    digest = hashlib.sha256(repr((request.user.pk, request.path, sorted(said), sorted(files))).encode(errors="replace"))
    return f"{env.REDIS_PREFIX}sent:{digest.hexdigest()}"


def _content(file: UploadedFile[Any]) -> str:
    """Of the same name and size another file may be, corrected meanwhile."""
    digest = hashlib.file_digest(cast(Any, file.file), "sha256").hexdigest()
    file.seek(0)
    return digest


def _claimed(key: str) -> bool:
    try:
        return bool(client().set(key, 1, nx=True, ex=KEPT))
    except redis.RedisError as fault:
        logger.warning("sent_twice_unknown", error=str(fault))
        return True


def _give_back(key: str) -> None:
    if key:
        with suppress(redis.RedisError):
            client().delete(key)
