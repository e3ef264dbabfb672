"""Rate limits: token buckets in Redis, one step each, so that no two requests take the same token.

Headers follow draft-ietf-httpapi-ratelimit-headers-11. When Redis is away everything is served: the limit
protects the service and must not be what takes it down.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import redis
import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry

from config import env
from web.once import once

logger = structlog.get_logger(__name__)
WINDOW = 60  # seconds a quota is for
_OWED = -1_000_000  # tokens: more than requests at once could ever owe

# KEYS: buckets. ARGV: the number of tokens to take from each (-1 gives one back), the number that each must have, then
# the quota of each. Takes from all of them or from none. Answers {1 or 0, tokens of the first, of the second, ...}.
_SCRIPT = """
local now = redis.call('TIME')
now = tonumber(now[1]) + tonumber(now[2]) / 1000000
local take, need, granted, left = tonumber(ARGV[1]), tonumber(ARGV[2]), 1, {}
for i, key in ipairs(KEYS) do
  local quota = tonumber(ARGV[i + 2])
  local seen = redis.call('HMGET', key, 'tokens', 'at')
  local tokens = tonumber(seen[1] or quota) + math.max(0, now - tonumber(seen[2] or now)) * quota / 60
  left[i] = math.min(quota, tokens)
  if left[i] < need then granted = 0 end
end
local answer = {granted}
for i, key in ipairs(KEYS) do
  local quota = tonumber(ARGV[i + 2])
  if granted == 1 then left[i] = math.min(quota, left[i] - take) end
  redis.call('HSET', key, 'tokens', string.format('%.6f', left[i]), 'at', string.format('%.6f', now))
  redis.call('EXPIRE', key, 120)
  answer[i + 1] = string.format('%.6f', left[i])
end
return answer
"""


@dataclass(frozen=True)
class Bucket:
    """`quota` tokens at most, refilled by `quota` a minute. The buckets of one `owner` share a Redis slot."""

    name: str
    owner: str
    quota: int

    @property
    def redis_key(self) -> str:
        return f"{env.REDIS_PREFIX}rate:{{{self.owner}}}:{self.name}"


@dataclass(frozen=True)
class Taken:
    """What taking a token came to. `retry_after` in whole seconds, 0 when granted."""

    granted: bool
    headers: dict[str, str]
    retry_after: int = 0


class Away:
    """How often a limit could not be kept because Redis was away (for the metrics)."""

    count = 0


def take(buckets: Sequence[Bucket]) -> Taken:
    """Take a token from every bucket, or from none when one of them is empty."""
    return _asked(buckets, 1)


def look(buckets: Sequence[Bucket]) -> Taken:
    """Whether there is a token to take, for a request that may turn out to cost nothing; who does not, pays later."""
    return _asked(buckets, 0)


def pay(buckets: Sequence[Bucket]) -> dict[str, str]:
    """Take a token also where none is left by now: then one less comes back. Answers the headers after it."""
    return _moved(buckets, 1)


def give_back(buckets: Sequence[Bucket]) -> dict[str, str]:
    """Return the tokens of what turned out to cost nothing; answers the headers after it."""
    return _moved(buckets, -1)


def _asked(buckets: Sequence[Bucket], tokens: int) -> Taken:
    try:
        granted, *left = _run(buckets, tokens, 1)
    except redis.RedisError as fault:
        Away.count += 1
        logger.warning("rate_limit_open", error=str(fault))
        return Taken(True, {})
    have = [float(value) for value in left]
    waits = [(1 - each) * WINDOW / bucket.quota for bucket, each in zip(buckets, have, strict=True)]
    return Taken(
        granted=bool(int(granted)),
        headers=_headers(buckets, have),
        retry_after=0 if int(granted) else max(1, math.ceil(max(waits))),
    )


def _moved(buckets: Sequence[Bucket], tokens: int) -> dict[str, str]:
    try:
        _, *left = _run(buckets, tokens, _OWED)
    except redis.RedisError:
        Away.count += 1
        return {}
    return _headers(buckets, [float(value) for value in left])


@once
def client() -> redis.Redis:
    """The connection pool of this process. Short time-outs and no retry: a request waits for the answer."""
    timeout = float(env.RATE_LIMIT_TIMEOUT)
    return redis.Redis.from_url(
        env.REDIS_URL, socket_timeout=timeout, socket_connect_timeout=timeout, retry=Retry(NoBackoff(), 0)
    )


def _run(buckets: Sequence[Bucket], tokens: int, need: int) -> list[bytes]:
    keys = [bucket.redis_key for bucket in buckets]
    quotas = [bucket.quota for bucket in buckets]
    return client().register_script(_SCRIPT)(keys=keys, args=[tokens, need, *quotas])  # type: ignore[no-any-return]


def _headers(buckets: Sequence[Bucket], tokens: Sequence[float]) -> dict[str, str]:
    """`t` is the number of seconds until the bucket is full again."""
    policies, states = [], []
    for bucket, have in zip(buckets, tokens, strict=True):
        full_in = math.ceil((bucket.quota - have) * WINDOW / bucket.quota)
        policies.append(f'"{bucket.name}";q={bucket.quota};w={WINDOW}')
        states.append(f'"{bucket.name}";r={max(0, math.floor(have))};t={full_in}')
    return {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(states)}
