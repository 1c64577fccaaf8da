"""Tested starting points for users' own skills, roles, teams and plug-ins."""
