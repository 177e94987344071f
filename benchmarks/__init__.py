"""Benchmarks against public tools: ratios in one run, never headline speeds."""
