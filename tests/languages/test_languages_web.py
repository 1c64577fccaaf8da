"""Browser programs are mended, checked, emptied and broken without changing anything else."""

import pytest

from makery.kernel.documents import Target

PAGE = Target(language="web", kind="web", entry=("index.html",))
HTML = """<!DOCTYPE html>
<html><head><title>a</title></head><body onload="go()">
<p id="score">0</p>
<script src="game.js"></script>
<script>
let score = 0; // 1 == 2
function up(by) { if (by > 0 && score <= 10) { score += by; return true; } return "no" + by; }
</script>
</body></html>
"""
JS = "const pattern = /a<b/; function step(x) { const text = `1 < 2`; return x === 3 ? 'a < b' : x - 1; }\n"
FILES = {"index.html": HTML, "game.js": JS}


def test_a_good_page_is_left_as_it_is(web):
    assert web.mend(FILES) == FILES


@pytest.mark.parametrize(
    "wrapped", [f"```html\n{HTML}```", f"Here it is:\n\n```html\n{HTML}```\nEnjoy.", f"Page:\n{HTML}Done."]
)
def test_what_stands_around_the_page_is_removed(web, wrapped):
    assert web.mend({**FILES, "index.html": wrapped}) == FILES


def test_a_script_that_nothing_loads_is_loaded(web):
    bare = HTML.replace('<script src="game.js"></script>\n', "")
    assert '<script src="game.js"></script>\n</body>' in web.mend({**FILES, "index.html": bare})["index.html"]
    two = {"index.html": bare, "a.js": JS, "b.js": JS}
    assert web.mend(two) == two


@pytest.mark.sandboxed
@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (FILES, []),
        ({"game.js": JS}, [("index.html", 0, "missing-file", True)]),
        ({"index.html": HTML}, [("index.html", 4, "missing-file", True)]),
        (
            {**FILES, "index.html": HTML.replace("game.js", "https://cdn.example/x.js")},
            [("index.html", 4, "network", True)],
        ),
        ({**FILES, "game.js": "fetch('https://a.example/b');\n"}, [("game.js", 1, "network", True)]),
        ({**FILES, "game.js": "let a = 1;\nlet a = 2;\n"}, [("game.js", 2, "syntax", True)]),
        (
            {**FILES, "index.html": HTML.replace("let score", "let let score")},
            [("index.html", 6, "syntax", True)],
        ),
    ],
    ids=["good", "no-page", "no-script", "cdn", "fetch", "syntax", "inline-syntax"],
)
async def test_findings_name_the_place(web, files, expected):
    found = await web.findings(files, PAGE)
    assert [(f.path, f.line, f.rule, f.fatal) for f in found] == expected


def test_a_stub_keeps_the_markup_and_has_no_script(web):
    stub = web.stub(FILES)
    assert stub["game.js"] == ""
    assert '<p id="score">0</p>' in stub["index.html"]
    assert "score += by" not in stub["index.html"] and "onload" not in stub["index.html"]


def test_mutants_change_code_and_no_comments_strings_or_patterns(web):
    mutants = web.mutants(FILES, most=100)
    assert mutants == web.mutants(FILES, most=100)
    places = [mutant.place for mutant in mutants]
    assert "index.html:7 > became >=" in places
    assert "index.html:7 && became ||" in places
    assert "index.html:7 += became -=" in places
    assert "index.html:7 true became false" in places
    assert "game.js:1 === became !==" in places
    assert "game.js:1 - became +" in places
    assert sum(" < became" in place for place in places) == 0
    assert not any("index.html:6 ==" in place for place in places)
    for mutant in mutants:
        assert sum(text != FILES[path] for path, text in mutant.files) == 1


@pytest.mark.parametrize("topic", ["code", "checks"])
def test_the_guides_are_short(web, topic):
    guide = web.guide(topic, PAGE)
    assert "index.html" in guide
    assert len(guide.splitlines()) <= 25


def test_instructions_say_what_to_open(web):
    assert web.instructions(FILES, PAGE) == "open index.html"
