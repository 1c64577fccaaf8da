"""`makery models test NAME`: one sentence that says what is wrong, or that it works."""

import pytest
from llm_standin import KEY, Answer, Fault, StandIn

from makery.kernel.errors import ModelUnavailable
from makery.llm.catalogue import load_catalogue
from makery.llm.credentials import Credentials
from makery.llm.probe import probe

BASES = {
    "openai": ("openai/some-model", "OPENAI_BASE_URL", "OPENAI_API_KEY"),
    "anthropic": ("anthropic/some-model", "ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY"),
    "google": ("google/some-model", "GOOGLE_GEMINI_BASE_URL", "GEMINI_API_KEY"),
    "azure": ("azure/some-model", "AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_API_KEY"),
    "replicate": ("replicate/some-model", "REPLICATE_BASE_URL", "REPLICATE_API_TOKEN"),
}


class NoEngine:
    async def endpoint(self, model):
        raise ModelUnavailable("The weights are not here.", remedy="Run `makery models pull`.")


async def tried(wire="openai", *, script=None, name=None, key=KEY, seconds=20.0):
    usual, base_variable, key_variable = BASES[wire]
    async with StandIn(wire).serve() as standin:
        standin.script = script or [Answer("1 2 3 4 5 6 7")]
        environment = {base_variable: standin.url, **({key_variable: key} if key else {})}
        return await probe(
            name or usual,
            catalogue=load_catalogue(),
            credentials=Credentials(environment=environment, keyring=lambda provider: None),
            embedded=NoEngine(),
            seconds=seconds,
        )


@pytest.mark.parametrize("wire", BASES)
async def test_a_working_model_is_told_with_its_speed(wire):
    result = await tried(wire)
    assert result.works and result.exit_status == 0
    assert "works" in result.sentence and "tokens/s" in result.sentence
    assert result.answer == "1 2 3 4 5 6 7"


async def test_a_missing_key_names_the_variable():
    result = await tried(key="")
    assert not result.works and "OPENAI_API_KEY" in result.sentence


@pytest.mark.parametrize("wire", BASES)
async def test_a_wrong_key_is_told_as_such(wire):
    result = await tried(wire, key="sk-wrong-key")
    assert not result.works and "refused the key" in result.sentence and "sk-wrong" not in result.sentence


@pytest.mark.parametrize("wire", ["openai", "anthropic", "google", "azure"])
async def test_an_unknown_model_is_met_with_what_is_offered(wire):
    result = await tried(wire, name=f"{wire}/some-modle")
    assert result.offered == ("other-model", "some-model")
    assert "Did you mean 'some-model'" in result.sentence


async def test_garbage_a_dead_endpoint_silence_and_emptiness_are_told_apart():
    assert "not the openai format" in (await tried(script=[Fault("html")])).sentence
    assert "HTTP 500" in (await tried(script=[Fault("status", 500)])).sentence
    assert "did not answer within" in (await tried(script=[Fault("hang")], seconds=0.2)).sentence
    assert "with nothing" in (await tried(script=[Fault("empty")])).sentence
    dead = await tried(name="some-model@http://127.0.0.1:9/v1")
    assert "does not answer" in dead.sentence and dead.exit_status == 5


async def test_an_unknown_name_is_told_with_the_nearest():
    result = await tried(name="gpt4o")
    assert result.exit_status == 2 and "openai/gpt-4o" in result.sentence


async def test_missing_weights_are_told_with_the_mending_command():
    result = await tried(name="qwen2.5-coder-1.5b")
    assert result.exit_status == 5 and "makery models pull" in result.sentence
