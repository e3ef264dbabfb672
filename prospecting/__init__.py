"""Prospecting jobs and audiences. This room is furnished with the partner API."""
