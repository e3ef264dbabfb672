"""The form of a sealed bundle, and its Ed25519 signature. Pure: no Django, no database."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

FORM = "scanward-bundle/1"
MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"
PUBLIC_KEY = "public-key.pem"
README = "README.txt"
SCAN = "scan.json"
POLICY = "policy.json"
MAPPING = "mapping.json"
INPUTS = "inputs.json"
FINDINGS = "findings.parquet"
VIOLATIONS = "violations.csv"
HISTORY = "score-history.json"
AUDIT_TRAIL = "audit-trail.json"
ORIGINAL = "input/original"
MEMBERS = (README, PUBLIC_KEY, SCAN, POLICY, MAPPING, INPUTS, FINDINGS, VIOLATIONS, HISTORY, AUDIT_TRAIL)
"""What the manifest lists, in this order; ORIGINAL comes last when it is there."""


class NotASigningKey(ValueError):
    """The text is no Ed25519 key in PEM."""


def public_key_of(private_pem: str) -> str:
    """The public half of a private key, as PEM."""
    public = _private(private_pem).public_key()
    info = serialization.PublicFormat.SubjectPublicKeyInfo
    return public.public_bytes(serialization.Encoding.PEM, info).decode()


def sign(private_pem: str, content: bytes) -> bytes:
    """64 bytes."""
    return _private(private_pem).sign(content)


def is_signed(public_pem: str, content: bytes, signature: bytes) -> bool:
    """Whether `signature` is of this content by that key. NotASigningKey when the key is none."""
    try:
        _public(public_pem).verify(signature, content)
    except InvalidSignature:
        return False
    return True


def fingerprint(public_pem: str) -> str:
    """SHA-256 (hex) of the 32 bytes of a public key: what people compare."""
    raw = _public(public_pem).public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()


def canonical(document: Mapping[str, Any] | list[Any]) -> bytes:
    """JSON for people and for hashes alike: sorted keys, two blanks deep, a line feed at the end."""
    return (json.dumps(document, sort_keys=True, indent=2, ensure_ascii=False) + "\n").encode()


def rules_hash(rules: list[Any]) -> str:
    """SHA-256 (hex) of a policy version's rules: compact JSON with sorted keys."""
    text = json.dumps(rules, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _private(pem: str) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as fault:
        raise NotASigningKey("the private key cannot be read as PEM without a password") from fault
    if not isinstance(key, Ed25519PrivateKey):
        raise NotASigningKey("the private key is not an Ed25519 key")
    return key


def _public(pem: str) -> Ed25519PublicKey:
    try:
        key = serialization.load_pem_public_key(pem.encode())
    except ValueError as fault:
        raise NotASigningKey("the public key cannot be read as PEM") from fault
    if not isinstance(key, Ed25519PublicKey):
        raise NotASigningKey("the public key is not an Ed25519 key")
    return key
