"""Parts for tests: model, sandbox and verifier are stand-ins; store, workspace, engine and team are real."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from makery.app.build import Installed
from makery.app.factory import Factory
from makery.app.models import ModelRow, Trial
from makery.app.parts import Order
from makery.app.settings import Settings
from makery.kernel.budget import Budget
from makery.kernel.cells import Notebook
from makery.kernel.completion import Completion, ModelCall
from makery.kernel.documents import Check, Requirement
from makery.kernel.errors import InputError, MakeryError, ModelUnavailable, SettingsError
from makery.kernel.events import ModelCalled, TextStreamed
from makery.kernel.ports import EventSink, Models, Sandbox, Workspace
from makery.kernel.skill import Toolbox
from makery.testing import FakeVerifier, ScriptedModel, toolbox
from makery.testing.scripted_model import Answer

PROGRAM = "main.py\n```python\nprint('hello')\n```\n"
REQUIREMENT = "The program prints hello."


def greeting_check() -> Check:
    """A check of the only clause of REQUIREMENT."""
    return Check(id="E1", clauses=("C1",), code="def test_hello():\n    assert True", origin="requirement")


def settings_in(folder: Path, **more: object) -> Settings:
    """Settings whose data folder is below a test's folder."""
    return Settings.model_validate({"home": folder / "home", "mode": "direct", **more})


Make = Callable[..., Factory]
"""Makes a factory with `StandIns` of these arguments."""


@contextmanager
def factories(settings: Settings) -> Iterator[Make]:
    """A maker of factories that share what the settings name; each is like a process of its own."""
    made: list[StandIns] = []

    def make(*args: object, **kwargs: object) -> Factory:
        made.append(StandIns(settings, *args, **kwargs))  # type: ignore[arg-type]
        return Factory(settings, parts=made[-1])

    try:
        yield make
    finally:
        for parts in made:
            parts.close()


@asynccontextmanager
async def working(factory: Factory) -> AsyncIterator[None]:
    """Have a worker take work during the block."""
    up = asyncio.Event()
    task = asyncio.create_task(factory.work(lambda _: up.set()))
    ready = asyncio.create_task(up.wait())
    await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


class Metered:
    """A model within a budget that tells what it did, as the gateway does."""

    def __init__(self, models: Models, budget: Budget, emit: EventSink) -> None:
        self._models = models
        self._budget = budget
        self._emit = emit

    @property
    def candidates(self) -> int:
        return self._models.candidates

    @property
    def one_suite(self) -> bool:
        return self._models.one_suite

    async def complete(self, call: ModelCall, /) -> Completion:
        reservation = self._budget.reserve(call.max_tokens, 0.0)
        try:
            answer = await self._models.complete(call)
        except BaseException:
            self._budget.release(reservation)
            raise
        self._budget.settle(reservation, answer.usage, 0.0)
        self._emit(TextStreamed(purpose=call.purpose, text=answer.text))
        self._emit(
            ModelCalled(
                purpose=call.purpose,
                model=answer.model,
                template=call.prompt.template,
                version=call.prompt.version,
                usage=answer.usage,
                usd=0.0,
                seconds=1.0,
                finish=answer.finish,
                attempts=1,
                source="model",
                digest="0" * 64,
            )
        )
        return answer


class StandIns(Installed):
    """See the module. `broken` is raised where the workbench would be set up."""

    def __init__(
        self,
        settings: Settings,
        answers: Mapping[str, Sequence[Answer]] | None = None,
        *,
        verifier: FakeVerifier | None = None,
        broken: MakeryError | None = None,
        delay: Callable[[ModelCall], object] | None = None,
        known: Sequence[str] = ("embedded",),
        sandbox: Sandbox | None = None,
        notebook: Notebook | None = None,
    ) -> None:
        super().__init__(settings, {})
        self.model = ScriptedModel(answers or {"write_code": [PROGRAM]}, delay=delay)  # type: ignore[arg-type]
        self.verifier = verifier or FakeVerifier(examples=[greeting_check()])
        self.orders: list[Order] = []
        self._broken = broken
        self._known = known
        self._sandbox_standin = sandbox
        self._notebook_standin = notebook

    def close(self) -> None:
        """Give back the connections to the database."""
        if "_database" in vars(self):  # opened when it is first needed
            self._database.close()

    def models(self) -> tuple[ModelRow, ...]:
        free = {"usd_per_million_in": 0.0, "usd_per_million_out": 0.0}
        row = {"provider": "embedded", "base_url": "", "context": 8192, **free}
        return tuple(ModelRow.model_validate({"name": name, **row}) for name in self._known)

    def model_name(self, name: str, *, replay: Path | None = None) -> str:
        if name and name not in self._known:
            raise InputError(f"No model is called {name!r}.", remedy=f"Did you mean {self._known[0]!r}?")
        return name or "embedded"

    def model_ready(self, name: str) -> str:
        if isinstance(self._broken, ModelUnavailable | SettingsError):
            raise self._broken
        return self.model_name(name)

    def sandbox_name(self) -> str:
        if self._broken:
            raise self._broken
        return "fake"

    async def try_model(self, name: str) -> Trial:
        if self._broken:
            return Trial(model=name, works=False, message=str(self._broken), exit_status=5)
        return Trial(model=name, works=True, message=f"{name} answered.")

    def read_requirement(self, text: str, *, seed: Mapping[str, str] | None = None) -> Requirement:
        # The real reader guards against bad input; the simple one splits into sentences.
        super().read_requirement(text, seed=seed)
        return self.verifier.read_requirement(text, seed=seed)

    def examples(self, requirement: Requirement) -> tuple[Check, ...]:
        return self.verifier.examples(requirement)

    @asynccontextmanager
    async def workbench(  # type: ignore[override]
        self, order: Order, budget: Budget, emit: EventSink, workspace: Workspace
    ) -> AsyncIterator[Toolbox]:
        self.orders.append(order)
        if self._broken:
            raise self._broken
        models = Metered(self.model, budget, emit)
        yield toolbox(
            models,
            verifier=self.verifier,
            workspace=workspace,
            sandbox=self._sandbox_standin,
            notebook=self._notebook_standin,
        )
