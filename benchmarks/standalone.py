"""A real Spark on this machine: a standalone master, workers of one core each, and a Connect server that uses them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.memory import children, command, peak
from config.processes import free_port

HOST = "127.0.0.1"
PATIENCE = 120  # seconds until a process must serve
EXECUTOR = "CoarseGrainedExecutorBackend"


@dataclass(frozen=True)
class Standalone:
    """`url` is the Connect server's; `workers` are processes, each the parent of its executor."""

    url: str
    server: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]

    def peak(self) -> int:
        """Bytes that server, workers and executors held at most."""
        return sum(peak(process.pid) for process in (self.server, *self.workers))

    def kill_an_executor(self) -> None:
        os.kill(_executor(self.workers[0].pid), signal.SIGKILL)


@contextmanager
def running(home: Path, workers: int, folder: Path, memory: str = "3g") -> Iterator[Standalone]:
    """`home` is a Spark 4.1, such as the folder of an installed pyspark; it needs Java 17. All of it ends with the
    block."""
    with ExitStack() as stack:
        log = stack.enter_context((folder / "spark.log").open("ab"))
        port, connect = free_port(), free_port()
        master = f"spark://{HOST}:{port}"

        def start(*words: str) -> subprocess.Popen[bytes]:
            environment = {
                **os.environ,
                "SPARK_HOME": str(home),
                "SPARK_LOCAL_IP": HOST,
                "SPARK_WORKER_DIR": str(folder),
            }
            process = subprocess.Popen(words, env=environment, stdout=log, stderr=log, start_new_session=True)
            stack.callback(process.wait)
            stack.callback(os.killpg, process.pid, signal.SIGKILL)
            return process

        run = str(home / "bin" / "spark-class")
        start(run, "org.apache.spark.deploy.master.Master", "--host", HOST, "--port", str(port), "--webui-port", "0")
        wait_for(port)
        started = [
            start(
                run, "org.apache.spark.deploy.worker.Worker", "--host", HOST, "--cores", "1", "--memory", memory,
                "--webui-port", "0", master,
            )
            for _ in range(workers)
        ]  # fmt: skip
        options = {
            "spark.connect.grpc.binding.port": connect, "spark.executor.memory": memory, "spark.executor.cores": 1,
            "spark.ui.enabled": "false", "spark.sql.shuffle.partitions": 4 * workers,
        }  # fmt: skip
        server = start(
            str(home / "bin" / "spark-submit"), "--master", master, "--driver-memory", "2g",
            *(word for name, value in options.items() for word in ("--conf", f"{name}={value}")),
            "--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "spark-internal",
        )  # fmt: skip
        wait_for(connect)
        _until_all_have_executors(started)
        yield Standalone(f"sc://{HOST}:{connect}", server, started)


def wait_for(port: int) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with socket.socket() as trial:
            if trial.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.2)
    raise TimeoutError(f"nothing listens on port {port} after {PATIENCE} seconds; see spark.log")


def _until_all_have_executors(workers: list[subprocess.Popen[bytes]]) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            for worker in workers:
                _executor(worker.pid)
        except LookupError:
            time.sleep(0.2)
        else:
            return
    raise TimeoutError(f"a worker has no executor after {PATIENCE} seconds; see spark.log")


def _executor(worker: int) -> int:
    """The process id of a worker's executor; LookupError while it has none."""
    for child in children(worker):
        if EXECUTOR in command(child):
            return child
    raise LookupError(f"worker {worker} has no executor")
