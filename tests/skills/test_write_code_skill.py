"""Files are found in a model's answer however it names them, and none of them leaves the program's folder."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from skills_world import APP, CHINESE, CLI, code, cut, perform, script, todo

from makery.kernel.documents import Interface, PlannedFile, SystemDesign, Target, Task, TaskPlan
from makery.kernel.errors import MalformedOutput
from makery.skills.quoting import file_blocks
from makery.skills.write_code import read_files

ANY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine is no failure."""

WEB = ["index.html", "style.css", "app.js"]
PLAN = TaskPlan(
    tasks=(
        Task(path="main.py", goal="Read the arguments.", depends_on=("store.py",)),
        Task(path="store.py", goal="Keep."),
    )
)
DESIGN = SystemDesign(
    overview="Two files.",
    files=(
        PlannedFile(path="main.py", purpose="start", depends_on=("store.py",)),
        PlannedFile(
            path="store.py", purpose="keep", interfaces=(Interface(name="save", signature="save(items)"),)
        ),
    ),
)


async def test_one_file_is_written_from_the_requirement() -> None:
    model = script("write_code", "todo.py\n```python\nprint(1)\n```\n")
    program = await perform("write_code", todo(), model=model)
    assert program.as_mapping() == {"todo.py": "print(1)\n"}
    assert (program.candidate, program.revision, program.complete, program.note) == (0, 0, True, "")
    prompt = model.calls[0].prompt.user
    assert "How to write code in python." in prompt
    assert "Write todo.py, complete" in prompt


async def test_several_files_are_written_at_once() -> None:
    answer = "main.py\n```python\nimport store\n```\n\nstore.py\n```python\nitems = []\n```"
    program = await perform("write_code", todo(APP), model=script("write_code", answer))
    assert program.as_mapping() == {"main.py": "import store\n", "store.py": "items = []\n"}


async def test_a_planned_file_is_asked_for_alone_with_its_goal_the_design_and_what_exists() -> None:
    model = script("write_code", "main.py\n```\nimport store\n```\nstore.py\n```\nspoiled = True\n```")
    existing = code(store="items = []", complete=False)
    program = await perform(
        "write_code",
        todo(APP),
        DESIGN,
        PLAN,
        existing,
        model=model,
        options={"path": "main.py", "candidate": "1"},
    )
    assert program.as_mapping() == {"main.py": "import store\n"}
    assert (program.complete, program.candidate) == (False, 1)
    prompt = model.calls[0].prompt.user
    assert "Your task: Read the arguments." in prompt
    assert "  save(items): " in prompt
    assert "Files that exist already:\n\nstore.py\n```\nitems = []\n```" in prompt


async def test_candidates_are_drawn_differently() -> None:
    calls = []
    for number in range(5):
        model = script("write_code", "```python\nx\n```")
        await perform("write_code", todo(), model=model, options={"candidate": str(number)})
        calls += model.calls
    asked = {(call.prompt.user, call.temperature, call.seed) for call in calls}
    assert len(asked) == 5
    assert calls[0].temperature == 0.0


async def test_a_change_shows_the_repository_and_keeps_to_the_files_it_names() -> None:
    model = script("write_code", "lib/core.py\n```python\nnew = 1\n```")
    requirement = todo(seed={"todo.py": "import lib.core", "lib/core.py": "old = 1"})
    program = await perform(
        "write_code", requirement, model=model, options={"paths": "each file that has to change"}
    )
    assert program.as_mapping() == {"lib/core.py": "new = 1\n"}
    prompt = model.calls[0].prompt.user
    assert "The repository to change:\n\ntodo.py\n```\nimport lib.core\n```" in prompt
    assert "Write each file that has to change, complete" in prompt


async def test_a_change_without_a_file_name_is_one_of_the_file_that_is_started() -> None:
    program = await perform(
        "write_code",
        todo(seed={"todo.py": "old = 1"}),
        model=script("write_code", "```python\nnew = 1\n```"),
        options={"paths": "each file that has to change"},
    )
    assert program.as_mapping() == {"todo.py": "new = 1\n"}


async def test_a_cut_off_answer_is_kept_and_said_to_be_one() -> None:
    program = await perform(
        "write_code", todo(), model=script("write_code", cut("todo.py\n```python\nx = 1\ny ="))
    )
    assert program.as_mapping() == {"todo.py": "x = 1\ny =\n"}
    assert program.note == "the answer was cut off"


async def test_code_without_any_fence_is_the_program() -> None:
    program = await perform("write_code", todo(), model=script("write_code", "print(1)"))
    assert program.as_mapping() == {"todo.py": "print(1)\n"}


@pytest.mark.parametrize("answer", ["", "  \n"])
async def test_an_answer_without_code_is_asked_for_again_and_then_an_empty_program(answer: str) -> None:
    model = script("write_code", answer, answer)
    program = await perform("write_code", todo(), model=model)
    assert program.files == () and "no code block" in program.note
    assert model.calls[0].temperature < model.calls[1].temperature


