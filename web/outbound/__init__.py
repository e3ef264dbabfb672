"""The guarded HTTP client: the only place that speaks HTTP to an address somebody else named.

Public addresses only, judged at the moment of the connection and for every redirect again; a total deadline; a cap on
decoded bytes; no proxy of the environment; what a server answers never appears in an error (docs/adr/0018).
`Session` is for many requests at once (asyncio), `send` for one, `fetch` for a file.
"""

from web.destinations import Refused, Rules, Unreachable
from web.outbound.answers import Answer, BadAnswer, TooLarge
from web.outbound.blocking import Fetched, fetch, send
from web.outbound.hops import check_url
from web.outbound.session import Session

__all__ = [
    "Answer", "BadAnswer", "Fetched", "Refused", "Rules", "Session", "TooLarge", "Unreachable", "check_url", "fetch",
    "send",
]  # fmt: skip
