"""A file behind an https address."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from compliance.sources.pulling import Bounds, Pulled, PullFailed
from compliance.sources.shapes import HttpsFile
from web.destinations import Refused, Unreachable
from web.outbound import BadAnswer, TooLarge, fetch


def pull(source: HttpsFile, secret: str, target: Path, bounds: Bounds) -> Pulled:
    """PullFailed says why there is no file."""
    headers = {source.header: secret} if secret else {}
    try:
        fetch(
            source.url, target, most=bounds.most, seconds=bounds.seconds, secret_headers=headers, check=bounds.check
        )  # fmt: skip
    except Refused as fault:
        raise PullFailed("SOURCE_REFUSED", str(fault)) from fault
    except (Unreachable, BadAnswer) as fault:
        raise PullFailed("SOURCE_UNAVAILABLE", str(fault)) from fault
    except TooLarge as fault:
        raise bounds.too_large() from fault
    return Pulled(target, unquote(urlsplit(source.url).path.rpartition("/")[2]) or "download")
