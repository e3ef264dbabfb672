from django.apps import AppConfig


class ScansConfig(AppConfig):
    name = "scans"
    verbose_name = "Signals"

    def ready(self) -> None:
        from jobs import kinds
        from prospecting.actions.merging import merging
        from scans import discarding
        from scans.models import SignalScan
        from scans.same_person import look_once

        kinds.register(
            kinds.Kind(
                "signal_scan", SignalScan, "scans.tasks.run_scan", "long", discard=discarding.discard,
                fell=discarding.fell,
            )
        )  # fmt: skip
        merging.connect(look_once)
