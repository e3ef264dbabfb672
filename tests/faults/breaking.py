"""The faults, one function each: it breaks something while a job of each kind is held amid its work, and mends it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass

from celery import Celery
from django.conf import settings
from django.db import connection

from config import processes
from jobs import kinds
from jobs.enums import Status
from jobs.models import JobEvent
from tests.faults.amid import MODELS, Jobs
from tests.faults.house import WORKERS, House, children
from tests.faults.workload import KINDS, Workload
from tests.jobs.gates import Gate
from tests.until import until

SPARE = "worker-3"


@dataclass(frozen=True)
class Scene:
    """`jobs`: those under way at the moment, of each kind at least the one that stands at the gate."""

    house: House
    work: Workload
    gate: Gate
    jobs: Jobs

    @property
    def ids(self) -> set[str]:
        return set().union(*self.jobs.values())


@dataclass(frozen=True)
class Fault:
    name: str
    strike: Callable[[Scene], None]


def kill_workers(scene: Scene) -> None:
    for name in WORKERS:
        scene.house.kill(name)
    scene.gate.open()
    for name in WORKERS:
        scene.house.start(name)


def kill_children(scene: Scene) -> None:
    """Those that run the jobs; the workers themselves must go on and make new ones."""
    for name in WORKERS:
        for child in children(scene.house.running[name].pid):
            os.kill(child, signal.SIGKILL)
    scene.gate.open()


def stop_workers(scene: Scene) -> None:
    """As an upgrade does. They hand their jobs back, once the batches they are writing have ended."""
    leaving = [scene.house.running[name] for name in WORKERS]
    for process in leaving:
        process.terminate()
    until(lambda: waiting_to_lock() > 0, "a hand-back to wait for a batch")
    scene.gate.open()
    until(lambda: all(process.poll() is not None for process in leaving), "the workers to leave")
    assert [process.returncode for process in leaving] == [0, 0]
    for name in WORKERS:
        scene.house.start(name)


def stall_workers(scene: Scene) -> None:
    """Past their leases, amid a batch, until another worker has everything; then they go on as if nothing had been."""
    stalled, before = [scene.house.running[name].pid for name in WORKERS], newest_event()
    for pid in stalled:
        os.killpg(pid, signal.SIGSTOP)
    scene.gate.open()
    scene.house.start(SPARE)
    until(lambda: taken_back(scene.ids, before), "another to take over all their jobs")
    for pid in stalled:
        os.killpg(pid, signal.SIGCONT)
    scene.house.stop(SPARE)


def kill_beat(scene: Scene) -> None:
    """And the workers, so that there is something only beat can mend."""
    scene.house.kill("beat")
    kill_workers(scene)
    until(lambda: len(expired()) >= len(KINDS), "the leases to run out")
    scene.house.start("beat")


def kill_web(scene: Scene) -> None:
    """After it has written down a job and before it has said so."""
    scene.house.redis.stall()
    scene.work.release(*KINDS)
    until(lambda: unanswered(scene.work), "a job whose partner does not know of it")
    scene.house.kill("web")
    scene.house.redis.flow()
    scene.gate.open()
    scene.house.start("web")
    processes.wait_until_served(f"{scene.house.address}/livez", scene.house.running["web"])


def empty_redis(scene: Scene) -> None:
    scene.house.restart_redis_empty()
    scene.gate.open()


def crash_postgres(scene: Scene) -> None:
    scene.house.restart_postgres()


def cut_connections(scene: Scene) -> None:
    """All to both servers, of all processes, amid whatever they say."""
    assert scene.house.postgres.cut() > 0
    assert scene.house.redis.cut() > 0
    scene.gate.open()


def stall_network(scene: Scene) -> None:
    """Until the leases have run out."""
    scene.house.postgres.stall()
    scene.house.redis.stall()
    scene.gate.open()
    until(lambda: len(expired()) >= len(KINDS), "the leases to run out")
    scene.house.postgres.flow()
    scene.house.redis.flow()


def slow_network(scene: Scene) -> None:
    """Each word to either server takes a twentieth of a second longer, until each kind has ended once."""
    scene.house.postgres.delay = scene.house.redis.delay = 0.05
    scene.gate.open()
    until(lambda: all(over(ids) for ids in scene.jobs.values()), "a job of each kind to end")
    scene.house.postgres.delay = scene.house.redis.delay = 0


def duplicate_messages(scene: Scene) -> None:
    """Of every job there is, twice over: queued, running and long over."""
    app = Celery("duplicates", broker=scene.house.urls["REDIS_URL"])
    app.conf.broker_transport_options = {"global_keyprefix": settings.REDIS_PREFIX}
    with app.connection_for_write() as broker:
        for name in KINDS:
            kind = kinds.get(name)
            for pk in MODELS[name].objects.filter(group__in=scene.work.groups).values_list("pk", flat=True):
                for _ in range(2):
                    app.send_task(kind.task, args=[str(pk)], queue=kind.queue, connection=broker, ignore_result=True)
    app.close()
    scene.gate.open()


def delay_messages(scene: Scene) -> None:
    """All messages are kept back until nobody has anything to do; then each comes twice, the last first."""
    queue, held = f"{settings.REDIS_PREFIX}long", []
    with scene.house.broker() as broker:

        def nobody_works() -> bool:
            while message := broker.rpop(queue):
                held.append(message)
            return not running(scene.work)

        scene.gate.open()
        until(nobody_works, "those under way to end")
        for message in [*held, *held]:
            broker.rpush(queue, message)


FAULTS = {
    "killed-workers": Fault("all workers are killed with their children (SIGKILL)", kill_workers),
    "killed-children": Fault("the children of all workers are killed (SIGKILL)", kill_children),
    "stopped-workers": Fault("all workers are told to stop (SIGTERM)", stop_workers),
    "stalled-workers": Fault("workers stall past their leases and come back (SIGSTOP, SIGCONT)", stall_workers),
    "killed-beat": Fault("beat is killed, and all workers while there is none", kill_beat),
    "killed-web": Fault("the web server is killed between writing a job down and saying so", kill_web),
    "empty-redis": Fault("Redis is restarted empty", empty_redis),
    "crashed-postgres": Fault("PostgreSQL is restarted at once (SIGQUIT)", crash_postgres),
    "cut-connections": Fault("all connections to PostgreSQL and Redis are cut", cut_connections),
    "stalled-network": Fault("nothing passes to PostgreSQL and Redis until leases have run out", stall_network),
    "slow-network": Fault("each packet to PostgreSQL and Redis is late by 50 ms", slow_network),
    "duplicate-messages": Fault("every message is delivered twice more, of jobs long over, too", duplicate_messages),
    "delayed-messages": Fault("messages are kept back until all workers are idle, then come twice", delay_messages),
}  # fmt: skip


def newest_event() -> int:
    return JobEvent.objects.order_by("-pk").values_list("pk", flat=True)[0]


def taken_back(ids: set[str], since: int) -> bool:
    """Whether each was taken from its worker after this event."""
    back = JobEvent.objects.filter(pk__gt=since, job_id__in=ids, from_status=Status.RUNNING, to_status=Status.QUEUED)
    return back.values("job_id").distinct().count() == len(ids)


def expired() -> list[str]:
    return [
        str(pk) for model in MODELS.values() for pk in model.objects.with_expired_lease().values_list("pk", flat=True)
    ]


def running(work: Workload) -> int:
    return sum(model.objects.running().filter(group__in=work.groups).count() for model in MODELS.values())


def over(ids: set[str]) -> bool:
    return JobEvent.objects.filter(job_id__in=ids, to_status=Status.COMPLETED).exists()


def unanswered(work: Workload) -> bool:
    """Whether a job stands in the database whose id no tenant has been told."""
    work.check()
    made = {
        str(pk)
        for model in MODELS.values()
        for pk in model.objects.filter(group__in=work.groups).values_list("pk", flat=True)
    }
    return bool(made - {job_id for tenant in work.tenants for job_id in [*tenant.ids.values()]})


def waiting_to_lock() -> int:
    """How many wait to lock a row that somebody is writing; heartbeats, which change it, are not counted."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'SELECT%' "
            "AND wait_event_type = 'Lock' AND wait_event IN ('transactionid', 'tuple')"
        )
        return int(cursor.fetchone()[0])
