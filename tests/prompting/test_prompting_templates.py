"""Templates are strict, identify themselves, and say who is acting."""

from pathlib import Path

import pytest
from pydantic import BaseModel, Field

from makery.kernel.artifact import Frozen
from makery.kernel.completion import Purpose
from makery.kernel.errors import ContractViolation, MalformedOutput, RateLimited
from makery.kernel.role import Role
from makery.prompting import Sampling, ask_document, ask_text, load, persona
from makery.testing import ScriptedModel, toolbox

BAKER = Role(
    name="baker",
    title="baker",
    goal="Your goal is good bread.",
    constraints=("No sugar.", "Bake twice."),
    watches=(),
    skills=(),
)


class Loaf(Frozen):
    flour: str
    seeds: str = ""
    oven: int = Field(default=3, exclude=True)


class Price(BaseModel):
    cents: int = Field(ge=0)
    why: str = ""


def written(folder: Path, text: str, name: str = "bake") -> str:
    """The path of a module beside which that template lies."""
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.md").write_text(text, encoding="utf-8")
    return str(folder / f"{name}.py")


def bread(
    folder: Path, user: str = "{{ persona }} Use {{ flour }}.{% if seeds %} And {{ seeds }}.{% endif %}"
):
    return load(written(folder, f"[system]\nYou bake.\n[user]\n{user}\n"))


def test_fields_are_filled_in_and_blank_edges_cut(tmp_path: Path):
    prompt = bread(tmp_path).render(Loaf(flour="rye", seeds="poppy"))
    assert (prompt.system, prompt.user) == ("You bake.", "Use rye. And poppy.")
    assert prompt.template == "bake"


def test_a_variable_that_is_no_field_is_refused_by_name(tmp_path: Path):
    template = bread(tmp_path, "{{ flour }} {{ seeds }} {{ yeast }}")
    with pytest.raises(ContractViolation, match=r"'bake'.*\['yeast'\]"):
        template.render(Loaf(flour="rye"))


def test_a_field_that_the_template_does_not_show_is_refused_by_name(tmp_path: Path):
    with pytest.raises(ContractViolation, match=r"\['seeds'\]"):
        bread(tmp_path, "{{ flour }}").render(Loaf(flour="rye"))


def test_a_variable_counts_although_its_branch_is_not_taken(tmp_path: Path):
    template = bread(tmp_path, "{{ flour }}{% if seeds %}{{ salt }}{% endif %}")
    assert template.variables == {"flour", "seeds", "salt"}


def test_excluded_fields_are_for_the_program_only(tmp_path: Path):
    template = bread(tmp_path)
    assert template.variables == {"flour", "seeds"}
    assert template.render(Loaf(flour="rye", oven=1)) == template.render(Loaf(flour="rye", oven=9))
    with pytest.raises(ContractViolation, match="oven"):
        bread(tmp_path / "shown", "{{ flour }} {{ seeds }} {{ oven }}").render(Loaf(flour="rye"))


def test_the_persona_is_the_role_s_title_goal_and_constraints(tmp_path: Path):
    said = "You are the baker. Your goal is good bread. No sugar. Bake twice."
    assert persona(BAKER) == said
    assert bread(tmp_path).render(Loaf(flour="rye"), BAKER).user == f"{said} Use rye."


def test_text_of_the_user_is_never_read_as_a_template(tmp_path: Path):
    hostile = "{{ persona }} {% for x in y %} {# gone #} <b> & 中文"
    assert hostile in bread(tmp_path).render(Loaf(flour=hostile), BAKER).user


def test_the_version_is_the_text_s_and_nothing_else_s(tmp_path: Path):
    text = "[system]\nA\n[user]\n{{ flour }}{{ seeds }}\n"
    first = load(written(tmp_path / "one", text))
    same = load(written(tmp_path / "two", text))
    other = load(written(tmp_path / "three", text.replace("A", "B")))
    assert first.version == same.version != other.version
    assert len(first.version) == 12
    assert first.render(Loaf(flour="rye")).version == first.version


def test_a_missing_template_is_named_beside_its_module(tmp_path: Path):
    with pytest.raises(ContractViolation, match=r"'bake\.md' beside 'bake\.py'"):
        load(str(tmp_path / "bake.py"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no parts",
        "[system]\nonly\n",
        "[user]\nonly\n",
        "[user]\nu\n[system]\ns\n",
        "[system]\na\n[user]\nb\n[user]\nc\n",
    ],
)
def test_a_template_needs_a_system_and_then_a_user_part(tmp_path: Path, text: str):
    with pytest.raises(ContractViolation, match=r"needs a \[system\] and then a \[user\] part"):
        load(written(tmp_path, text))


async def test_a_call_carries_prompt_purpose_and_sampling(tmp_path: Path):
    model = ScriptedModel({"bake": ["done"]})
    tools = toolbox(model, role=BAKER, purpose=Purpose(run="r", role="baker", skill="bake"))
    how = Sampling(max_tokens=7, temperature=0.5, seed=3, sample=2)
    template = bread(tmp_path)
    assert (await ask_text(tools, template, Loaf(flour="rye"), how)).text == "done"
    (call,) = model.calls
    assert call.prompt == template.render(Loaf(flour="rye"), BAKER)
    assert (call.max_tokens, call.temperature, call.seed, call.sample) == (7, 0.5, 3, 2)
    assert call.purpose == tools.purpose
    assert call.output_schema is None


async def test_a_document_is_asked_for_by_its_schema_and_read_back(tmp_path: Path):
    model = ScriptedModel({"bake": ['{"cents": 250, "why": "黑麦"}']})
    tools = toolbox(model, purpose=Purpose(skill="bake"))
    price = await ask_document(tools, bread(tmp_path), Loaf(flour="rye"), Price)
    assert price == Price(cents=250, why="黑麦")
    assert model.calls[0].output_schema == Price.model_json_schema()


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        ("", "JSON"),
        ("250 cents", "JSON"),
        ('{"cents": 2', "JSON"),
        ('{"cents": -1}', "cents"),
        ("{}", "cents"),
    ],
)
async def test_an_answer_out_of_form_says_where_and_keeps_the_text(tmp_path: Path, answer: str, detail: str):
    tools = toolbox(ScriptedModel({"bake": [answer]}), purpose=Purpose(skill="bake"))
    with pytest.raises(MalformedOutput, match=f"'bake' is not a valid Price: .*{detail}") as caught:
        await ask_document(tools, bread(tmp_path), Loaf(flour="rye"), Price)
    assert caught.value.text == answer


async def test_errors_of_the_gateway_pass_through(tmp_path: Path):
    tools = toolbox(ScriptedModel({"bake": [RateLimited("slow")]}), purpose=Purpose(skill="bake"))
    with pytest.raises(RateLimited):
        await ask_document(tools, bread(tmp_path), Loaf(flour="rye"), Price)
