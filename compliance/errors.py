"""What compliance refuses, by name."""

from typing import Self

from web.errors import Conflict, Forbidden, NotFound, Unprocessable, ValidationFailed


class UploadNotFound(NotFound):
    message = "No upload with this id. Upload the file first: POST /api/data/upload."


class MappingNotFound(NotFound):
    message = "No mapping with this id. Confirm one first: POST /api/data/mapping/confirm."


class PolicyNotFound(NotFound):
    message = "No policy with this id. GET /api/policies lists those there are."


class RuleNotFound(NotFound):
    message = "The policy has no rule with this rule_id."


class NoRules(NotFound):
    message = "No rules found: the policy has no active rule. Add one: POST /api/policies/{id}/rules."


class ScanNotFound(NotFound):
    message = "Scan not found"


class ViolationNotFound(NotFound):
    message = "Violation not found"


class ViolationsNotFound(NotFound):
    """Some of the violations that were named are not there."""


class WaiverNotFound(NotFound):
    message = "No waiver with this id. GET /api/waivers lists those there are."


class WaiverEnded(Conflict):
    message = "This waiver has ended already."


class MappingOfAnotherUpload(ValidationFailed):
    """A mapping is confirmed for one upload and used with another."""


class MappingIncomplete(ValidationFailed):
    code = "MAPPING_INCOMPLETE"
    message = "No active rule can run with this mapping."


class UploadDeleted(Conflict):
    message = "The content of this upload has been deleted; upload the file again."


class UploadNotReady(Conflict):
    message = "The upload is still being read. GET /api/data/{id} says how far it is."


class UploadUnreadable(Conflict):
    """A job could not read the file; the message says why."""


class UploadInUse(Conflict):
    message = "A scan or dry run is queued or running on this upload; wait for it or cancel it."


class TooManyRecords(Unprocessable):
    """The upload is larger than SCAN_MAX_RECORDS. Nothing is ever sampled."""


class ScanRunning(Conflict):
    message = "The scan is queued or running; cancel it before you delete it."


class ScanNotCompleted(Conflict):
    message = "The scan is not completed, so there is nothing to export yet."


class EvidenceDeleted(Conflict):
    message = "The evidence of this scan has been deleted; its violations, counts and score history are still there."


class ExportNotFound(NotFound):
    message = "No export with this id. Ask for one: GET /api/export?scan_id=...&format=..."


class ExportNotReady(Conflict):
    message = "The export is not completed; GET /api/exports/{id} says how far it is."


class ExportRemoved(Conflict):
    message = "The file of this export has been removed, as its time was over. Ask for the export again."


class LinkExpired(Forbidden):
    message = "This link is not valid, or no longer. GET /api/exports/{id} gives a new one."


class NoSigningKey(Unprocessable):
    message = "This installation has no key to seal bundles with. The operator sets SIGNING_KEY."


class SourceNotFound(NotFound):
    message = "No data source with this id. GET /api/sources lists those there are."


class ImportNotFound(NotFound):
    message = "The data source has no import with this id."


class SourceInUse(Conflict):
    message = "A schedule uses this data source; delete the schedule first."


class SourceNameTaken(Conflict):
    message = "There is a data source of this name already."


class ScheduleNotFound(NotFound):
    message = "No schedule with this id. GET /api/schedules lists those there are."


class RunGoesOn(Conflict):
    message = "A run of this schedule is waiting or going on; wait for it."


class NotComparable(Conflict):
    """Two scans of which one is not completed, or which were scored by different methods."""


class ListNotFound(NotFound):
    message = "No reference list with this name. GET /api/lists lists those there are."


class ListTaken(Conflict):
    """A group has each list once."""


class AuditNotFound(NotFound):
    message = "No audit with this id. Make one first: POST /api/audits."


class AuditClosed(Conflict):
    message = 'The audit is closed and takes no more scans; reopen it with PATCH and {"closed": false}.'


class CaseNotFound(NotFound):
    message = "No case with this id. GET /api/cases lists those there are."


class CaseClosed(Conflict):
    message = "The case is closed; open a new one for this account."


class CaseTaken(Conflict):
    """An account has one open case in a policy."""


class Undecided(Conflict):
    """A case cannot be closed while violations of it are pending."""


class NothingToDecide(Unprocessable):
    """A case is opened on an account that has no violation in the newest scan."""


class VersionNotFound(NotFound):
    message = "The policy has no version with this number."


class DryRunNotFound(NotFound):
    message = "No dry run with this id; they are forgotten after a while. Start one: POST /api/policies/{id}/dry-run."


class ListsUnknown(Unprocessable):
    """Active rules name reference lists that the account group does not have."""

    @classmethod
    def named(cls, users: dict[str, list[str]]) -> Self:
        """`users`: {list: rule_ids}."""
        details = [(f"lists.{name}", f"is named by {', '.join(rules)}") for name, rules in users.items()]
        return cls(
            f"No reference list {', '.join(users)}; create it (POST /api/lists) or change the rules that name it.",
            details=details,
        )


class ContextRefused(ValidationFailed):
    """An upload cannot be context of a scan: it is the scanned one, a later one, or lacks a mapped column."""
