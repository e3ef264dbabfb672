"""Django's backend for PostgreSQL, with less to say to the server for each request."""

from django.dispatch import Signal

given_back = Signal()
"""Sent with `taken`, a connection of psycopg, before it goes back to the pool."""
