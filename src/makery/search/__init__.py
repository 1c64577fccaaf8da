"""Web search: adapters of the kernel's `SearchEngine`, one file for each engine."""
