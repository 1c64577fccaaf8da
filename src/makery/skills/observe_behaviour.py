"""What a program does where nobody has said what it should: to compare independent programs."""

from makery.kernel.act import Act
from makery.kernel.documents import Behaviour
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.skills.run_code import Input, RunCode


class ObserveBehaviour(Skill[Input, Behaviour]):
    """Requirement, program and suites -> the values of calls in and near the checks."""

    name = "observe_behaviour"
    purpose = "see what the program does with inputs near those of its checks"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        return RunCode().gather(act, artifacts)

    async def run(self, given: Input, tools: Toolbox) -> Behaviour:
        mounts = [await tools.packages.install(given.packages)] if given.packages else []
        checks = (*tools.verifier.examples(given.requirement), *given.checks)
        return await tools.verifier.observe(given.requirement, given.program, checks, mounts=mounts)
