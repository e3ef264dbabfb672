"""The sealed bundle: whole as it was made, and every change to any part of it is told."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.core.files.storage import default_storage
from django.db.models.functions import Now
from django.test import Client

from accounts.models import AccountGroup
from accounts.requester import Requester
from compliance import exporting
from compliance.actions.exports import request_export
from compliance.actions.policies import create_policy
from compliance.actions.reviews import review_violation
from compliance.enums import ExportFormat, ReviewStatus
from compliance.exports import seal, verify
from compliance.models import ComplianceScan, Export, Upload
from config import processes
from jobs.errors import JobFault
from tests.compliance.exports.conftest import Scanned, worked
from tests.contract.ledgers import BIG, OFTEN

pytestmark = pytest.mark.django_db
DELETED: dict[str, Any] = {"status": "deleted", "deleted_at": Now(), "original": "", "records": "", "rejects": ""}
Members = list[tuple[str, bytes]]


@pytest.fixture
def scan(scanned: Scanned, by: Requester, group: AccountGroup) -> ComplianceScan:
    policy, _ = create_policy(group=group, by=by, name="Policy", rules=[BIG, OFTEN])
    scan = scanned("A", "A", "=B", "Ü", policy=policy)
    review_violation(violation=scan.violations.all()[0], by=by, status=ReviewStatus.FALSE_POSITIVE, note="no")
    review_violation(violation=scan.violations.all()[1], by=by, status=ReviewStatus.APPROVED)
    return scan


@pytest.fixture
def members(scan: ComplianceScan, exported: Callable[..., Export]) -> Members:
    return read(exported(scan, "bundle", include_input=True))


def read(export: Export) -> Members:
    with default_storage.open(export.file) as file, zipfile.ZipFile(file) as bundle:
        return [(entry.filename, bundle.read(entry)) for entry in bundle.infolist()]


def packed(path: Path, members: Members) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in members:
            bundle.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return path


def faults(path: Path, key: str | None = None) -> list[str]:
    return [f"{check.name}: {check.words}" for check in verify.checks(path, key) if not check.good]


def private_key() -> str:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def test_a_bundle_is_whole_and_holds_what_was_scanned(
    scan: ComplianceScan, members: Members, tmp_path: Path, settings: Any
) -> None:
    path = packed(tmp_path / "b.zip", members)
    assert faults(path, seal.public_key_of(settings.SIGNING_KEY)) == []
    names = [name for name, _ in members]
    assert names == [seal.MANIFEST, seal.SIGNATURE, *seal.MEMBERS, seal.ORIGINAL]
    content = dict(members)
    with default_storage.open(scan.upload.original) as original:
        assert content[seal.ORIGINAL] == original.read()
    manifest = json.loads(content[seal.MANIFEST])
    assert manifest["result_digest"] == scan.result_digest
    assert [step["action"] for step in json.loads(content[seal.HISTORY])["steps"]] == [
        "scan_completed", "false_positive", "approved",
    ]  # fmt: skip
    assert json.loads(content[seal.AUDIT_TRAIL])["chain"] == scan.group_id


def test_the_input_is_included_only_on_request(scan: ComplianceScan, exported: Callable[..., Export]) -> None:
    assert seal.ORIGINAL not in dict(read(exported(scan, "bundle")))


def test_one_byte_anywhere_is_told(members: Members, tmp_path: Path) -> None:
    for place, (name, content) in enumerate(members):
        for at in {0, len(content) // 2, len(content) - 1}:
            changed = bytearray(content)
            changed[at] ^= 0x01
            found = faults(
                packed(tmp_path / "b.zip", [*members[:place], (name, bytes(changed)), *members[place + 1 :]])
            )
            assert found, (name, at)
            if name not in (seal.MANIFEST, seal.SIGNATURE, seal.PUBLIC_KEY):
                assert any(name in fault for fault in found), (name, found)


def test_removed_added_and_reordered_members_are_told(members: Members, tmp_path: Path) -> None:
    for place, (name, _) in enumerate(members):
        found = faults(packed(tmp_path / "b.zip", members[:place] + members[place + 1 :]))
        assert any(name in fault and "missing" in fault for fault in found), (name, found)
    without = [member for member in members if member[0] != seal.ORIGINAL]
    resigned = [*without, (seal.ORIGINAL, b"another file")]
    assert any("SHA-256" in fault or "size" in fault for fault in faults(packed(tmp_path / "b.zip", resigned)))
    assert any("order" in fault for fault in faults(packed(tmp_path / "b.zip", [*members[:-2], *members[:-3:-1]])))


@pytest.mark.parametrize(
    ("name", "words"),
    [("../evil", "no place"), ("/etc/passwd", "no place"), ("a\\b", "no place"), ("extra.txt", "no place"),
     (seal.SCAN, "more than once")],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_hostile_names_are_refused_unread(members: Members, tmp_path: Path, name: str, words: str) -> None:
    (found,) = faults(packed(tmp_path / "b.zip", [*members, (name, b"x")]))
    assert words in found
    assert not (tmp_path / "evil").exists()


def test_a_bomb_is_refused_before_it_is_inflated(members: Members, tmp_path: Path) -> None:
    bomb = [(name, b"\0" * (verify.RATIO_FREE + 1) if name == seal.README else content) for name, content in members]
    (found,) = faults(packed(tmp_path / "b.zip", bomb))
    assert "bomb" in found


def test_what_is_no_bundle_at_all_is_refused_in_words(members: Members, tmp_path: Path) -> None:
    path = packed(tmp_path / "b.zip", members)
    whole = path.read_bytes()
    for content in (b"", b"PK", b"no zip", whole[:-10], whole[: len(whole) // 2], b"x" + whole, whole + b"x"):
        (tmp_path / "c.zip").write_bytes(content)
        assert faults(tmp_path / "c.zip"), content[:20]
    assert "cannot be read" in faults(tmp_path / "none.zip")[0]


def resealed(members: Members, **changed: bytes) -> Members:
    """As somebody with a key of their own would forge it: sums and signature fit again."""
    key, content = private_key(), dict(members)
    content |= {seal.PUBLIC_KEY: seal.public_key_of(key).encode(), **changed}
    manifest = json.loads(content[seal.MANIFEST])
    for member in manifest["members"]:
        text = content[member["name"]]
        member |= {"size": len(text), "sha256": hashlib.sha256(text).hexdigest()}
    content[seal.MANIFEST] = seal.canonical(manifest)
    content[seal.SIGNATURE] = seal.sign(key, content[seal.MANIFEST])
    return [(name, content[name]) for name, _ in members]


def test_a_forger_with_a_key_is_found_by_the_pinned_one(members: Members, tmp_path: Path, settings: Any) -> None:
    path = packed(tmp_path / "b.zip", resealed(members))
    assert faults(path) == []  # whole in itself: nobody was named to vouch for it
    (found,) = faults(path, seal.public_key_of(settings.SIGNING_KEY))
    assert "SIGNED BY AN UNKNOWN KEY" in found


def test_even_with_fitting_sums_history_digest_and_counts_must_agree(members: Members, tmp_path: Path) -> None:
    content = dict(members)
    history = json.loads(content[seal.HISTORY])
    history["steps"][1]["score"] = "100.00"
    cut = json.loads(content[seal.HISTORY])
    cut["steps"].pop()
    policy = json.loads(content[seal.POLICY])
    policy["rules"][0]["severity"] = "LOW"
    for changed, words in (
        ({seal.HISTORY: seal.canonical(history)}, "step 2"),
        ({seal.HISTORY: seal.canonical(cut)}, "cut off"),
        ({seal.POLICY: seal.canonical(policy)}, "rules"),
        ({seal.FINDINGS: content[seal.FINDINGS][:-1]}, "findings"),
        ({seal.VIOLATIONS: content[seal.VIOLATIONS] + b"x\r\n"}, "rows"),
        ({seal.ORIGINAL: b"Account,Amount\n"}, "not the one that was scanned"),
        ({seal.HISTORY: b"[]"}, "JSON object"),
        ({seal.HISTORY: b"{}"}, "cannot be read"),
    ):
        found = faults(packed(tmp_path / "b.zip", resealed(members, **changed)))
        assert len(found) == 1, found
        assert words in found[0]


def test_a_manifest_of_another_shape_is_told_and_never_a_crash(members: Members, tmp_path: Path) -> None:
    content, key = dict(members), private_key()
    whole = json.loads(content[seal.MANIFEST])
    shapes: list[Any] = [[], 5, None, {}, {"form": seal.FORM}]
    shapes += [{**whole, "members": members} for members in (5, [5], [{}])]
    shapes += [{**whole, "score_history": None}, {**whole, "scan_id": {}}]
    for shape in shapes:
        manifest = json.dumps(shape).encode()
        changed = {seal.MANIFEST: manifest, seal.SIGNATURE: seal.sign(key, manifest)}
        forged = {**content, **changed, seal.PUBLIC_KEY: seal.public_key_of(key).encode()}
        assert faults(packed(tmp_path / "b.zip", list(forged.items()))), shape


def test_the_command_needs_neither_settings_nor_servers(members: Members, tmp_path: Path, settings: Any) -> None:
    path = packed(tmp_path / "b.zip", members)
    key = tmp_path / "key.pem"
    key.write_text(seal.public_key_of(settings.SIGNING_KEY))
    bare = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG")}

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(processes.PROJECT / "manage.py"), "verify_bundle", str(path), *more]
        return subprocess.run(command, env=bare, cwd=tmp_path, capture_output=True, text=True, check=False)

    good = run("--public-key", str(key))
    assert (good.returncode, good.stderr) == (0, "")
    assert "whole and unchanged" in good.stdout
    unpinned = run()
    assert unpinned.returncode == 0
    assert "WHO sealed it is not checked" in unpinned.stdout
    told = json.loads(run("--json").stdout)
    assert (told["good"], told["signer_checked"], {check["good"] for check in told["checks"]}) == (True, False, {True})
    packed(path, members[:-1])
    bad = run("--public-key", str(key))
    assert bad.returncode == 1
    assert "NOT TO BE TRUSTED" in bad.stdout
    worse = run("--json")
    assert (worse.returncode, json.loads(worse.stdout)["good"]) == (1, False)
    key.write_text("no key")
    assert run("--public-key", str(key)).returncode == 2
    path.unlink()
    assert (run().returncode, "is no file" in run().stderr) == (2, True)


def test_names_in_a_bundle_move_no_terminal(
    members: Members, tmp_path: Path, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = json.loads(dict(members)[seal.MANIFEST])
    hostile = json.dumps({**manifest, "engine": "\x1b]0;owned\x07"}).encode()
    content = {**dict(members), seal.MANIFEST: hostile, seal.SIGNATURE: seal.sign(settings.SIGNING_KEY, hostile)}
    verify.main([str(packed(tmp_path / "b.zip", list(content.items())))])
    out = capsys.readouterr().out
    assert "\\x1b]0;owned\\x07" in out
    assert "\x1b" not in out


def test_an_auditor_can_check_by_hand(members: Members, tmp_path: Path) -> None:
    for name, content in members:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", seal.PUBLIC_KEY, "-rawin", "-in", seal.MANIFEST,
               "-sigfile", seal.SIGNATURE]  # fmt: skip
    try:
        answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("no openssl here")
    assert "Verified Successfully" in answer.stdout, answer.stderr


def test_the_public_key_is_there_for_everybody(client: Client, settings: Any) -> None:
    answer = client.get("/.well-known/scanward-signing-key")
    assert answer.content.decode() == seal.public_key_of(settings.SIGNING_KEY)
    assert answer["X-Key-Fingerprint"] == seal.fingerprint(answer.content.decode())
    settings.SIGNING_KEY = None
    assert client.get("/.well-known/scanward-signing-key").status_code == 404


def test_no_bundle_without_key_or_evidence(client_of: Client, scan: ComplianceScan, settings: Any) -> None:
    ask = {"scan_id": str(scan.pk), "format": "bundle"}
    settings.SIGNING_KEY = None
    assert (answer := client_of.get("/api/export", ask)).status_code == 422
    assert "SIGNING_KEY" in answer.json()["message"]
    settings.SIGNING_KEY = private_key()
    Upload.objects.filter(pk=scan.upload_id).update(**DELETED)
    answer = client_of.get("/api/export", {**ask, "include_input": "true"})
    assert (answer.status_code, "include_input" in answer.json()["message"]) == (409, True)
    assert client_of.get("/api/export", ask).status_code == 202
    ComplianceScan.objects.filter(pk=scan.pk).update(findings="")
    assert client_of.get("/api/export", ask).status_code == 409


def test_a_bundle_of_an_upload_that_was_deleted_meanwhile_says_so(scan: ComplianceScan, by: Requester) -> None:
    export = request_export(scan=scan, by=by, format=ExportFormat.BUNDLE, include_input=True)
    Upload.objects.filter(pk=scan.upload_id).update(**DELETED)
    with pytest.raises(JobFault, match="upload was deleted"):
        worked(export, exporting.execute)


def test_a_bundle_says_how_ambiguous_columns_were_read(scan: ComplianceScan, exported: Callable[..., Export]) -> None:
    ComplianceScan.objects.filter(pk=scan.pk).update(mapping_overrides={"Date": {"day_first": True}})
    mapping = json.loads(dict(read(exported(scan, "bundle")))[seal.MAPPING])
    assert mapping["overrides"] == {"Date": {"day_first": True}}


def test_the_same_scan_gives_the_same_files(scan: ComplianceScan, exported: Callable[..., Export]) -> None:
    first = exported(scan, "bundle")
    parts = dict(read(first))
    Export.objects.filter(pk=first.pk).delete()
    again = dict(read(exported(scan, "bundle")))
    for name in (seal.POLICY, seal.MAPPING, seal.INPUTS, seal.FINDINGS, seal.VIOLATIONS, seal.HISTORY, seal.SCAN):
        assert parts[name] == again[name]
