"""What a check's result is believed for, on programs that behave, fail, and cheat."""

import pytest

pytestmark = pytest.mark.sandboxed

DOUBLE = "def double(x):\n    return 2 * x\n"
PASSES = "def test_two():\n    from calc import double\n    assert double(2) == 4\n"
HARMLESS = "def test_one():\n    assert True\n"
IMPORT_ONLY = "def test_import():\n    import calc\n"


async def outcomes(verifier, requirement, program, *checks):
    report = await verifier.examine(requirement, program, checks)
    return report, {result.check: result for result in report.results}


async def test_a_good_program_passes_and_its_checks_prove_something(
    verifier, module_requirement, program, check
):
    report, found = await outcomes(
        verifier,
        module_requirement,
        program(calc__py=DOUBLE),
        check("C1_a", PASSES),
        check("C1_b", IMPORT_ONLY),
    )
    assert [result.outcome for result in found.values()] == ["passed", "passed"]
    assert report.proves_nothing == ("C1_b",)
    assert report.unstable == ()
    assert report.findings == ()


async def test_a_failure_says_what_was_expected_and_where_the_program_was(
    verifier, module_requirement, program, check
):
    broken = "def double(x):\n    return helper(x)\n\n\ndef helper(x):\n    raise ValueError(f'no {x}')\n"
    wrong = "def test_three():\n    from calc import triple\n    assert triple(1) == 3\n"
    _, found = await outcomes(
        verifier, module_requirement, program(calc__py=broken), check("C1_a", PASSES), check("C1_b", wrong)
    )
    assert found["C1_a"].outcome == "failed"
    assert found["C1_a"].message == (
        "assert double(2) == 4\nValueError: no 2\ncalc.py:6 in helper: raise ValueError(f'no {x}')"
    )
    assert "cannot import name 'triple' from 'calc' (calc.py)" in found["C1_b"].message


async def test_of_equal_assertions_the_one_that_failed_is_named_by_its_line(
    verifier, module_requirement, program, check
):
    counting = "COUNT = [0]\n\n\ndef double(x):\n    COUNT[0] += 1\n    return 2 * x if COUNT[0] < 3 else 0\n"
    same = "def test_it():\n    from calc import double\n" + "    assert double(2) == 4\n" * 4
    _, found = await outcomes(verifier, module_requirement, program(calc__py=counting), check("C1_a", same))
    assert (found["C1_a"].outcome, found["C1_a"].line) == ("failed", 5)


@pytest.mark.parametrize(
    "hostile",
    [
        "import sys\nsys.exit(0)\n",
        "import os\nos._exit(0)\n",
        "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n",
        "raise KeyboardInterrupt\n",
        'import os\nprint(\'{"nonce": "", "results": []}\', flush=True)\nos._exit(0)\n',
        'import os\nfor fd in range(3, 20):\n    try:\n        os.write(fd, b\'{"outcome": "passed"}\')\n'
        "    except OSError:\n        pass\nos._exit(0)\n",
    ],
    ids=["exits", "leaves", "crashes", "interrupts", "prints", "writes-blindly"],
)
async def test_a_program_that_ends_the_process_passes_nothing(
    verifier, module_requirement, program, check, hostile
):
    _, found = await outcomes(
        verifier,
        module_requirement,
        program(calc__py=hostile),
        check("C1_a", PASSES),
        check("C1_b", HARMLESS),
    )
    assert found["C1_a"].outcome in ("error", "failed")
    assert found["C1_a"].message
    assert found["C1_b"].outcome == "passed", "a check that does not meet the program keeps its own result"


async def test_what_a_program_does_near_its_checks_is_observed(verifier, module_requirement, program, check):
    inverse = "def double(x):\n    return 4 / x\n"
    seen = await verifier.observe(module_requirement, program(calc__py=inverse), [check("C1_a", PASSES)])
    assert dict(seen.values) == {
        "double(2)": "2.0",
        "double(3)": "1.333333333",
        "double(1)": "4.0",
        "double(0)": "",
        "double(-2)": "-2.0",
        "double(4)": "1.0",
    }


