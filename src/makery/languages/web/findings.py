"""Static checks of a browser program; JavaScript is parsed by Node in the sandbox where it has Node."""

import re
from collections.abc import Iterator, Mapping

from makery.kernel.documents import Finding, Target
from makery.kernel.ports import Command, CommandLimits, Sandbox
from makery.languages.web.page import inline_scripts, pages, references, scripts

PARSE = """
const fs = require("fs"), vm = require("vm");
for (const name of process.argv.slice(1)) {
  const text = fs.readFileSync(name, "utf8");
  const isModule = /^\\s*(import\\s*[\\w{*"']|export\\s)/m.test(text);
  if (isModule) continue;
  try { new vm.Script(text, { filename: name }); }
  catch (error) {
    const place = /:(\\d+)$/m.exec(String(error.stack).split("\\n")[0]);
    console.log(JSON.stringify([name, place ? Number(place[1]) : 0, String(error.message)]));
  }
}
"""
ADDRESS = re.compile(
    r"""(?:fetch|importScripts|import)\s*\(?\s*["'`](?:https?:)?//[^"'`]+|@import\s+[^;]*//[^;]+"""
)


def static_findings(files: Mapping[str, str], target: Target) -> list[Finding]:
    """Missing entry or referenced files, and addresses on the network: a program has to run without it."""
    found = [*_missing(files, target)]
    for path, text in pages(files).items():
        for reference in references(text):
            if reference.external:
                message = f"loads {reference.url} from the network; the program must work without it"
                found.append(Finding(path=path, line=reference.line, rule="network", message=message))
            elif (local := reference.local(path)) and local not in files:
                fatal = reference.tag in ("script", "link")
                message = f"refers to {local}, which is missing"
                found.append(
                    Finding(path=path, line=reference.line, rule="missing-file", message=message, fatal=fatal)
                )
    return [*found, *_addresses(files)]


def _missing(files: Mapping[str, str], target: Target) -> Iterator[Finding]:
    for path in target.entry:
        if not files.get(path, "").strip():
            state = "empty" if path in files else "missing"
            yield Finding(path=path, line=0, rule="missing-file", message=f"the file {path} is {state}")


def _addresses(files: Mapping[str, str]) -> Iterator[Finding]:
    for path, text in files.items():
        for match in ADDRESS.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            yield Finding(path=path, line=line, rule="network", message="loads code or data from the network")


async def syntax(sandbox: Sandbox, files: Mapping[str, str]) -> list[Finding]:
    """What Node cannot parse; nothing where the sandbox has no Node: then the browser shows it.

    Raises:
        SandboxUnavailable: nothing can be executed here.
    """
    parts = _script_files(files)
    if not parts:
        return []
    result = await sandbox.run(
        Command(
            argv=("node", "-e", PARSE, *parts),
            files=tuple((name, text) for name, (_, _, text) in parts.items()),
            limits=CommandLimits(seconds=20, memory_mib=2048),
            purpose="lint",
        )
    )
    return [*_errors(result.stdout, parts)]


def _script_files(files: Mapping[str, str]) -> dict[str, tuple[str, int, str]]:
    """Script texts under neutral names, each with its file and the lines before it there."""
    parts: list[tuple[str, int, str]] = [(path, 0, text) for path, text in scripts(files).items()]
    for path, text in pages(files).items():
        parts += [(path, text.count("\n", 0, part.start), part.text) for part in inline_scripts(text)]
    return {f"script{number}.js": part for number, part in enumerate(parts)}


def _errors(stdout: str, parts: Mapping[str, tuple[str, int, str]]) -> Iterator[Finding]:
    for match in re.finditer(r'^\["(script\d+\.js)",(\d+),"(.*)"\]$', stdout, re.MULTILINE):
        path, before, _ = parts[match.group(1)]
        line = before + int(match.group(2))
        yield Finding(path=path, line=line, rule="syntax", message=match.group(3).replace('\\"', '"'))
