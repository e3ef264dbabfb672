"""A partner without processes: the test client, with a key of its own account group; starts nothing that waits."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import AccountGroup
from compliance.models import Upload
from tests.compliance import factories

LEDGER = b"Account,Amount,Date\nA1,500,2024-01-01\nA2,5,2024-01-02\n"
CONFIG = {"account": "Account", "amount": "Amount", "timestamp": "Date"}


class Desk:
    """`get("/api/scan")` and its like give the body of an answer of the expected status."""

    def __init__(self, group: AccountGroup | None = None, **key: Any) -> None:
        self.group = group or factories.group()
        authorization = f"Bearer {factories.key_text(self.group, **key)}"
        self.client = Client(headers={"Authorization": authorization, "Prefer": "respond-async"})

    def get(self, path: str, expected: int = 200, /, **query: Any) -> Any:
        answer = self.client.get(path, query)
        assert answer.status_code == expected, answer.content
        return answer.json()

    def post(self, path: str, body: Any, status: int = 200, **headers: str) -> Any:
        answer = self.client.post(path, body, "application/json", headers=headers)
        assert answer.status_code == status, answer.content
        return answer.json()

    def patch(self, path: str, body: Any, status: int = 200) -> Any:
        answer = self.client.patch(path, body, "application/json")
        assert answer.status_code == status, answer.content
        return answer.json()

    def upload(self, content: bytes = LEDGER) -> Upload:
        answer = self.client.post("/api/data/upload", {"file": SimpleUploadedFile("file.csv", content)})
        assert answer.status_code == 201, answer.content
        upload: Upload = Upload.objects.get(pk=answer.json()["upload_id"])
        return upload
