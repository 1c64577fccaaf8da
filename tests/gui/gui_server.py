"""The whole application with its page, for tests."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from api_server import TOKEN
from fastapi import FastAPI

from makery.app.factory import Factory
from makery.interfaces.server import whole_application


def application(factory: Factory) -> FastAPI:
    """The whole server. Made inside of an event loop, since Gradio leaves one open where there is none.

    In a thread, for Playwright keeps a loop of its own running in this one.
    """

    async def made() -> FastAPI:
        return whole_application(factory, token=TOKEN, gui=True)

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(made())).result()
