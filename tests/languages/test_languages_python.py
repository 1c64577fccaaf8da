"""Python programs are mended, checked, emptied and broken without changing anything else."""

import ast
from textwrap import dedent

import pytest

from makery.kernel.documents import Target
from makery.kernel.errors import InputError

CLI = Target(language="python", kind="cli", entry=("main.py",))
GOOD = dedent(
    '''\
    """A counter."""

    import sys


    class Counter:
        """Counts."""

        step = 1

        def __init__(self):
            self.value = 0

        def up(self, by=2):
            if by <= 0 and self.step:
                raise ValueError("by must be positive")
            self.value += by
            return self.value


    def main():
        counter = Counter()
        print(counter.up(len(sys.argv)))
        return 0


    if __name__ == "__main__":
        sys.exit(main())
    '''
)


def mended(python, text: str) -> str:
    return python.mend({"main.py": text})["main.py"]


def test_a_good_program_is_left_as_it_is(python):
    assert python.mend({"main.py": GOOD, "data.txt": "a\r\n"}) == {"main.py": GOOD, "data.txt": "a\r\n"}


@pytest.mark.parametrize(
    "wrapped",
    [
        f"Here is the program:\n\n```python\n{GOOD}```\n\nIt counts.",
        f"```python\n{GOOD}",
        f"{GOOD}```\n",
        f"Sure! This is it.\n\n{GOOD}\nI hope this helps you.",
        GOOD.replace("\n", "\r\n"),
        f"\ufeff{GOOD}",
    ],
    ids=["fenced", "opened", "closed", "prose", "crlf", "bom"],
)
def test_what_stands_around_the_code_is_removed(python, wrapped):
    assert mended(python, wrapped).strip() == GOOD.strip()


def test_mixed_tabs_are_made_spaces(python):
    ast.parse(mended(python, "def f():\n\tif True:\n        return 1\n\treturn 2\n"))


def test_missing_well_known_imports_are_added(python):
    text = dedent(
        """\
        from __future__ import annotations

        @dataclass
        class Item:
            when: datetime
            tags: deque = field(default_factory=deque)

        def load():
            return json.loads(Path("a").read_text()), datetime.now(), Decimal("1"), sys.argv
        """
    )
    lines = mended(python, text).splitlines()
    assert lines[0] == "from __future__ import annotations"
    assert lines[1:8] == [
        "from collections import deque",
        "from dataclasses import dataclass",
        "from dataclasses import field",
        "from datetime import datetime",
        "from decimal import Decimal",
        "from pathlib import Path",
        "import json",
    ]
    assert "import sys" in lines


def test_datetime_is_imported_as_it_is_used(python):
    assert mended(python, "print(datetime.datetime.now())\n").startswith("import datetime\n")
    assert mended(python, "print(datetime.now())\n").startswith("from datetime import datetime\n")


def test_names_that_are_defined_or_unknown_are_not_imported(python):
    for text in (
        "def json(x):\n    return x\n\n\nprint(json(1))\n",
        "print(frobnicate)\n",
        "from a import *\njson.x\n",
    ):
        assert mended(python, text) == text


def test_a_main_that_needs_arguments_by_name_is_left_alone(python):
    text = "def main(*, path):\n    return path\n"
    assert python.mend({"main.py": text}) == {"main.py": text}


def test_a_main_that_nobody_calls_is_called(python):
    plain, status = "def main():\n    print(1)\n", "def main():\n    return 3\n"
    assert mended(python, plain).endswith('\n\nif __name__ == "__main__":\n    main()\n')
    assert mended(python, status).endswith('\n\nif __name__ == "__main__":\n    sys.exit(main())\n')
    assert mended(python, status).startswith("import sys\n")
    called = "def main():\n    print(1)\n\n\nmain()\n"
    assert mended(python, called) == called
    two = "def main(one, two):\n    print(one)\n"
    assert mended(python, two) == two


def test_a_main_that_wants_the_command_line_gets_it(python):
    needs = "def main(arguments):\n    print(arguments)\n"
    assert mended(python, needs).endswith("    main(sys.argv[1:])\n")
    empty = "import sys\n\n\ndef main(args):\n    return len(args)\n\n\nsys.exit(main())\n"
    assert mended(python, empty) == empty.replace("main()", "main(sys.argv[1:])")
    named = "import sys\n\n\ndef main(argv):\n    print('数', argv[1])\n\n\nmain()\n"
    assert mended(python, named) == named.replace("main()", "main(sys.argv)")
    fed = "import sys\n\n\ndef main(args):\n    print(args)\n\n\nmain(sys.argv)\n"
    assert mended(python, fed) == fed


def test_what_tries_a_module_out_does_not_run_on_import(python):
    code = "def check_add():\n    assert 1 + 2 == 3\n\n"
    trial = "check_add()\nassert 2 + 2 == 4\nprint('fine')\n"
    guarded = "    check_add()\n    assert 2 + 2 == 4\n    print('fine')\n"
    assert mended(python, code + trial) == f'{code}if __name__ == "__main__":\n{guarded}'


@pytest.mark.parametrize(
    "code",
    [
        "print('the whole program')\n",
        "def add(a, b):\n    return a + b\n\nprint(add(1, 2))\n",
        "def test_add():\n    assert 1 + 1 == 2\n\ntable = test_add()\n",
        'def check(text):\n    print(text)\n\ncheck("""two\nlines""")\n',
    ],
    ids=["script", "output", "value", "text"],
)
def test_what_a_module_needs_on_import_stays(python, code):
    assert mended(python, code) == code


