"""The page on which members of staff turn their second factor on and off."""

from __future__ import annotations

from typing import Any, Final, cast

import segno
from django import forms
from django.contrib import admin, messages
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.safestring import mark_safe

from accounts import second_factor
from accounts.audit import Actor
from accounts.models import SecondFactor, User
from accounts.throttling import Bucket, give_back, take
from config import env
from web.sealed import NoEncryptionKeys, Secret

_OFFERED: Final = "second_factor_offered"  # in the session, sealed: the secret that the page shows


class CodeForm(forms.Form):
    """A code costs a token of the user's logins; a right one gives it back."""

    code = forms.CharField(
        max_length=40, help_text="Six digits, new every half minute.",
        widget=forms.TextInput({"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )  # fmt: skip

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data)
        self._bucket = [Bucket("login", f"second factor:{user.pk}", env.LOGIN_FAILURES)]

    def clean_code(self) -> str:
        if not (taken := take(self._bucket)).granted:
            raise ValidationError(f"Too many attempts. Try again in {taken.retry_after} seconds.")
        return str(self.cleaned_data["code"])

    def was_right(self) -> None:
        give_back(self._bucket)


def show(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)  # the site lets nobody else in
    form = CodeForm(user, request.POST or None)
    if user.second_factor_at:
        return _turn_off(request, user, form)
    try:
        return _turn_on(request, user, form)
    except NoEncryptionKeys as fault:
        return _page(request, user, fault=fault.message)


def _turn_on(request: HttpRequest, user: User, form: CodeForm) -> HttpResponse:
    secret = Secret(request.session.get(_OFFERED) or second_factor.new_secret().token)
    if form.is_valid():
        codes = second_factor.turn_on(
            user=user, secret=secret, code=form.cleaned_data["code"], actor=Actor.staff(request)
        )
        if codes:
            form.was_right()
            del request.session[_OFFERED]
            update_session_auth_hash(request, user)  # the other sessions end
            return _page(request, user, codes=codes)
        form.add_error("code", "That is not what your app shows now. Is the clock of its device right?")
    request.session[_OFFERED] = secret.token
    picture = segno.make(second_factor.address(user, secret)).svg_inline(
        scale=5, light="#fff", title="QR code for an authenticator app", omitsize=False
    )
    return _page(request, user, form=form, picture=mark_safe(picture), secret=secret.reveal())  # noqa: S308  of segno's


def _turn_off(request: HttpRequest, user: User, form: CodeForm) -> HttpResponse:
    form.fields["code"].help_text = "Six digits of your app, or an unused recovery code."
    form.fields["code"].widget.attrs["inputmode"] = "text"  # recovery codes have letters
    if form.is_valid():
        if second_factor.accepts(user, form.cleaned_data["code"], Actor.staff(request)):
            form.was_right()
            second_factor.turn_off(user=user, actor=Actor.staff(request))
            update_session_auth_hash(request, user)
            messages.success(request, "The second factor is turned off: your password is enough again.")
            return redirect("admin:second_factor")
        form.add_error("code", "That is neither what your app shows now nor an unused recovery code.")
    left = len(SecondFactor.objects.get(user=user).recovery)
    return _page(request, user, form=form, left=left)


def _page(request: HttpRequest, user: User, **shown: Any) -> TemplateResponse:
    context = {**admin.site.each_context(request), "title": "Second factor", "lacking": second_factor.lacking(user)}
    return TemplateResponse(request, "admin/accounts/second_factor.html", context | shown)
