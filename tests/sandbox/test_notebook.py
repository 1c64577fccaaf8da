"""Cells in one session, in the box and without one: what stays, what is stopped, what is made anew."""

import asyncio
import shutil
from collections.abc import Iterator

import pytest

from makery.kernel.cells import Cell, CellEnd, CellRun, Tongue
from makery.kernel.events import CommandRun, TextStreamed
from makery.sandbox.bubblewrap import BubblewrapSandbox
from makery.sandbox.local import UnsafeLocalSandbox
from makery.sandbox.notebook import SandboxNotebook
from makery.testing import ListSink

pytestmark = pytest.mark.sandboxed
BOXES = [
    pytest.param(
        BubblewrapSandbox,
        id="bubblewrap",
        marks=pytest.mark.skipif(shutil.which("bwrap") is None, reason="no bubblewrap"),
    ),
    pytest.param(UnsafeLocalSandbox, id="local"),
]


class Use:
    """A notebook and the cells that it ran so far."""

    def __init__(self, notebook: SandboxNotebook, sink: ListSink) -> None:
        self.notebook, self.sink = notebook, sink
        self.earlier: tuple[Cell, ...] = ()
        self.files: dict[str, bytes] = {}

    async def __call__(self, code: str, language: Tongue = "python") -> CellEnd:
        cell = Cell(language=language, code=code)
        end = await self.notebook.run(
            CellRun(cell=cell, earlier=self.earlier, files=tuple(self.files.items()))
        )
        self.earlier = (*self.earlier, cell) if end.repeatable else self.earlier
        self.files |= dict(end.written)
        return end


@pytest.fixture(params=BOXES)
def use(request: pytest.FixtureRequest) -> Iterator[Use]:
    sink = ListSink()
    notebook = SandboxNotebook(request.param(), sink)
    yield Use(notebook, sink)
    notebook.close()


async def test_variables_stay_in_each_language_and_last_values_are_shown(use: Use) -> None:
    await use("x = 41\ndef f(n): return n + 1")
    assert (await use("f(x)")).output == "42\n"
    await use("cd /tmp; word=hello", "shell")
    assert (await use("echo $word; pwd", "shell")).output == "hello\n/tmp\n"
    if shutil.which("node"):
        await use("const y = 5", "javascript")
        assert (await use("y * 2", "javascript")).output == "10\n"


async def test_a_failed_cell_says_where_and_what_came_before_stays(use: Use) -> None:
    end = await use("a = 1\nb = a / 0")
    assert end.failed and "line 2" in end.output and "ZeroDivisionError" in end.output
    assert (await use("a")).output == "1\n"
    assert (await use("exit 3", "shell")).failed
    assert (await use("echo on", "shell")).output == "on\n"


async def test_output_is_told_as_it_comes_and_the_ledger_knows_the_cell(use: Use) -> None:
    await use("print('one', flush=True)\nimport os; os.system('echo two')")
    await asyncio.sleep(0)
    assert "".join(event.text for event in use.sink.of(TextStreamed)) == "one\ntwo\n0\n"
    (ran,) = use.sink.of(CommandRun)
    assert (ran.purpose, ran.argv[0], ran.exit_status) == ("cell", "python", 0)


async def test_a_cell_that_takes_too_long_is_stopped_and_variables_stay(use: Use) -> None:
    quick = SandboxNotebook(use.notebook._sandbox, use.sink, seconds=0.2)
    slow = Use(quick, use.sink)
    await slow("kept = 7")
    end = await slow("while True: pass")
    assert end.stopped and not end.repeatable and "was stopped after 0.2 seconds" in end.output
    assert (await slow("kept")).output == "7\n"
    quick.close()


async def test_a_lost_session_is_made_anew_from_its_cells_and_says_so(use: Use) -> None:
    await use("n = 1")
    await use("open('log.txt', 'a').write('line\\n')")
    lost = await use("import os; os._exit(1)")
    assert lost.lost and "The session was lost" in lost.note
    end = await use("n, open('log.txt').read()")
    assert end.output == "(1, 'line\\n')\n"  # the file was put back: nothing was written twice
    assert end.note == "[New session: 2 earlier cells were run again.]"


async def test_another_process_goes_on_where_the_first_one_was(use: Use) -> None:
    await use("n = 5; print('once')")
    again = SandboxNotebook(use.notebook._sandbox, use.sink)
    second = Use(again, ListSink())
    second.earlier, second.files = use.earlier, use.files
    assert (await second("n")).output == "5\n"
    again.close()


async def test_files_go_in_and_come_out(use: Use) -> None:
    use.files = {"in.bin": b"\x00\xff", "gone.txt": b"x"}
    end = await use(
        "import os\nos.remove('gone.txt')\nopen('deep.txt', 'w').write(str(len(open('in.bin', 'rb').read())))"
    )
    assert (dict(end.written), end.removed) == ({"deep.txt": b"2"}, ("gone.txt",))
    use.files = {"in.bin": b"abc"}
    assert (await use("open('in.bin').read()")).output == "'abc'\n"


async def test_figures_that_are_open_become_pictures(use: Use) -> None:
    pytest.importorskip("matplotlib")
    end = await use("import matplotlib.pyplot as plt\nplt.plot([1, 3, 2])\nplt.show()")
    assert end.pictures == ("plot-1.png",)
    assert dict(end.written)["plot-1.png"].startswith(b"\x89PNG")
    assert (await use("plt.bar([1], [2]); None")).pictures == ("plot-2.png",)


async def test_memory_is_bounded_and_a_cancelled_cell_ends_the_session(use: Use) -> None:
    end = await use("import time\nblock = bytearray(b'x') * 2_500_000_000\ntime.sleep(9)")
    assert end.lost or "MemoryError" in end.output
    begun = asyncio.Event()
    notebook = SandboxNotebook(use.notebook._sandbox, lambda event: begun.set())
    other = Use(notebook, use.sink)
    task = asyncio.create_task(other("print('on', flush=True); import time; time.sleep(60)"))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await other("1 + 1")).output == "2\n"
    notebook.close()


async def test_a_cell_in_the_box_sees_no_network_and_no_home() -> None:
    if shutil.which("bwrap") is None:
        pytest.skip("no bubblewrap")
    use = Use(SandboxNotebook(BubblewrapSandbox(), ListSink()), ListSink())
    look = "import os, socket\nprint(os.path.exists('/root/.ssh'), os.environ['HOME'])\n"
    end = await use(look + "socket.create_connection(('1.1.1.1', 53), 1)")
    assert end.output.startswith("False /tmp/home\n") and "OSError" in end.output
    use.notebook.close()
