"""Pages are checked in a real browser, one for all checks."""

import pytest

pytestmark = [pytest.mark.sandboxed, pytest.mark.browser]

COUNTER = """<!DOCTYPE html><html><head><title>Counter</title></head><body>
<p id="count">0</p><button id="more">more</button>
<script>
let n = 0;
function add(k) { n += k; document.getElementById("count").textContent = n; }
document.getElementById("more").addEventListener("click", () => add(1));
document.addEventListener("keydown", e => {
  if (e.key === "ArrowUp") add(10);
  if (e.key === "e") boom();
  if (e.key === "x") while (true) {}
});
</script></body></html>
"""


@pytest.fixture
def requirement(verifier):
    return verifier.read_requirement(
        "Write a page `index.html`: a click on `#more` adds 1 to `#count`, ArrowUp adds 10."
    )


async def test_a_page_is_clicked_typed_to_and_photographed(
    verifier, requirement, program, check, screenshots
):
    checks = [
        check("C1_a", "def test_a(page):\n    assert page.text('#count') == '0'\n"),
        check("C1_b", "def test_b(page):\n    page.click('#more')\n    assert page.text('#count') == '1'\n"),
        check("C1_c", "def test_c(page):\n    page.press('ArrowUp')\n    assert page.evaluate('n') == 10\n"),
        check("C1_d", "def test_d(page):\n    page.press('e')\n"),
        check("C1_e", "def test_e(page):\n    assert page.text('#none') == ''\n"),
    ]
    report = await verifier.examine(requirement, program(index__html=COUNTER), checks)
    assert [result.outcome for result in report.results] == ["passed", "passed", "passed", "failed", "failed"]
    assert report.proves_nothing == ("C1_a",)
    assert report.unstable == ()
    assert "ReferenceError: boom is not defined at index.html:9" in report.results[3].message
    assert "the page has no element '#none'" in report.results[4].message
    assert report.screenshots == ("screenshots/0.0.png",)
    assert screenshots["screenshots/0.0.png"].startswith(b"\x89PNG")


async def test_a_page_that_hangs_fails_alone(verifier, requirement, program, check, monkeypatch):
    monkeypatch.setattr("makery.verify.batch.SECONDS_PER_CHECK", 8.0)
    checks = [
        check("C1_a", "def test_a(page):\n    page.press('x')\n    page.evaluate('1 + 1')\n"),
        check("C1_b", "def test_b(page):\n    page.click('#more')\n    assert page.text('#count') == '1'\n"),
    ]
    report = await verifier.examine(requirement, program(index__html=COUNTER), checks)
    assert [result.outcome for result in report.results] == ["timeout", "passed"]


async def test_broken_scripts_are_caught(verifier, requirement, program, check):
    code = (
        "def test_b(page):\n    page.click('#more')\n    page.press('ArrowUp')\n"
        "    assert page.text('#count') == '11'\n"
    )
    report = await verifier.challenge(requirement, program(index__html=COUNTER), [check("C1_a", code)])
    assert report.mutants == 6
    assert report.caught >= 3
    assert all(place.startswith("index.html:") for place in report.survivors)


async def test_a_page_whose_script_fails_on_opening_is_found_without_any_check(
    verifier, requirement, program, screenshots
):
    broken = COUNTER.replace("<script>", "<script>nothing.there();", 1)
    report = await verifier.examine(requirement, program(index__html=broken), [])
    assert [(f.rule, f.fatal) for f in report.findings if f.rule == "script"] == [("script", True)]
    assert report.results == () and report.screenshots == ("screenshots/0.0.png",)
