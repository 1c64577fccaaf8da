"""Stand-ins for every port, so that users test their own roles, skills and teams without a model.

They are strict: a call that was not foreseen fails at once, and `assert_finished` fails when
something foreseen did not happen.
"""

from makery.testing.fake_language import FakeLanguage, FakeLanguages
from makery.testing.fake_notebook import FakeNotebook
from makery.testing.fake_verifier import FakeVerifier, all_pass, requirement_of
from makery.testing.fakes import (
    FakePackageIndex,
    FakeSandbox,
    FakeSearchEngine,
    FakeSpeechEngine,
    ListSink,
    MemoryWorkspace,
    ended,
)
from makery.testing.scripted_model import LeftOver, ScriptedModel, UnexpectedCall, completion_of
from makery.testing.tools import toolbox

__all__ = [
    "FakeLanguage",
    "FakeLanguages",
    "FakeNotebook",
    "FakePackageIndex",
    "FakeSandbox",
    "FakeSearchEngine",
    "FakeSpeechEngine",
    "FakeVerifier",
    "LeftOver",
    "ListSink",
    "MemoryWorkspace",
    "ScriptedModel",
    "UnexpectedCall",
    "all_pass",
    "completion_of",
    "ended",
    "requirement_of",
    "toolbox",
]