async def test_a_second_answer_with_code_counts() -> None:
    program = await perform("write_code", todo(), model=script("write_code", "", "print(1)"))
    assert program.as_mapping() == {"todo.py": "print(1)\n"}


async def test_a_chinese_answer_to_a_chinese_requirement_is_read() -> None:
    answer = "好的，以下是todo.py的完整代码：\n```python\nprint('待办')\n```\n说明：直接运行即可。"
    program = await perform("write_code", todo(CLI, CHINESE), model=script("write_code", answer))
    assert program.as_mapping() == {"todo.py": "print('待办')\n"}


@pytest.mark.parametrize(
    "form",
    [
        "{path}\n```{info}\n{code}\n```",
        "`{path}`:\n```{info}\n{code}\n```",
        "### **{path}**\n\n```{info}\n{code}\n```",
        "1. 文件{path}：\n~~~{info}\n{code}\n~~~",
        "./{path}\n```{info}\n{code}\n```",
        "```{info} {path}\n{code}\n```",
        '```{info} title="{path}"\n{code}\n```',
        "```{path}\n{code}\n```",
        "```{info}\n# {path}\n{code}\n```",
        "```{info}\n// file: {path}\n{code}\n```",
        "```{info}\n<!-- {path} -->\n{code}\n```",
    ],
)
def test_several_files_are_told_apart_however_they_are_named(form: str) -> None:
    infos = {"a.py": "python", "b.py": "python", "index.html": "html"}
    text = "\n\n".join(
        form.format(path=path, info=info, code=f"code of {info}") for path, info in infos.items()
    )
    files = read_files(text, list(infos), only=True)
    assert set(files) == set(infos)
    assert all(f"code of {infos[path]}" in content for path, content in files.items())


def test_unnamed_blocks_go_to_the_files_of_their_language() -> None:
    text = "```html\n<p>\n```\n```css\np{}\n```\n```javascript\nlet x\n```"
    assert read_files(text, WEB, only=True) == {
        "index.html": "<p>\n",
        "style.css": "p{}\n",
        "app.js": "let x\n",
    }


def test_of_several_blocks_for_a_file_the_longest_counts() -> None:
    text = (
        "todo.py\n```python\nx = 1\ny = 2\n```\nRun it:\n```sh\npython\n```\nFor example:\n```python\nx\n```"
    )
    assert read_files(text, ["todo.py"], only=True) == {"todo.py": "x = 1\ny = 2\n"}


def test_more_files_than_asked_for_count_only_where_a_whole_program_is_asked_for() -> None:
    text = "todo.py\n```\nx\n```\nhelper.py\n```\ny\n```\ntodo.exe\n```\nz\n```"
    assert set(read_files(text, ["todo.py"], only=False)) == {"todo.py", "helper.py"}
    assert set(read_files(text, ["todo.py"], only=True)) == {"todo.py"}


@pytest.mark.parametrize("name", ["../todo.py", "a/../../x.py", "/etc/x.py", ".hidden.py", "a/../x.py"])
@pytest.mark.parametrize("only", [True, False])
def test_a_name_that_leaves_the_folder_is_not_used(name: str, only: bool) -> None:
    assert read_files(f"{name}\n```python\nx\n```", ["todo.py"], only=only) == {"todo.py": "x\n"}


def test_an_answer_with_only_files_that_were_not_asked_for_is_malformed() -> None:
    with pytest.raises(MalformedOutput):
        read_files("other.py\n```\nx\n```", ["todo.py"], only=True)


NAMES = st.from_regex(r"[a-z]{1,4}(/[a-z]{1,4})?\.(py|html|css|js|json)", fullmatch=True)
TEXTS = st.text(st.sampled_from("ab \n()=文'"), max_size=40).map(str.rstrip).filter(bool)


@ANY
@given(st.dictionaries(NAMES, TEXTS, min_size=1, max_size=4))
def test_files_quoted_for_a_prompt_are_read_back_from_it(files: dict[str, str]) -> None:
    from makery.kernel.documents import SourceFile

    text = file_blocks(SourceFile(path=path, content=content) for path, content in files.items())
    assert read_files(text, list(files), only=True) == {
        path: f"{content}\n" for path, content in files.items()
    }


def test_the_target_may_name_files_without_a_known_ending() -> None:
    target = Target(language="python", kind="cli", entry=("tool",))
    assert read_files("```\nx\n```", list(target.entry), only=False) == {"tool": "x\n"}


def test_a_file_of_the_repository_that_the_code_names_in_a_comment_is_the_one_that_changes() -> None:
    text = "```python\n# shop/cart.py\nx = 1\n```"
    known = ("shop/__init__.py", "shop/cart.py")
    assert read_files(text, ["shop/__init__.py"], only=False, known=known) == {"shop/cart.py": "x = 1\n"}
    assert list(read_files(text, ["shop/__init__.py"], only=False)) == ["shop/__init__.py"]
