from django.apps import AppConfig


class ComplianceConfig(AppConfig):
    name = "compliance"

    def ready(self) -> None:
        from compliance import exporting, reading, trying
        from compliance.models import ComplianceScan, DryRun, Export, SourceImport, UploadReading
        from compliance.staging import discard
        from jobs import kinds

        kinds.register(
            kinds.Kind("compliance_scan", ComplianceScan, "compliance.tasks.run_scan", "long", discard=discard)
        )
        kinds.register(
            kinds.Kind(
                "upload_reading", UploadReading, "compliance.tasks.read_upload", "long",
                discard=reading.discard, fell=reading.fell,
            )
        )  # fmt: skip
        kinds.register(kinds.Kind("export", Export, "compliance.tasks.run_export", "long", discard=exporting.discard))
        kinds.register(
            kinds.Kind(
                "source_import", SourceImport, "compliance.tasks.run_import", "long", discard=lambda job_id, keep: None
            )
        )
        kinds.register(kinds.Kind("dry_run", DryRun, "compliance.tasks.run_dry_run", "long", discard=trying.discard))
