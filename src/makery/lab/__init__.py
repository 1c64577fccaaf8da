"""Measures Makery: suites of tasks with hidden tests, evaluations, reports."""
