"""A repair puts corrected definitions where the old ones were, and nothing else changes."""

import pytest

from makery.kernel.errors import MalformedOutput
from makery.languages.python.merge import merge as merge_python
from makery.languages.web.merge import functions
from makery.languages.web.merge import merge as merge_web

STACK = '''"""A stack."""
import sys

LIMIT = 3


class Stack:
    def __init__(self):
        self.items = []

    def push(self, item):
        self.items.append(item)

    def pop(self):
        return self.items[0]


def main():
    print(Stack())


if __name__ == "__main__":
    main()
'''


def test_a_class_of_the_snippet_replaces_only_the_methods_it_has():
    merged = merge_python(
        {"s.py": STACK}, "class Stack:\n    def pop(self):\n        return self.items.pop()\n"
    )
    assert merged["s.py"] == STACK.replace("return self.items[0]", "return self.items.pop()")


def test_a_lone_method_is_put_into_its_class():
    merged = merge_python({"s.py": STACK}, "def pop(self):\n    return self.items.pop()\n")
    assert merged["s.py"] == STACK.replace("return self.items[0]", "return self.items.pop()")


def test_an_indented_lone_method_is_understood():
    merged = merge_python({"s.py": STACK}, "    def pop(self):\n        return 7\n")
    assert "        return 7\n" in merged["s.py"]


def test_new_functions_and_imports_find_a_place():
    snippet = "import json\n\ndef helper():\n    return json.dumps({})\n\ndef main():\n    print(helper())\n"
    text = merge_python({"s.py": STACK}, snippet)["s.py"]
    compile(text, "s.py", "exec")
    assert text.index("import json") < text.index("def helper") < text.index("if __name__")
    assert text.count("def main") == 1


def test_a_new_method_goes_to_the_end_of_its_class():
    text = merge_python({"s.py": STACK}, "class Stack:\n    def peek(self):\n        return 1\n")["s.py"]
    assert text.index("def pop") < text.index("    def peek") < text.index("def main")
    compile(text, "s.py", "exec")


def test_a_constant_is_replaced():
    assert "LIMIT = 9\n" in merge_python({"s.py": STACK}, "LIMIT = 9\n")["s.py"]


@pytest.mark.parametrize("snippet", ["def broken(:\n", "def unknown():\n    pass\n", "print(1)\n"])
def test_a_snippet_that_fits_nowhere_is_refused_with_what_to_send(snippet):
    with pytest.raises(MalformedOutput) as caught:
        merge_python({"s.py": STACK}, snippet)
    assert "Send" in caught.value.remedy


PAGE = """<!DOCTYPE html><html><body><script>
function add(a, b) { return a - b; }
const twice = (n) => { return n; };
class Game { move(d) { if (d) { return "}"; } } }
</script></body></html>
"""


def test_javascript_functions_are_replaced_by_name():
    merged = merge_web({"index.html": PAGE}, "function add(a, b) { return a + b; }\nmove(d) { return true; }")
    assert "return a + b;" in merged["index.html"]
    assert "class Game { move(d) { return true; } }" in merged["index.html"]


def test_javascript_functions_of_every_form_are_found():
    assert {"add", "twice", "move"} <= set(functions(PAGE))


def test_a_whole_page_replaces_the_page():
    assert merge_web({"index.html": PAGE}, "<!doctype html><p>new")["index.html"] == "<!doctype html><p>new"


def test_javascript_that_fits_nowhere_is_refused():
    with pytest.raises(MalformedOutput):
        merge_web({"index.html": PAGE}, "function other() {}")
