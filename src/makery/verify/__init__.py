"""Executes checks and says what they showed: clauses, examples, checks, mutants, traceability."""
