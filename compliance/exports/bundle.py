"""Seals a scan: everything an auditor needs in one zip, summed and signed (docs/bundles.md)."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path
from typing import Any

from django.conf import settings

from accounts.models import AuditEntry
from compliance import files
from compliance.exports import seal, streams
from compliance.exports.material import Material
from compliance.exports.rows import COLUMNS
from compliance.exports.software import SOFTWARE
from compliance.models import Upload
from compliance.written import time

README = """A sealed bundle of one compliance scan.

manifest.json lists every file with its SHA-256 and size; manifest.sig is its Ed25519 signature.

  openssl pkeyutl -verify -pubin -inkey public-key.pem -rawin -in manifest.json -sigfile manifest.sig
  sha256sum FILE        and compare with manifest.json

The public key here proves nothing by itself: get the sealer's key from the sealer, or compare its fingerprint.
  manage.py verify_bundle BUNDLE --public-key KEY   checks all of it, the score history and the result digest too.
The format is described in docs/bundles.md.
"""


def write(material: Material, target: Path) -> None:
    """Write the sealed bundle to `target`. The installation has a signing key, the scan its findings file."""
    folder = material.scratch / "bundle"
    shutil.rmtree(folder, ignore_errors=True)  # of a try before this one
    folder.mkdir()
    key = settings.SIGNING_KEY or ""  # nobody may ask for a bundle without one
    public = seal.public_key_of(key)
    contents = {seal.README: README.encode(), seal.PUBLIC_KEY: public.encode(), **_documents(material)}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    shutil.copyfile(files.fetch(material.scan.findings, material.scratch), folder / seal.FINDINGS)
    with (folder / seal.VIOLATIONS).open("wb") as file:
        file.writelines(streams.csv_chunks(COLUMNS, streams.table(material.rows())))
    names = list(seal.MEMBERS)
    if material.include_input:
        (folder / seal.ORIGINAL).parent.mkdir()
        shutil.copyfile(files.fetch(material.scan.upload.original, material.scratch), folder / seal.ORIGINAL)
        names.append(seal.ORIGINAL)
    manifest = seal.canonical(_manifest(material, public, [_summed(folder, name) for name in names]))
    (folder / seal.MANIFEST).write_bytes(manifest)
    (folder / seal.SIGNATURE).write_bytes(seal.sign(key, manifest))
    _zip(folder, [seal.MANIFEST, seal.SIGNATURE, *names], target)


def _manifest(material: Material, public: str, members: list[dict[str, Any]]) -> dict[str, Any]:
    scan, last = material.scan, material.history[-1]
    return {
        "form": seal.FORM,
        "software": SOFTWARE,
        "key": {"algorithm": "Ed25519", "sha256": seal.fingerprint(public)},
        "scan_id": str(scan.pk),
        "engine": scan.engine,
        "result_digest": scan.result_digest,
        "violation_count": scan.violation_count,
        "input_sha256": scan.upload.sha256,
        "policy_hash": scan.policy_version.content_hash,
        "score_history": {"steps": last.sequence, "head": last.hash, "score": f"{last.score:.2f}"},
        "audit_trail": _audit_head(material),
        "members": members,
    }


def _documents(material: Material) -> dict[str, bytes]:
    scan = material.scan
    policy = {
        "id": str(scan.policy_id), "name": scan.policy.name, "version": scan.policy_version.number,
        "content_hash": scan.policy_version.content_hash, "rules": scan.policy_version.rules,
    }  # fmt: skip
    mapping = {
        "id": str(scan.mapping_id), "config": scan.mapping_config, "overrides": scan.mapping_overrides,
        "temporal_scale": scan.temporal_scale, "time_zone": scan.time_zone, "compat": scan.compat,
    }  # fmt: skip
    history = {"scan_id": str(scan.pk), "from": scan.result_digest, "steps": [
        {**event.content, "hash": event.hash} for event in material.history
    ]}  # fmt: skip
    documents: dict[str, Any] = {
        seal.SCAN: {**streams.head_of(scan), "rule_results": scan.rule_results, "review_counts": scan.review_counts},
        seal.POLICY: policy,
        seal.MAPPING: mapping,
        seal.INPUTS: _inputs(material),
        seal.HISTORY: history,
        seal.AUDIT_TRAIL: _audit_head(material),
    }
    return {name: seal.canonical(document) for name, document in documents.items()}


def _inputs(material: Material) -> dict[str, Any]:
    scan = material.scan
    context = {str(upload.pk): upload for upload in Upload.objects.filter(pk__in=scan.context_uploads)}
    return {
        "upload": _upload(scan.upload),
        "context_uploads": [_upload(context[upload_id]) for upload_id in scan.context_uploads if upload_id in context],
        "list_versions": scan.list_versions,
    }


def _upload(upload: Upload) -> dict[str, Any]:
    return {
        "id": str(upload.pk), "name": upload.name, "sha256": upload.sha256, "size": upload.size,
        "row_count": upload.row_count, "rejected_rows": upload.rejected_rows, "created_at": time(upload.created_at),
        "columns": upload.profile["columns"],
    }  # fmt: skip


def _audit_head(material: Material) -> dict[str, Any] | None:
    """The newest entry of the group's audit log: nobody can cut it off before this one unseen."""
    last = AuditEntry.objects.filter(chain=material.scan.group_id).order_by("-number").first()
    return {"chain": last.chain, "number": last.number, "hash": last.hash, "at": time(last.at)} if last else None


def _summed(folder: Path, name: str) -> dict[str, Any]:
    path = folder / name
    with path.open("rb") as content:
        return {
            "name": name, "sha256": hashlib.file_digest(content, "sha256").hexdigest(), "size": path.stat().st_size
        }  # fmt: skip


def _zip(folder: Path, names: list[str], target: Path) -> None:
    """In this order, with one time for all: the same content gives the same bytes."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name in names:
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.file_size = (folder / name).stat().st_size  # tells whether it needs 64 bits
            with (folder / name).open("rb") as source, bundle.open(entry, "w") as member:
                shutil.copyfileobj(source, member)
