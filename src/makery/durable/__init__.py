"""Durable execution: what has ended is never done again, and a run goes on from its ledger."""
