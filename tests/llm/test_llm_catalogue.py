"""The catalogue and the user's keys: names, nearest matches, prices, places."""

import pytest
from pydantic import SecretStr

from makery.kernel.completion import Usage
from makery.kernel.errors import ContractViolation, SettingsError
from makery.llm.catalogue import UnknownModelName, load_catalogue
from makery.llm.credentials import Credentials

ROW_A7 = {
    "openai",
    "google",
    "ollama",
    "vllm",
    "llamacpp",
    "baidu",
    "alibaba",
    "spark",
    "zhipu",
    "anthropic",
    "deepseek",
    "moonshot",
    "minimax",
    "baichuan",
    "azure",
    "mistral",
    "groq",
    "together",
    "huggingface",
    "replicate",
    "embedded",
}


@pytest.fixture(scope="module")
def catalogue():
    return load_catalogue()


def test_every_provider_promised_is_there_with_models(catalogue):
    assert set(catalogue.providers) == ROW_A7
    assert all(catalogue.of(name) for name in ROW_A7)


def test_every_hosted_provider_names_its_key_and_its_page(catalogue):
    for provider in catalogue.providers.values():
        assert provider.local or provider.key_variables, provider.name
        assert provider.page.startswith("https://"), provider.name
        assert provider.base_url or provider.base_url_variables or provider.name == "embedded"


def test_a_price_is_never_zero_by_ignorance(catalogue):
    for entry in catalogue.models:
        if entry.provider.local:
            assert (
                entry.price is not None and entry.price.usd(Usage(prompt_tokens=9, completion_tokens=9)) == 0
            )
        elif entry.price is not None:
            assert entry.price.input > 0 and entry.price.output > 0
            assert entry.price.source.startswith("https://") and entry.price.checked.year >= 2026


def test_names_are_found_in_all_their_forms(catalogue):
    assert catalogue.find("openai/gpt-4o").model == "gpt-4o"
    assert catalogue.find(" gpt-4o ").name == "openai/gpt-4o"
    assert catalogue.find("openai/gpt-oss-120b").provider.name == "openai", "the prefix names the provider"
    assert catalogue.find("groq/openai/gpt-oss-120b").model == "openai/gpt-oss-120b"
    assert catalogue.find(catalogue.default).name == "embedded/qwen2.5-coder-1.5b"


def test_the_default_model_is_embedded_free_and_asked_several_times(catalogue):
    entry = catalogue.find("qwen2.5-coder-1.5b")
    assert (entry.context, entry.provider.local) == (8192, True)
    assert entry.candidates > 1


def test_an_unlisted_model_of_a_known_provider_works_without_a_price(catalogue):
    assert catalogue.find("openai/gpt-99").price is None
    assert catalogue.find("ollama/phi9").price is not None


def test_a_gguf_file_is_an_embedded_model(catalogue):
    entry = catalogue.find("/home/me/models/my model.GGUF")
    assert (entry.provider.name, entry.model) == ("embedded", "/home/me/models/my model.GGUF")
    assert catalogue.find(entry.name) == entry


def test_any_openai_compatible_url_is_a_model(catalogue):
    entry = catalogue.find("qwen@https://relay.example.com/v1/")
    assert (entry.model, entry.provider.base_url) == ("qwen", "https://relay.example.com/v1")
    assert entry.price is None


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("gpt4o", "openai/gpt-4o"),
        ("qwen2.5-coder", "embedded/qwen2.5-coder-1.5b"),
        ("embedded/qwen2.5-coder-15b", "embedded/qwen2.5-coder-1.5b"),
        ("antropic/claude-opus-5-5", "anthropic/claude-opus-5-5"),
    ],
)
def test_a_misspelt_name_is_met_with_the_nearest(catalogue, name, nearest):
    with pytest.raises(UnknownModelName) as caught:
        catalogue.find(name)
    assert nearest in caught.value.nearest and nearest in str(caught.value)
    assert caught.value.exit_status == 2


@pytest.mark.parametrize("name", ["", "zzzzzz", "nobody/model", "@https://x/v1", "openai/", "模型"])
def test_nonsense_is_refused_with_what_to_do(catalogue, name):
    with pytest.raises(UnknownModelName, match="makery models list"):
        catalogue.find(name)


