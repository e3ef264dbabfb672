"""The home of the staff site as one person finds it, and the lists that its cards lead to."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse


def home_of(client: Client) -> Any:
    return client.get(reverse("admin:index")).context["home"]


def cards(client: Client) -> dict[str, Any]:
    """By what waits."""
    return {card.what: card for card in home_of(client).cards}


def figures(client: Client) -> dict[str, str]:
    return {figure.name: figure.value for figure in home_of(client).figures}


def listed(client: Client, card: Any) -> list[Any]:
    """The rows behind a card; as many as it counts."""
    rows = list(client.get(card.url).context["cl"].result_list)
    assert len(rows) == card.count
    return rows
