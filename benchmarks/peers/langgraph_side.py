"""The conversation on LangGraph with its SQLite checkpointer; see `benchmarks/peers.py`.

As in the documentation of langgraph-checkpoint-sqlite: a compiled graph with `AsyncSqliteSaver`, a thread
for each conversation, and `ainvoke(None, ...)` to go on with one that was interrupted. The variant is
LangGraph's `durability`: "async" is its default, "sync" writes a checkpoint before the next step begins.
"""

import asyncio
from collections.abc import Awaitable, Callable

from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, MessagesState, StateGraph
from scripted import GOAL, SPEAKERS, TASK, WARM_TURNS, Meter, Order, Scripted

State = MessagesState


def speaker(name: str, model: Scripted) -> Callable[[State], Awaitable[dict[str, list[AIMessage]]]]:
    """A node that says one thing."""

    async def speak(state: State) -> dict[str, list[AIMessage]]:
        said = "\n".join(f"{message.name or 'user'}: {message.content}" for message in state["messages"])
        return {"messages": [AIMessage(await model.say(f"{name}: {GOAL}\n{said}"), name=name)]}

    return speak


def graph(model: Scripted, turns: int) -> StateGraph[State]:
    """Two nodes in turn until so many things are said."""
    made = StateGraph(State)
    ada, bob = SPEAKERS
    for name, other in ((ada, bob), (bob, ada)):
        made.add_node(name, speaker(name, model))
        made.add_conditional_edges(
            name, lambda state, other=other: other if len(state["messages"]) <= turns else END, [other, END]
        )
    made.add_edge(START, ada)
    return made


async def talk(saver: AsyncSqliteSaver, order: Order, model: Scripted, *, thread: str, turns: int) -> None:
    """One conversation, from its beginning or from where it is."""
    built = graph(model, turns).compile(checkpointer=saver)
    config = {"configurable": {"thread_id": thread}, "recursion_limit": turns + 5}
    known = (await built.aget_state(config)).values
    first = None if known else {"messages": [HumanMessage(TASK)]}
    await built.ainvoke(first, config, durability=order.variant)


async def main() -> None:
    """Do what is ordered."""
    order = Order.read()
    async with AsyncSqliteSaver.from_conn_string(str(order.folder / "langgraph.db")) as saver:
        warm = Scripted(order.folder / "warm.log", 0.0)
        await talk(saver, order, warm, thread="warm", turns=WARM_TURNS)
        model = Scripted(order.folder / "calls.log", order.latency, order.kill_at)
        meter = Meter()
        await talk(saver, order, model, thread="measured", turns=order.turns)
        meter.tell(order, model)


if __name__ == "__main__":
    asyncio.run(main())
