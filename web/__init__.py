"""HTTP, both ways: what every route of both APIs shares. Knows no model."""
