"""What matches a specification, with which score, and what is the same event told twice: pure functions, no Django."""
