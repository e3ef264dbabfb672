"""Pulling a file from where a source says it is. No model is known here; what can go wrong is a PullFailed."""
