"""Acceptance tests for price_bug."""

import os
import sys

sys.path.insert(0, os.environ["APP_DIR"])


def test_adds_all():
    from shop import total

    assert total([1, 2]) == 3
