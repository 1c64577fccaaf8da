"""The pure heart: messages, pool, skills, roles, acts, protocols, verdicts. No I/O, no framework."""
