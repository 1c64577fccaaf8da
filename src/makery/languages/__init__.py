"""How each stack is written, mended, checked, broken on purpose and run."""
