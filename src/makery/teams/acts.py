"""The acts of software making: which role runs which skill on which messages."""

from collections.abc import Iterable, Sequence

from makery.kernel.act import Act


def write_test(start: str, clause: str, *, turn: int = 0, earlier: Iterable[str] = ()) -> Act:
    """QA writes checks for a clause; `earlier` are its suites that proved nothing or were wrong."""
    options = (("clause", clause), ("round", str(turn)))
    label = f"checks for {clause}" + (f", round {turn + 1}" if turn else "")
    return Act(role="qa_engineer", skill="write_test", inputs=(start, *earlier), options=options, label=label)


def write_test_suite(start: str) -> Act:
    """QA writes checks for all clauses at once."""
    return Act(role="qa_engineer", skill="write_test_suite", inputs=(start,), label="checks for all clauses")


def write_code(inputs: Sequence[str], candidate: int, *, path: str = "", paths: str = "") -> Act:
    """The engineer writes a candidate, whole or one file of it."""
    options = (("candidate", str(candidate)), ("path", path), ("paths", paths))
    label = path or f"candidate {candidate}"
    return Act(role="engineer", skill="write_code", inputs=tuple(inputs), options=options, label=label)


def run_code(start: str, program: Sequence[str], evidence: Sequence[str]) -> Act:
    """QA executes a program with its checks; `evidence` are suites, rulings and packages."""
    return Act(
        role="qa_engineer", skill="run_code", inputs=(start, *program, *evidence), label="run the checks"
    )


def run_as_found(start: str) -> Act:
    """QA runs the repository's own tests before anything is changed."""
    return Act(
        role="qa_engineer", skill="run_code", inputs=(start,), label="its own tests, before the change"
    )


def review_code(start: str, program: Sequence[str]) -> Act:
    """A second look of the engineer at a program."""
    return Act(role="engineer", skill="write_code_review", inputs=(start, *program), label="code review")


def observe(start: str, program: Sequence[str], evidence: Sequence[str]) -> Act:
    """QA looks what a program does with inputs near those of its checks."""
    inputs = (start, *program, *evidence)
    return Act(role="qa_engineer", skill="observe_behaviour", inputs=inputs, label="observe it")


def arbitrate(start: str, evidence: Sequence[str], report: str, check: str, witnesses: int) -> Act:
    """QA weighs a check against its clause; `witnesses` other programs contradict it in the same way."""
    return Act(
        role="qa_engineer",
        skill="arbitrate_check",
        inputs=(start, *evidence, report),
        options=(("check", check), ("witnesses", str(witnesses))),
        label=f"is check {check} right?",
    )


def debug(inputs: Sequence[str], *, check: str, attempt: int, tries: int) -> Act:
    """The engineer mends a program for one failing check, or for its static findings if `check` is ''.

    A failure that was tried twice in vain is answered by writing the program anew.
    """
    options = (
        ("check", check),
        ("attempt", str(attempt)),
        ("revision", str(attempt + 1)),
        ("tries", str(tries)),
        ("way", "rewrite" if tries > 2 else "patch"),
    )
    return Act(
        role="engineer",
        skill="debug_error",
        inputs=tuple(inputs),
        options=options,
        label=f"mend {check or 'the static findings'}",
    )


def find_packages(start: str, program: Sequence[str]) -> Act:
    """The engineer looks up what third-party packages a program needs."""
    return Act(role="engineer", skill="analyze_dep_libs", inputs=(start, *program), label="packages")


def challenge(start: str, program: Sequence[str], evidence: Sequence[str], report: str) -> Act:
    """QA breaks the program on purpose."""
    return Act(
        role="qa_engineer",
        skill="challenge_checks",
        inputs=(start, *program, *evidence, report),
        label="break it on purpose",
    )


def judge(start: str, evidence: Sequence[str], shown: Sequence[str]) -> Act:
    """QA computes the verdict from what was `shown`: reports on the program, last of all."""
    inputs = (start, *evidence, *shown)
    return Act(role="qa_engineer", skill="judge_program", inputs=inputs, label="verdict")


def deliver(start: str, program: Sequence[str], documents: Sequence[str], verdict: str) -> Act:
    """The engineer writes the README."""
    inputs = (start, *documents, *program, verdict)
    return Act(role="engineer", skill="write_delivery", inputs=inputs, label="delivery")
