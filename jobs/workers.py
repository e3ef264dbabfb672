"""Which workers there are, asked through the broker, and how to start one."""

from __future__ import annotations

import os
from dataclasses import dataclass

import redis
from celery import current_app
from kombu.exceptions import OperationalError

from config import processes

SECONDS = 1.0  # a worker has to answer; busy ones do, too


class BrokerAway(Exception):
    """Nobody could be asked."""


@dataclass(frozen=True, slots=True)
class Worker:
    """`name` as Celery knows it, and the queues it takes messages from."""

    name: str
    queues: frozenset[str]


def answering() -> list[Worker]:
    """Every worker that answers now. Raises BrokerAway."""
    try:
        found = current_app.control.inspect(timeout=SECONDS).active_queues() or {}
    except (OperationalError, redis.RedisError, OSError) as fault:
        raise BrokerAway from fault
    return [Worker(name, frozenset(queue["name"] for queue in queues)) for name, queues in sorted(found.items())]


def how_to_start() -> str:
    """In words, without a full stop."""
    everything = "`make run` starts web server, worker and beat together"
    if "SCANWARD_LOCAL" in os.environ:  # the servers are known to commands of this checkout only
        return everything
    return f"{everything}; a worker alone: {' '.join(processes.worker())}"
