"""The Python plug-in: modules, command-line programs and services of the standard library and declared packages."""
