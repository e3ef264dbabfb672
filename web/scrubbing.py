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
    # As a dict is written: 'password': 'hunter2', "token": b"..."
    (re.compile(r"""((['"])\w*(?:password|passwd|token|secret|signature)\2\s*:\s*b?(['"])).*?(?<!\\)\3""", re.I),
     rf"\1{MARK}\3"),
]  # fmt: skip
DEEPEST = 20  # what is nested deeper is left out; so is what holds itself


def scrubbed(value: Any, depth: int = 0) -> Any:
    """The value with every text in it scrubbed; lists and dicts through and through. What is neither is shown as Python
    shows it, scrubbed: exceptions and addresses may quote secrets, too.
    """
    if depth > DEEPEST:
        return "..."
    match value:
        case str():
            for pattern, replacement in _SECRETS:
                value = pattern.sub(replacement, value)
            return value
        case dict():
            return {str(scrubbed(key)): scrubbed(each, depth + 1) for key, each in value.items()}
        case list() | tuple() | set() | frozenset():
            return [scrubbed(each, depth + 1) for each in value]
        case None | bool() | int() | float():
            return value
    return scrubbed(_shown(value), depth)


def _shown(value: object) -> str:
    try:
        return repr(value)
    except Exception as fault:  # whatever its own repr raises: a log line is no place to fail
        return f"<{type(value).__name__} that cannot be shown: {type(fault).__name__}>"
