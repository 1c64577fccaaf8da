"""The Python plug-in: modules, command-line programs and services."""
