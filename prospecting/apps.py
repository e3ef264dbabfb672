from django.apps import AppConfig


class ProspectingConfig(AppConfig):
    name = "prospecting"

    def ready(self) -> None:
        from jobs import kinds
        from prospecting.actions.jobs import KIND, fell
        from prospecting.models import ProspectingJob

        kinds.register(
            kinds.Kind(
                KIND, ProspectingJob, "prospecting.tasks.run_job", "long",
                discard=lambda job_id, keep: None,  # each batch stays: jobs.md, section 5
                fell=fell,
            )
        )  # fmt: skip
