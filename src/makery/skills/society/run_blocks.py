"""The code blocks of a turn, run in the sandbox on the workspace's files."""

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.dialogue import Executed, Utterance
from makery.kernel.paths import path_problem
from makery.kernel.ports import Command, CommandLimits, CommandResult
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.prompting import CodeBlock, code_blocks

RUNNERS = {
    "python": ("python3", "-c"),
    "py": ("python3", "-c"),
    "sh": ("sh", "-c"),
    "bash": ("sh", "-c"),
    "shell": ("sh", "-c"),
}
"""By what stands behind the fence; blocks without one are Python."""
LIMITS = CommandLimits(seconds=30, output_kib=32)
_MOST_CHARACTERS = 4000
_MOST_FILE_BYTES = 200_000


class Input(Frozen):
    blocks: tuple[tuple[str, str], ...]
    """Language and text."""


class RunBlocks(Skill[Input, Executed]):
    """The last turn -> the output of its code. Files it writes stay in the workspace for the next turn."""

    name = "run_blocks"
    purpose = "run the code blocks of a turn in the sandbox"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        return Input(blocks=runnable(artifacts.one(Utterance).text))

    async def run(self, given: Input, tools: Toolbox) -> Executed:
        outputs: list[str] = []
        for language, code in given.blocks:
            ended = await self._ended(language, code, tools)
            outputs.append(shown(ended))
            if ended.exit_status != 0:
                return Executed(output="\n".join(outputs), failed=True)
        return Executed(output="\n".join(outputs) or "There was no code to run.")

    async def _ended(self, language: str, code: str, tools: Toolbox) -> CommandResult:
        before = tools.workspace.files()
        command = Command(
            argv=(*RUNNERS[language], code),
            files=tuple(before.items()),
            limits=LIMITS,
            collect=("*", "**/*"),
            purpose="code",
        )
        ended = await tools.sandbox.run(command)
        keep_files(ended, before, tools)
        return ended


def runnable(text: str) -> tuple[tuple[str, str], ...]:
    """Language and text of the fenced blocks that can be run, in order."""
    fenced = "```" in text or "~~~" in text
    blocks = code_blocks(text) if fenced else []
    return tuple((_language(block), block.code) for block in blocks if _language(block) in RUNNERS)


def _language(block: CodeBlock) -> str:
    return block.info.lower() or "python"


def keep_files(ended: CommandResult, before: dict[str, str], tools: Toolbox) -> None:
    """Put what a command wrote into the workspace."""
    new = {
        path: text_or_bytes(content)
        for path, content in ended.collected
        if not path_problem(path)
        and len(content) <= _MOST_FILE_BYTES
        and content != before.get(path, "\0").encode()
    }
    if new:
        tools.workspace.put(new)


def text_or_bytes(content: bytes) -> str | bytes:
    """Text where it is text."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content


def shown(ended: CommandResult) -> str:
    """Output and, if it failed, the error's end; bounded."""
    text = ended.stdout.strip()
    if ended.exit_status != 0:
        reason = f"ended by its limit on {ended.exceeded}" if ended.exceeded else ended.stderr.strip()
        text = f"{text}\nexit status {ended.exit_status}: {reason[-1500:]}".strip()
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:2500]}\n[…]\n{text[-1400:]}"
