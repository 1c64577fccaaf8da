"""Renderers of one event stream: command line, API, web. They hold no logic and do not know each other."""
