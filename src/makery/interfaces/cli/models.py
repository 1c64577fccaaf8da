"""`makery models list|pull|test|stop`."""

from typing import Annotated

import typer

from makery.interfaces.cli import options as o
from makery.interfaces.cli.errors import reported

app = typer.Typer(no_args_is_help=True, help="List, fetch, test and stop models.")

NameArgument = Annotated[
    str | None, typer.Argument(metavar="[NAME]", help="The model's name; yours if not given.")
]


@app.command("list")
@reported
def list_models(
    ctx: typer.Context,
    provider: Annotated[
        str | None, typer.Option("--provider", metavar="NAME", help="Only this provider's.")
    ] = None,
    json: o.Json = False,
) -> None:
    """List all models: base URL, key variable, context, price, and whether a key is there."""
    from makery.interfaces.cli.running import factory_of
    from makery.interfaces.cli.tables import show
    from makery.kernel.errors import InputError

    models = [model for model in factory_of(ctx).models() if provider in (None, model.provider)]
    rows = [{"model": model.name, **model.model_dump(exclude={"name"})} for model in models]
    if not rows:
        raise InputError(f"No provider is called {provider!r}.", remedy="See `makery models list`.")
    prices = ("usd_per_million_in", "usd_per_million_out")
    columns = ("model", "context", "has_key", *prices, "key_variables", "base_url", "price_checked")
    show(rows, columns, as_json=json, empty="")


@app.command("pull")
@reported
def pull(ctx: typer.Context, name: NameArgument = None) -> None:
    """Fetch the weights of an embedded model; continues where it stopped, and checks the hash."""
    from makery.interfaces.cli.running import factory_of
    from makery.interfaces.cli.trying import pull_weights

    typer.echo(pull_weights(factory_of(ctx), name))


@app.command("test")
@reported
def test_model(ctx: typer.Context, name: NameArgument = None, json: o.Json = False) -> None:
    """Ask a model one short question and say in a sentence what is wrong, if anything is."""
    from makery.interfaces.cli.running import factory_of
    from makery.interfaces.cli.trying import try_model

    raise typer.Exit(try_model(factory_of(ctx), name, as_json=json))


@app.command("stop")
@reported
def stop(ctx: typer.Context) -> None:
    """End the processes of embedded models; a run that still needs one starts it again."""
    import asyncio

    from makery.interfaces.cli.running import factory_of

    stopped = asyncio.run(factory_of(ctx).stop_engines())
    typer.echo(f"{stopped} stopped." if stopped else "None was running.")
