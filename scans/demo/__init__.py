"""Invented companies and what they publish, for the demo, the benchmarks and the tests."""
