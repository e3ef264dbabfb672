"""How commands speak: result and notes, tables, a bar, JSON, exit codes. Knows no model, and no command by name."""
