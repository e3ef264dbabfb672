from django.apps import AppConfig


class ProspectingConfig(AppConfig):
    name = "prospecting"

    def ready(self) -> None:
        from jobs import kinds
        from prospecting.models import ProspectingJob

        kinds.register(
            kinds.Kind(
                "prospecting_job", ProspectingJob, "prospecting.tasks.run_job", "long",
                discard=lambda job_id, keep: None,  # each batch stays: jobs.md, section 5
            )
        )  # fmt: skip
