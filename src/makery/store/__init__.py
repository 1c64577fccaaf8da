"""The classic database beneath: runs, the ledger of their events, kept completions."""