def test_settings_add_providers(catalogue):
    extended = catalogue.extended(
        {"mylab": {"base_url": "http://gpu:8000/v1", "local": "true"}, "openai": {}}
    )
    entry = extended.find("mylab/llama")
    assert entry.provider.base_url == "http://gpu:8000/v1" and entry.price is not None
    with pytest.raises(SettingsError, match="base_url"):
        catalogue.extended({"mylab": {"api_key": "x"}})
    with pytest.raises(SettingsError, match=r"providers\.mylab\.wire"):
        catalogue.extended({"mylab": {"base_url": "http://x/v1", "wire": "smoke"}})


def test_a_broken_catalogue_is_a_bug_with_a_place():
    with pytest.raises(ContractViolation):
        load_catalogue("default = 1\nmodels = []")


def test_cached_tokens_have_their_own_price(catalogue):
    price = catalogue.find("gpt-5-mini").price
    usage = Usage(prompt_tokens=1_000_000, cached_tokens=400_000, completion_tokens=100_000)
    assert price.usd(usage) == pytest.approx(0.6 * 0.25 + 0.4 * 0.025 + 0.1 * 2.0)


# ------------------------------------------------------------------------ credentials


def credentials(environment=None, settings=None, keyring=lambda provider: None):
    return Credentials(environment=environment or {}, settings=settings, keyring=keyring)


def test_a_key_is_looked_for_in_environment_then_settings_then_keyring(catalogue):
    provider = catalogue.providers["google"]
    ring = credentials(keyring={"google": "from-ring"}.get)
    assert ring.endpoint(provider).key == SecretStr("from-ring")
    settings = credentials(settings={"google": {"api_key": "from-file"}}, keyring={"google": "from-ring"}.get)
    assert settings.endpoint(provider).key == SecretStr("from-file")
    both = credentials({"GOOGLE_API_KEY": " from-env "}, {"google": {"api_key": "from-file"}})
    assert both.endpoint(provider).key == SecretStr("from-env")


def test_a_base_url_of_the_users_own_wins(catalogue):
    provider = catalogue.providers["deepseek"]
    given = {"DEEPSEEK_API_KEY": "k", "DEEPSEEK_BASE_URL": "https://relay.example.com/v1/"}
    assert credentials(given).endpoint(provider).base_url == "https://relay.example.com/v1"
    settings = {"deepseek": {"base_url": "https://other.example.com/v1", "api_key": "k"}}
    assert credentials(settings=settings).endpoint(provider).base_url == "https://other.example.com/v1"
    assert credentials().base_url(provider) == "https://api.deepseek.com/v1"


def test_a_missing_key_is_told_with_its_variable_and_the_page(catalogue):
    with pytest.raises(SettingsError) as caught:
        credentials({"MISTRAL_API_KEY": "  "}).endpoint(catalogue.providers["mistral"])
    assert "MISTRAL_API_KEY" in str(caught.value) and "console.mistral.ai" in str(caught.value)


def test_local_servers_need_no_key_and_never_open_the_keyring(catalogue):
    def refuse(provider):
        raise AssertionError("asked")

    endpoint = credentials(keyring=refuse).endpoint(catalogue.providers["ollama"])
    assert endpoint.base_url == "http://127.0.0.1:11434/v1"
    assert credentials(keyring=refuse).has_key(catalogue.providers["ollama"])


@pytest.mark.parametrize("url", ["", "localhost:8000", "ftp://x"])
def test_a_base_url_that_is_none_is_told(catalogue, url):
    given = {"AZURE_OPENAI_API_KEY": "k", "AZURE_OPENAI_ENDPOINT": url}
    with pytest.raises(SettingsError, match="AZURE_OPENAI_ENDPOINT"):
        credentials(given).endpoint(catalogue.providers["azure"])


def test_keys_are_never_shown(catalogue):
    held = credentials({"OPENAI_API_KEY": "sk-secret"}, {"openai": {"api_key": "sk-secret"}})
    endpoint = held.endpoint(catalogue.providers["openai"])
    assert (
        "sk-secret" not in f"{endpoint!r} {endpoint} {vars(held)['_settings']} {endpoint.model_dump_json()}"
    )


def test_a_machine_without_a_keyring_holds_no_key(catalogue):
    held = Credentials(environment={"PYTHON_KEYRING_BACKEND": "x"})
    assert not held.has_key(catalogue.providers["openai"])
