"""Checks a sealed bundle without database, server or network, and says of each check how it went. Pure."""

from __future__ import annotations

import argparse
import hashlib
import json
import struct
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from compliance.exports import seal
from compliance.exports.contents import digest_of, faults_of_history, rows_of_csv
from terminal.exits import Exit
from terminal.text import plain

DOCUMENT_MOST = 64 * 1024**2
"""Bytes of a JSON document that is read whole."""
RATIO_MOST, RATIO_FREE = 500, 64 * 1024**2
"""A member larger than the second may be at most the first times its compressed size."""
_CHUNK = 1024 * 1024
_END = 22
"""Bytes of the record that ends an archive without a comment."""
EXITS = "exit codes: 0 all went well; 1 the bundle is not to be trusted; 2 there is no such file, or no such key."
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)
_MISSHAPEN = (KeyError, TypeError, AttributeError, struct.error)


class Fault(Exception):
    """What is wrong with a bundle, in words."""


@dataclass(frozen=True)
class Check:
    """One thing looked at; `words` say what was found."""

    name: str
    good: bool
    words: str


def checks(path: Path, public_key: str | None = None) -> Iterator[Check]:
    """Every check in order; ends early when nothing after a fault could be trusted. Never raises for a bad file."""
    try:
        with zipfile.ZipFile(path) as bundle, tempfile.TemporaryDirectory(prefix="verify-") as scratch:
            yield from _Bundle(bundle, path, Path(scratch)).checks(public_key)
    except Fault as fault:
        yield Check("container", False, str(fault))
    except _UNREADABLE as fault:
        yield Check("container", False, f"the file cannot be read as a zip archive: {fault}")
    except _MISSHAPEN as fault:
        yield Check("manifest", False, f"the manifest has not the shape it should have: {fault!r}")


