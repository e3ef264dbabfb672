"""Filling in what is missing of prospects and their companies: ordered steps, each with its origin."""
