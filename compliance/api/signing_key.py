"""The public key that bundles are sealed with: for everybody, as an auditor has no key of ours."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse

from compliance.exports import seal


def signing_key(request: HttpRequest) -> HttpResponse:
    """GET /.well-known/scanward-signing-key: PEM, with its fingerprint in a header. 404 without a signing key."""
    if not settings.SIGNING_KEY:
        raise Http404
    public = seal.public_key_of(settings.SIGNING_KEY)
    return HttpResponse(
        public,
        content_type="application/x-pem-file",
        headers={"X-Key-Fingerprint": seal.fingerprint(public), "Cache-Control": "public, max-age=300"},
    )
