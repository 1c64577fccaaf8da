"""Skills of conversing: speaking, choosing, using tools, asking people, running code, debating, planning."""
