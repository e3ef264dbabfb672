"""Bringing people in: files, records and addresses become leads, and leads become prospects."""
