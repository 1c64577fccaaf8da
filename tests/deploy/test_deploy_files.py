"""What `deploy/` has is what compose and Kubernetes take, and starts what there is."""

from pathlib import Path
from typing import Any

import pytest
import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"


@pytest.fixture
def manifests() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8")))


@pytest.fixture
def compose() -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


def test_every_manifest_fits_the_schema_of_kubernetes(manifests: list[dict[str, Any]]) -> None:
    import kubernetes_validate

    for manifest in manifests:
        kubernetes_validate.validate(manifest, "1.30", strict=True)


def test_the_compose_file_fits_the_specification(compose: dict[str, Any]) -> None:
    from compose_spec import PyCompose

    flat = yaml.safe_dump(compose)  # merge keys are YAML's, and resolved
    assert set(PyCompose.from_yaml(flat).to_spec().services or {}) == set(compose["services"])


def test_selectors_of_a_deployment_find_its_own_pods(manifests: list[dict[str, Any]]) -> None:
    for manifest in manifests:
        if manifest["kind"] == "Deployment":
            labels = manifest["spec"]["template"]["metadata"]["labels"]
            assert manifest["spec"]["selector"]["matchLabels"].items() <= labels.items()


def test_services_of_the_compose_file_depend_on_services_that_are_there(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for name, service in services.items():
        assert "image" in service, name
        assert set(service.get("depends_on", {})) <= set(services)
        mounted = {volume.split(":")[0] for volume in service.get("volumes", ())}
        assert mounted <= set(compose["volumes"])


def test_containers_start_commands_that_there_are(
    compose: dict[str, Any], manifests: list[dict[str, Any]]
) -> None:
    from typer.main import get_command

    from makery.interfaces.cli.main import app

    commands = set(get_command(app).commands)  # type: ignore[attr-defined]
    started = [service["command"][0] for service in compose["services"].values() if "command" in service]
    for manifest in manifests:
        if manifest["kind"] == "Deployment":
            containers = manifest["spec"]["template"]["spec"]["containers"]
            started += [container["args"][0] for container in containers]
    assert started and set(started) <= commands


def test_what_containers_are_told_are_settings_that_there_are(
    compose: dict[str, Any], manifests: list[dict[str, Any]]
) -> None:
    from makery.app.settings import Settings

    told = [name for service in compose["services"].values() for name in service.get("environment", {})]
    for manifest in manifests:
        if manifest["kind"] == "Deployment":
            for container in manifest["spec"]["template"]["spec"]["containers"]:
                told += [variable["name"] for variable in container["env"]]
    for name in told:
        if name.startswith("MAKERY_"):
            fields: Any = Settings.model_fields
            for part in name.removeprefix("MAKERY_").lower().split("__"):
                assert part in fields, name
                fields = getattr(fields[part].annotation, "model_fields", {})


def test_no_secret_is_in_a_file() -> None:
    for path in DEPLOY.iterdir():
        text = path.read_text(encoding="utf-8")
        assert "sk-" not in text
        for line in text.splitlines():
            if "PASSWORD:" in line or "TOKEN:" in line or "API_KEY:" in line:
                assert "${" in line, line


def test_the_server_is_told_a_model_that_its_workers_can_use(
    compose: dict[str, Any], manifests: list[dict[str, Any]]
) -> None:
    """The default is embedded in a machine that has fetched it; workers in containers have not."""
    pods = {
        manifest["metadata"]["name"]: manifest["spec"]["template"]["spec"]["containers"][0]["env"]
        for manifest in manifests
        if manifest["kind"] == "Deployment"
    }
    told = {variable["name"]: variable.get("value") for variable in pods["makery-server"]}
    assert str(told["MAKERY_MODEL"]).startswith("openai/")
    assert any(v["name"] == "OPENAI_API_KEY" for name, env in pods.items() if "worker" in name for v in env)
    for name in ("server", "worker"):
        assert "MAKERY_MODEL" in compose["services"][name]["environment"]