def test_a_class_that_names_itself_in_annotations_can_be_imported(python):
    text = "class Node:\n    def add(self, other: Node) -> Node:\n        return other\n"
    assert mended(python, text).startswith("from __future__ import annotations\n")


def test_names_of_exactly_one_other_file_are_imported(python):
    files = {
        "main.py": "import sys\n\nprint(load(), twice(), sys.argv)\n",
        "pack/store.py": "def load():\n    return 1\n",
        "a.py": "def twice():\n    return 1\n",
        "b.py": "def twice():\n    return 2\n",
    }
    result = python.mend(files)
    assert (
        result["main.py"] == "import sys\nfrom pack.store import load\n\nprint(load(), twice(), sys.argv)\n"
    )
    assert result["a.py"] == files["a.py"]


@pytest.mark.sandboxed
@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"main.py": GOOD}, []),
        ({"other.py": "x = 1\n"}, [("main.py", 0, "missing-file", True)]),
        ({"main.py": " \n"}, [("main.py", 0, "missing-file", True)]),
        ({"main.py": "def f(:\n"}, [("main.py", 1, "syntax", True)]),
        ({"main.py": "x = 1\nprint(y)\n"}, [("main.py", 2, "undefined-name", True)]),
        ({"main.py": "import numpie\n"}, [("main.py", 1, "import", True)]),
        ({"main.py": "import requests\n", "requirements.txt": "requests>=2\n"}, []),
        (
            {"main.py": "try:\n    import x9\nexcept ImportError:\n    x9 = None\n"},
            [("main.py", 2, "import", False)],
        ),
        (
            {"main.py": "from store import gone\n", "store.py": "x = 1\n"},
            [("main.py", 1, "undefined-name", True)],
        ),
        ({"main.py": "import sys\nprint('pytest' in sys.modules)\n"}, [("main.py", 2, "tampering", True)]),
        ({"main.py": "x = 1\nprint(x is 'a')\n"}, [("main.py", 2, "F632", False)]),
        ({"main.py": "def f():\n    print(x)\n    x = 1\n\n\nx = 2\nf()\n"}, [("main.py", 2, "F823", True)]),
    ],
    ids=[
        *("good", "missing", "empty", "syntax", "undefined", "import", "declared"),
        *("guarded", "own-name", "tampering", "literal", "unbound"),
    ],
)
async def test_findings_name_the_place(python, files, expected):
    found = await python.findings(files, CLI)
    assert [(f.path, f.line, f.rule, f.fatal) for f in found] == expected


def test_a_stub_keeps_names_and_drops_behaviour(python):
    script = "import sys\nfrom main import Counter\n\nLIMIT = 3\nBOARD = Counter().up()\nprint(sys.argv)\n"
    stub = python.stub({"main.py": GOOD, "script.py": script})
    namespace: dict = {"__name__": "main"}
    exec(stub["main.py"], namespace)
    counter = namespace["Counter"]()
    assert (counter.up(), counter.step, namespace["main"]()) == (None, 1, None)
    assert "__name__" not in stub["main.py"]
    assert stub["script.py"] == "import sys\nfrom main import Counter\nLIMIT = 3\nBOARD = Counter().up()\n"


def test_mutants_differ_from_the_program_in_one_place_and_are_the_same_each_time(python):
    files = {"main.py": GOOD, "tests/test_main.py": "assert 1 == 1\n", "note.txt": "1 == 2"}
    mutants = python.mutants(files, most=50)
    assert mutants == python.mutants(files, most=50)
    assert python.mutants(files, most=3) == mutants[:3]
    assert len({mutant.place for mutant in mutants}) == len(mutants)
    for mutant in mutants:
        changed = [path for path, text in mutant.files if text != files[path]]
        assert changed == ["main.py"], mutant.place
        before, after = GOOD.splitlines(), dict(mutant.files)["main.py"].splitlines()
        assert sum(a != b for a, b in zip(before, after, strict=True)) == 1
        ast.parse("\n".join(after))
    places = [mutant.place for mutant in mutants]
    assert "main.py:15 <= became <" in places
    assert "main.py:15 and became or" in places
    assert "main.py:17 += became -=" in places
    assert "main.py:18 return self.value became return None" in places
    assert any("removed" in place and "raise" in place for place in places)
    assert not any(":28 " in place or ":29 " in place for place in places), (
        "the start of the program is left alone"
    )


def test_mutants_are_found_in_text_that_is_not_ascii(python):
    text = "def f(x):\n    名 = '值' if x == '数' else '无'; return 名 if x < 3 else None\n"
    places = {mutant.place for mutant in python.mutants({"main.py": text}, most=50)}
    assert {"main.py:2 == became !=", "main.py:2 < became <="} <= places


@pytest.mark.parametrize("topic", ["code", "checks"])
@pytest.mark.parametrize("kind", ["module", "cli", "app", "http"])
def test_each_kind_has_a_short_guide_that_names_the_entry(python, topic, kind):
    guide = python.guide(topic, Target(language="python", kind=kind, entry=("shop.py",)))
    assert "shop" in guide and "ENTRY" not in guide and "MODULE" not in guide
    assert len(guide.splitlines()) <= 25


def test_an_unknown_language_is_refused_with_what_there_is(languages):
    with pytest.raises(InputError, match=r"cobol.*python, web"):
        languages.of(Target(language="cobol", kind="cli", entry=()))


def test_instructions_say_how_to_start(python):
    assert python.instructions({}, CLI) == "python main.py"
    assert (
        python.instructions({}, Target(language="python", kind="http", entry=("s.py",)))
        == "python s.py --port 8000"
    )
