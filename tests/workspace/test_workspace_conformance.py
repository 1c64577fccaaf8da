"""Every workspace keeps the same promises, the one in memory and the one on disk."""

from pathlib import Path

import pytest

from makery.kernel.ports import Workspace
from makery.testing import MemoryWorkspace
from makery.testing.workspace_suite import WorkspaceSuite
from makery.workspace.repository import GitWorkspace


class TestMemoryWorkspace(WorkspaceSuite):
    @pytest.fixture
    def workspace(self) -> Workspace:
        return MemoryWorkspace()


class TestGitWorkspace(WorkspaceSuite):
    @pytest.fixture
    def workspace(self, tmp_path: Path) -> Workspace:
        return GitWorkspace.create(tmp_path)
