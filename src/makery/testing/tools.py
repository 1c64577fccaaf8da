"""A toolbox of stand-ins, for testing one skill on its own."""

from makery.kernel.cells import Notebook
from makery.kernel.completion import Purpose
from makery.kernel.ports import (
    Languages,
    Models,
    PackageIndex,
    Sandbox,
    SearchEngine,
    SpeechEngine,
    Verifier,
    Workspace,
)
from makery.kernel.role import Role
from makery.kernel.skill import Toolbox
from makery.testing.fake_language import FakeLanguages
from makery.testing.fake_notebook import FakeNotebook
from makery.testing.fake_verifier import FakeVerifier
from makery.testing.fakes import (
    FakePackageIndex,
    FakeSandbox,
    FakeSearchEngine,
    FakeSpeechEngine,
    MemoryWorkspace,
)
from makery.testing.scripted_model import ScriptedModel


def toolbox(
    models: Models | None = None,
    *,
    sandbox: Sandbox | None = None,
    languages: Languages | None = None,
    verifier: Verifier | None = None,
    packages: PackageIndex | None = None,
    search: SearchEngine | None = None,
    speech: SpeechEngine | None = None,
    workspace: Workspace | None = None,
    notebook: Notebook | None = None,
    role: Role | None = None,
    purpose: Purpose | None = None,
) -> Toolbox:
    """A toolbox in which everything not given is a strict, empty stand-in.

    Set `purpose=Purpose(skill=...)` when the skill is run outside a scheduler: a `ScriptedModel`
    answers by the name of the skill.
    """
    searching = search or FakeSearchEngine()
    speaking = speech or FakeSpeechEngine()
    return Toolbox(
        models=models or ScriptedModel({}),
        sandbox=sandbox or FakeSandbox(),
        languages=languages or FakeLanguages(),
        verifier=verifier or FakeVerifier(),
        packages=packages or FakePackageIndex(),
        search=lambda: searching,
        speech=lambda: speaking,
        workspace=workspace or MemoryWorkspace(),
        notebook=notebook or FakeNotebook(),
        role=role,
        purpose=purpose or Purpose(),
    )