async def test_a_process_that_the_program_forked_has_no_say(verifier, module_requirement, program, check):
    forking = "import os\nif os.fork() == 0:\n    double = lambda x: 4\nelse:\n    double = lambda x: 5\n"
    _, found = await outcomes(verifier, module_requirement, program(calc__py=forking), check("C1_a", PASSES))
    assert found["C1_a"].outcome == "failed"


async def test_a_hanging_import_is_a_timeout_that_says_where(
    verifier, module_requirement, program, check, monkeypatch
):
    monkeypatch.setattr("makery.verify.batch.SECONDS_PER_CHECK", 1.0)
    hanging = "def double(x):\n    while True:\n        x += 1\n"
    _, found = await outcomes(
        verifier,
        module_requirement,
        program(calc__py=hanging),
        check("C1_a", PASSES),
        check("C1_b", IMPORT_ONLY),
    )
    assert found["C1_a"].outcome == "timeout"
    assert "did not end within 1 s" in found["C1_a"].message
    assert "calc.py:" in found["C1_a"].message
    assert found["C1_b"].outcome == "passed"


async def test_a_program_that_deletes_everything_does_not_reach_the_next_check(
    verifier, module_requirement, program, check
):
    deleting = "import shutil\nshutil.rmtree('/work', True)\nshutil.rmtree('/tmp', True)\n" + DOUBLE
    _, found = await outcomes(
        verifier,
        module_requirement,
        program(calc__py=deleting),
        check("C1_a", PASSES),
        check("C1_b", HARMLESS),
    )
    assert found["C1_a"].outcome != "timeout"
    assert found["C1_b"].outcome == "passed", found["C1_b"].message


async def test_what_one_check_leaves_behind_does_not_reach_the_next(
    verifier, module_requirement, program, check
):
    counting = (
        "from pathlib import Path\nseen = []\n\n\ndef double(x):\n    seen.append(x)\n"
        "    return 2 * len(seen)\n"
    )
    once = (
        "def test_once():\n    import calc\n    assert calc.double(2) == 2\n    open('mark', 'x').close()\n"
    )
    _, found = await outcomes(
        verifier, module_requirement, program(calc__py=counting), check("C1_a", once), check("C1_b", once)
    )
    assert {result.outcome for result in found.values()} == {"passed"}


async def test_a_skipped_or_empty_check_is_no_pass(verifier, module_requirement, program, check):
    skipping = "import pytest\n\n\ndef test_skip():\n    pytest.skip('no')\n"
    expected = "import pytest\n\n\n@pytest.mark.xfail\ndef test_x():\n    assert False\n"
    _, found = await outcomes(
        verifier,
        module_requirement,
        program(calc__py=DOUBLE),
        check("C1_a", skipping),
        check("C1_b", "x = 1\n"),
        check("C1_c", "def test_broken(:\n"),
        check("C1_d", expected),
    )
    assert {result.outcome for result in found.values()} == {"error"}


async def test_a_check_that_depends_on_chance_is_unstable(verifier, module_requirement, program, check):
    chance = "import random\n\n\ndef double(x):\n    return random.random()\n"
    code = "def test_chance():\n    from calc import double\n    assert double(1) == SEEN\n"
    import random

    seen = random.Random(0).random()
    report, found = await outcomes(
        verifier,
        module_requirement,
        program(calc__py=chance),
        check("C1_a", code.replace("SEEN", repr(seen))),
    )
    assert found["C1_a"].outcome == "passed"
    assert report.unstable == ("C1_a",)


async def test_a_program_may_be_named_like_a_module_that_is_loaded_already(verifier, program, check):
    requirement = verifier.read_requirement("Write a Python module `token.py` with a function `double(x)`.")
    code = "def test_token():\n    from token import double\n    assert double(2) == 4\n"
    _, found = await outcomes(verifier, requirement, program(token__py=DOUBLE), check("C1_a", code))
    assert found["C1_a"].outcome == "passed", found["C1_a"].message


