from __future__ import annotations

from django.apps import AppConfig


class TinyConfig(AppConfig):
    name = "benchmarks.tiny"

    def ready(self) -> None:
        from benchmarks.tiny.models import TinyJob
        from jobs import kinds

        kinds.register(kinds.Kind("tiny", TinyJob, "benchmarks.tiny.tasks.run_job", "long", discard=lambda *_: None))
