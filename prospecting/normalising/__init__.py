"""Values of leads in their one normal form: pure functions, no Django."""
