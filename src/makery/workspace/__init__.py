"""The folder and git repository that a run writes, and the differences between its states."""
