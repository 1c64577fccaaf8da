"""The embedded engine: a llama.cpp server in a process of its own, shared by all runs on the machine."""
