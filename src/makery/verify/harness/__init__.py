"""What runs inside the sandbox: a supervisor, workers that run checks with pytest, and the checks' fixtures.

The folder is shipped as text (see `verify/batch.py`) and started there as `python3 -m makery_harness`;
nothing of Makery imports it, and it imports nothing of Makery.
"""
