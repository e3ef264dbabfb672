"""Every address there is. The last routes of each API answer what nothing else does, in its dialect."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView

from compliance.api.signing_key import signing_key
from config.health import livez, readyz
from web import schema
from web.answers import not_found
from web.documentation import views as documentation

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(url="/admin/")),
    path("admin/", admin.site.urls),
    path("livez", livez),
    path("readyz", readyz),
    path(".well-known/scanward-signing-key", signing_key),
    path("openapi/compliance.json", schema.compliance),
    path("openapi/v1.json", schema.v1),
    path("docs", documentation.home),
    path("docs/api", documentation.reference),
    re_path(r"^docs/(?P<name>.*)$", documentation.page),
    path("", include("prospecting.api.urls")),
    path("", include("scans.api.urls")),
    path("", include("compliance.api.urls")),
    re_path(r"^(?:v1|api)(?:/|$)", not_found),
]

handler400 = "web.answers.bad_request"
handler403 = "web.answers.permission_denied"
handler404 = "web.answers.not_found"
handler500 = "web.answers.server_error"
