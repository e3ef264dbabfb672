from django.apps import AppConfig


class ScansConfig(AppConfig):
    name = "scans"

    def ready(self) -> None:
        from jobs import kinds
        from scans import discarding
        from scans.models import SignalScan

        kinds.register(
            kinds.Kind(
                "signal_scan", SignalScan, "scans.tasks.run_scan", "long", discard=discarding.discard,
                fell=discarding.fell,
            )
        )  # fmt: skip
