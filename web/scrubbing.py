"""Text without the secrets that may have got into it: API keys, bearer tokens, passwords in addresses and connection
strings, secret values of query strings. For logs, where nobody foresees what an error message quotes."""

from __future__ import annotations

import re
from typing import Any

MARK = "[redacted]"
_SECRETS = [
    (re.compile(r"\bsk_(live|test)_\w+", re.ASCII), rf"sk_\1_{MARK}"),
    (re.compile(r"\b(Bearer|Basic)\s+[\w.~+/=-]{8,}", re.IGNORECASE), rf"\1 {MARK}"),
    (re.compile(r"(\w://[^\s:/@]*):[^\s/]+@"), rf"\1:{MARK}@"),  # scheme://user:password@host
    (re.compile(r"\b((?:password|passwd|token|secret|signature)=)[^\s&'\"]+", re.IGNORECASE), rf"\1{MARK}"),
]


def scrubbed(value: Any) -> Any:
    """The value with every text in it scrubbed; lists and dicts through and through. Other kinds stay as they are."""
    match value:
        case str():
            for pattern, replacement in _SECRETS:
                value = pattern.sub(replacement, value)
            return value
        case dict():
            return {key: scrubbed(each) for key, each in value.items()}
        case list() | tuple():
            return [scrubbed(each) for each in value]
    return value
