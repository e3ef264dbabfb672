"""What can go wrong with a job: named for partners, and for the code that runs it."""

from web.errors import Refused


class NotCancellable(Refused):
    """Only queued and running jobs can be cancelled."""

    status = 422
    code = "UNPROCESSABLE"


class JobFault(Exception):
    """An expected fault of a running job: it ends failed, and partners read this code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class TimedOut(JobFault):
    """The job ran longer than JOB_TIME_LIMIT. It is not tried again."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            "TIMED_OUT", f"The job was stopped after {seconds:.0f} seconds, the limit of this installation."
        )


class LeaseLost(Exception):
    """The job was cancelled or taken over: the worker must stop at once and touch nothing any more."""