async def test_a_command_line_program_is_run_as_a_user_runs_it(verifier, cli_requirement, program, check):
    echo = (
        "import sys\n\n\ndef main():\n    if len(sys.argv) != 2:\n"
        "        sys.exit('usage: echo.py WORD')\n"
        "    print(sys.argv[1] * 2)\n    open('seen.txt', 'a').write('x')\n"
        "    print(sys.stdin.read(), file=sys.stderr)\n\n\nmain()\n"
    )
    good = (
        "def test_good(run):\n    r = run('ab', stdin='in')\n    assert r.out == 'abab\\n"
        "' and r.lines == ['abab']\n"
        "    assert r.code == 0 and r.err == 'in\\n'\n    run('x')\n"
        "    assert open('seen.txt').read() == 'xx'\n"
    )
    bad = "def test_bad(run):\n    r = run()\n    assert r.code == 2\n"
    report, found = await outcomes(
        verifier, cli_requirement, program(echo__py=echo), check("C1_a", good), check("C1_b", bad)
    )
    assert found["C1_a"].outcome == "passed", found["C1_a"].message
    assert "code 1" in found["C1_b"].message and "usage: echo.py WORD" in found["C1_b"].message
    assert report.proves_nothing == ()


async def test_a_crash_of_the_program_is_named_with_its_place(verifier, cli_requirement, program, check):
    crashing = "import sys\n\n\ndef main():\n    print(sys.argv[5])\n\n\nmain()\n"
    code = "def test_a(run):\n    assert run('x').out == 'xx\\n'\n"
    _, found = await outcomes(verifier, cli_requirement, program(echo__py=crashing), check("C1_a", code))
    assert "echo.py:5 in main: IndexError: list index out of range" in found["C1_a"].message
    assert len(found["C1_a"].message) <= 600


async def test_messages_are_the_same_every_time(verifier, module_requirement, program, check):
    code = (
        "def test_a(tmp_path):\n    import calc\n"
        "    assert (calc.double, str(tmp_path), calc.__file__) == 4\n"
    )
    first, second = [
        (await verifier.examine(module_requirement, program(calc__py=DOUBLE), [check("C1_a", code)])).results[
            0
        ]
        for _ in range(2)
    ]
    assert first.message == second.message


async def test_a_service_is_started_and_asked(verifier, program, check):
    requirement = verifier.read_requirement(
        "Write a web service, `python server.py --port N`, that says hello."
    )
    server = (
        "import argparse, json\n"
        "from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer\n\n\n"
        "class Handler(BaseHTTPRequestHandler):\n"
        "    def do_GET(self):\n        body = json.dumps({'path': self.path}).encode()\n"
        "        self.send_response(200)\n"
        "        self.send_header('Content-Length', str(len(body)))\n        self.end_headers()\n"
        "        self.wfile.write(body)\n\n\n"
        "def main():\n    parser = argparse.ArgumentParser()\n"
        "    parser.add_argument('--port', type=int)\n"
        "    ThreadingHTTPServer(('127.0.0.1', parser.parse_args().port), Handler).serve_forever()\n\n\n"
        "if __name__ == '__main__':\n    main()\n"
    )
    good = (
        "def test_get(server):\n    r = server.get('/a')\n"
        "    assert r.status == 200 and r.json() == {'path': '/a'}\n"
    )
    bad = "def test_bad(server):\n    assert server.get('/a').status == 404\n"
    report, found = await outcomes(
        verifier, requirement, program(server__py=server), check("C1_a", good), check("C1_b", bad)
    )
    assert found["C1_a"].outcome == "passed", found["C1_a"].message
    assert "GET /a: 200" in found["C1_b"].message
    assert report.proves_nothing == ()


async def test_mutants_are_caught_by_checks_that_look_and_survive_those_that_do_not(
    verifier, module_requirement, program, check
):
    source = program(calc__py=DOUBLE)
    strong = await verifier.challenge(module_requirement, source, [check("C1_a", PASSES)])
    weak = await verifier.challenge(module_requirement, source, [check("C1_a", IMPORT_ONLY)])
    assert strong.mutants == weak.mutants > 0
    assert strong.caught == strong.mutants - len(strong.survivors) > 0
    assert weak.caught == 0
    assert weak.survivors[0].startswith("calc.py:2 ")


async def test_without_a_passing_check_no_mutant_was_tried(verifier, module_requirement, program, check):
    failing = check("C1_a", "def test_no():\n    assert False\n")
    report = await verifier.challenge(module_requirement, program(calc__py=DOUBLE), [failing])
    assert (report.mutants, report.caught, report.survivors) == (0, 0, ())