class _Bundle:
    def __init__(self, bundle: zipfile.ZipFile, path: Path, scratch: Path) -> None:
        self.bundle, self.path, self.scratch = bundle, path, scratch
        self.manifest: dict[str, Any] = {}
        self.members: list[dict[str, Any]] = []

    def checks(self, public_key: str | None) -> Iterator[Check]:
        self._refuse_hostile()
        yield Check("container", True, f"{len(self.bundle.infolist())} members, none of them hostile")
        content = self._small(seal.MANIFEST)
        yield from self._signature(content, public_key)
        yield self._read_manifest(content)
        for look in (
            ("order", self._order), ("sums", self._sums), ("policy", self._policy), ("input", self._input),
            ("score history", self._history), ("result digest", self._digest), ("violations", self._violations),
        ):  # fmt: skip
            yield _looked(*look)

    def _refuse_hostile(self) -> None:
        """Names that lead elsewhere, names twice, links, encryption, bombs, bytes around the archive."""
        names = [entry.filename for entry in self.bundle.infolist()]
        for entry in self.bundle.infolist():
            name = entry.filename
            if entry.orig_filename != name or name not in (seal.MANIFEST, seal.SIGNATURE, *seal.MEMBERS, seal.ORIGINAL):
                raise Fault(f"{name[:100]!r} has no place in a bundle; nothing of it is read")
            if names.count(name) > 1:
                raise Fault(f"{name} is there more than once")
            if entry.flag_bits & 0x1 or entry.external_attr >> 28 == 0xA or entry.extra and entry.file_size < 2**31:
                raise Fault(f"{name} is encrypted, a link, or carries extra fields")
            if entry.file_size > RATIO_FREE and entry.file_size > RATIO_MOST * max(entry.compress_size, 1):
                raise Fault(f"{name} would grow to {entry.file_size:,} bytes from {entry.compress_size:,}: a zip bomb")
        missing = [name for name in (seal.MANIFEST, seal.SIGNATURE, seal.PUBLIC_KEY) if name not in names]
        if missing:
            raise Fault(f"{missing[0]} is missing")
        with self.path.open("rb") as file:
            file.seek(-_END, 2)
            ends = file.read(4) == b"PK\x05\x06"
        if not ends or min(entry.header_offset for entry in self.bundle.infolist()) != 0:
            raise Fault("there are bytes before or behind the archive")

    def _signature(self, content: bytes, public_key: str | None) -> Iterator[Check]:
        try:
            own = self._small(seal.PUBLIC_KEY).decode()
            named = seal.fingerprint(own)
            good = seal.is_signed(own, content, self._small(seal.SIGNATURE))
        except ValueError as fault:
            raise Fault(f"the key in the bundle cannot be used: {fault}") from fault
        words = f"manifest.json is {'' if good else 'NOT '}signed by the key in the bundle, {named}"
        yield Check("signature", good, words)
        if public_key is not None:
            pinned = seal.fingerprint(public_key)
            known = pinned == named
            told = "the key is the one you named" if known else (
                f"SIGNED BY AN UNKNOWN KEY: the bundle's is {named}, the one you named is {pinned}"
            )  # fmt: skip
            yield Check("key", known, told)
        if not good:
            raise Fault("the manifest is not what was signed; nothing it says can be trusted")

    def _read_manifest(self, content: bytes) -> Check:
        self.manifest = _json(content, seal.MANIFEST)
        form = self.manifest.get("form")
        if form != seal.FORM:
            raise Fault(f"the form is {form!r}; this program checks {seal.FORM}")
        self.members = self.manifest["members"]
        return Check("manifest", True, f"scan {self.manifest['scan_id']}, run by {self.manifest['engine']}")

    def _order(self) -> str:
        there = [entry.filename for entry in self.bundle.infolist()]
        signed = [seal.MANIFEST, seal.SIGNATURE, *(member["name"] for member in self.members)]
        if removed := [name for name in signed if name not in there]:
            raise Fault(f"{', '.join(removed)}: missing, though the manifest lists it")
        if added := [name for name in there if name not in signed]:
            raise Fault(f"{', '.join(added)}: added; the manifest does not list it")
        if there != signed:
            raise Fault("the members are not in the order of the manifest")
        return "exactly the files that the manifest lists, in its order"

    def _sums(self) -> str:
        for member in self.members:
            self._check_sum(member)
        return f"SHA-256 and size of {len(self.members)} files are those of the manifest"

    def _check_sum(self, member: dict[str, Any]) -> None:
        """Inflates no more than the manifest says there is."""
        name, left, digest = member["name"], member["size"], hashlib.sha256()
        if self.bundle.getinfo(name).file_size != left:
            raise Fault(f"{name} has not the size that the manifest says")
        with self._opened(name) as content:
            while chunk := content.read(_CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise Fault(f"{name} is larger than the manifest says")
                digest.update(chunk)
        if left or digest.hexdigest() != member["sha256"]:
            raise Fault(f"{name} is not what was sealed: its SHA-256 differs from the manifest")

    def _policy(self) -> str:
        policy = self._document(seal.POLICY)
        if not seal.rules_hash(policy["rules"]) == policy["content_hash"] == self.manifest["policy_hash"]:
            raise Fault("the rules are not those of the policy version whose hash is named")
        return f"the rules hash to {policy['content_hash']}"

    def _input(self) -> str:
        inputs = self._document(seal.INPUTS)
        if inputs["upload"]["sha256"] != self.manifest["input_sha256"]:
            raise Fault("inputs.json names another file than the manifest")
        for member in self.members:
            if member["name"] == seal.ORIGINAL:
                if member["sha256"] != self.manifest["input_sha256"]:
                    raise Fault("the file in the bundle is not the one that was scanned")
                return "the scanned file is in the bundle and is the one that was uploaded"
        return f"the scanned file is not in the bundle; its SHA-256 is {self.manifest['input_sha256']}"

    def _history(self) -> str:
        history, said = self._document(seal.HISTORY), self.manifest["score_history"]
        if fault := faults_of_history(history, self.manifest):
            raise Fault(fault)
        return f"{said['steps']} steps follow from the result digest, one from the other, to the score {said['score']}"

    def _digest(self) -> str:
        found = digest_of(self._extracted(seal.FINDINGS), self.scratch)
        if found != self.manifest["result_digest"]:
            raise Fault(f"the findings give {found}, the manifest says {self.manifest['result_digest']}")
        return f"the findings give {found}"

    def _violations(self) -> str:
        count = rows_of_csv(self._extracted(seal.VIOLATIONS))
        if count != self.manifest["violation_count"]:
            raise Fault(f"violations.csv has {count:,} rows, the manifest says {self.manifest['violation_count']:,}")
        return f"{count:,} violations, as the manifest says"

    def _document(self, name: str) -> dict[str, Any]:
        return _json(self._small(name), name)

    def _small(self, name: str) -> bytes:
        if self.bundle.getinfo(name).file_size > DOCUMENT_MOST:
            raise Fault(f"{name} is larger than {DOCUMENT_MOST:,} bytes")
        with self._opened(name) as content:
            read = content.read(DOCUMENT_MOST + 1)
        if len(read) > DOCUMENT_MOST:
            raise Fault(f"{name} is larger than it says")
        return read

    def _extracted(self, name: str) -> Path:
        target = self.scratch / Path(name).name
        with self._opened(name) as content, target.open("wb") as copy:
            while chunk := content.read(_CHUNK):
                copy.write(chunk)
        return target

    def _opened(self, name: str) -> IO[bytes]:
        return self.bundle.open(name)


def _looked(name: str, look: Callable[[], str]) -> Check:
    """A check as an answer, whatever a file of hostile content makes of it."""
    try:
        return Check(name, True, look())
    except Fault as fault:
        return Check(name, False, str(fault))
    except (*_UNREADABLE, *_MISSHAPEN) as fault:
        return Check(name, False, f"cannot be read: {type(fault).__name__}: {str(fault)[:200]}")


def _json(content: bytes, name: str) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as fault:
        raise Fault(f"{name} is no JSON") from fault
    if not isinstance(document, dict):
        raise Fault(f"{name} is no JSON object")
    return document


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--public-key", type=Path, metavar="PEM-FILE", help="the sealer's key")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def main(arguments: Sequence[str]) -> int:
    """`verify_bundle FILE [--public-key PEM-FILE]`: prints each check; how the command ends."""
    parser = argparse.ArgumentParser(prog="manage.py verify_bundle", description=__doc__, epilog=EXITS)
    add_arguments(parser)
    chosen = parser.parse_args(arguments)
    if not chosen.bundle.is_file():
        parser.error(f"{chosen.bundle} is no file")
    pinned = _pinned(parser, chosen.public_key)
    found = []
    for check in checks(chosen.bundle, pinned):
        found.append(check)
        if not chosen.json:
            _say(f"{'ok   ' if check.good else 'FAULT'}  {check.name}: {check.words}")
    good = all(check.good for check in found)
    if chosen.json:
        document = {"good": good, "signer_checked": pinned is not None, "checks": [asdict(check) for check in found]}
        _say(json.dumps(document))
    else:
        _say("The bundle is whole and unchanged." if good else "THE BUNDLE IS NOT TO BE TRUSTED.")
        if good and pinned is None:
            _say("WHO sealed it is not checked: compare the key's fingerprint with the sealer's, or give --public-key.")
    return Exit.FINE if good else Exit.WRONG


def _pinned(parser: argparse.ArgumentParser, path: Path | None) -> str | None:
    """The sealer's key as it was given."""
    if path is None:
        return None
    try:
        pinned = path.read_text()
        seal.fingerprint(pinned)
    except (OSError, ValueError) as fault:
        parser.error(f"--public-key: {fault}")
    return pinned


def _say(line: str) -> None:
    with suppress(BrokenPipeError):
        sys.stdout.write(plain(line) + "\n")
