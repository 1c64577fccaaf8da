import asyncio

from makery import Factory
from makery.app.chatting import agent_order


async def main() -> None:
    order = agent_order("Write three rules for safe passwords into rules.md.", name="Ada", max_calls=40)
    run = await Factory().start(order)
    print((await run.wait()).answer)


asyncio.run(main())
