"""A kit of word tools and a team of proofreaders, found by Makery once this package is installed."""

from pathlib import Path

PROOFREADERS = Path(__file__).with_name("proofreaders.yaml")
