"""Measures what the relay adds to each chunk of a stream, against a direct connection to the same upstream.

Usage: python benchmarks/relay.py [--streams 300] [--chunks 40] [--gap 1] [--ramp 10] [--rounds 3]

    python benchmarks/relay.py

A scripted upstream, in a process of its own, stamps every chunk with the time at which it sends it. A client,
in another process, notes how old each chunk is when it arrives. `--streams` streams are open at once, first
directly, then through `makery serve` in a third process, `--rounds` times in turn. Prints the median and the
95th percentile of both and the difference of the medians, in milliseconds, how many streams came whole, and
the processor time that the relay used.
"""

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

TOKEN = "benchmark-token"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
HERE = str(Path(__file__).resolve())


class Ages(NamedTuple):
    """How old chunks were when they arrived, in milliseconds, and how many streams came whole."""

    milliseconds: list[float]
    whole: int


def upstream(port: int, chunks: int, gap: float) -> None:
    """Serve the scripted upstream."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                await reader.readexactly(length)
                writer.write(HEAD)
                for _ in range(chunks):
                    delta = {"content": f"{time.monotonic_ns()}"}
                    choice = {"index": 0, "delta": delta, "finish_reason": None}
                    chunk = {
                        "id": "1",
                        "object": "chat.completion.chunk",
                        "created": 1,
                        "model": "m",
                        "choices": [choice],
                    }
                    write(writer, f"data: {json.dumps(chunk)}\n\n".encode())
                    await writer.drain()
                    await asyncio.sleep(gap)
                write(writer, b"data: [DONE]\n\n")
                writer.write(b"0\r\n\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def write(writer: asyncio.StreamWriter, data: bytes) -> None:
        writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    async def main() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", port, backlog=2048)
        await server.serve_forever()

    asyncio.run(main())


async def watch(url: str, streams: int, chunks: int, ramp: float) -> Ages:
    """Open all streams and note the age of every chunk."""
    body = json.dumps({"model": "m", "messages": [], "stream": True}).encode()
    host, _, rest = url.removeprefix("http://").partition("/")
    name, _, port = host.partition(":")
    head = (
        f"POST /{rest}/chat/completions HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {TOKEN}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    ages: list[float] = []

    async def one(delay: float) -> bool:
        await asyncio.sleep(delay)
        reader, writer = await asyncio.open_connection(name, int(port))
        writer.write(head.encode() + body)
        seen, said = 0, b""
        while True:
            line = await reader.readline()
            said += line if len(said) < 2000 else b""
            if line.startswith(b"data: {"):
                sent = int(line.split(b'"content": "')[1].split(b'"')[0])
                ages.append((time.monotonic_ns() - sent) / 1e6)
                seen += 1
            if not line or line.startswith(b"data: [DONE]"):
                break
        writer.close()
        if seen != chunks:
            print(f"  a stream ended after {seen} chunks: {said[-300:]!r}", file=sys.stderr)
        return seen == chunks

    whole = await asyncio.gather(*(one(ramp * number / streams) for number in range(streams)))
    return Ages(ages, sum(whole))


def free_port() -> int:
    """Give a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(command: list[str], port: int, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block ends."""
    process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    try:
        for _ in range(3000):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        else:
            raise SystemExit(f"{command} did not start")
        yield process
    finally:
        process.terminate()
        process.wait(30)


def processor_seconds(process: int) -> float:
    """Give the processor time that a process has used; it tells more than the clock on a busy machine."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def told(name: str, ages: Ages) -> str:
    """Say what was measured in a line."""
    ordered = sorted(ages.milliseconds)
    p95 = ordered[int(0.95 * len(ordered))]
    return (
        f"{name}: median {statistics.median(ordered):.2f} ms, 95 % {p95:.2f} ms, {ages.whole} streams whole"
    )


def measure(streams: int, chunks: int, gap: float, rounds: int, ramp: float) -> None:
    """Measure and print."""
    up, relay = free_port(), free_port()
    script = [sys.executable, HERE, "--upstream", str(up), "--chunks", str(chunks), "--gap", str(gap)]
    with tempfile.TemporaryDirectory() as home:
        settings = {
            "MAKERY_HOME": home,
            "MAKERY_SERVER__TOKEN": TOKEN,
            "MAKERY_SERVER__REQUESTS_PER_MINUTE": "100000",
            "MAKERY_RELAY__UPSTREAMS__ONE__BASE_URL": f"http://127.0.0.1:{up}/v1",
        }
        serve = [sys.executable, "-m", "makery.interfaces.cli.main", "serve", "--port", str(relay)]
        with running(script, up, {}), running(serve, relay, settings) as server:
            for number in range(rounds):
                direct = asyncio.run(watch(f"http://127.0.0.1:{up}/v1", streams, chunks, ramp))
                before = processor_seconds(server.pid)
                passed = asyncio.run(watch(f"http://127.0.0.1:{relay}/relay/v1", streams, chunks, ramp))
                used = processor_seconds(server.pid) - before
                print(f"round {number + 1}")
                print(told("  direct", direct))
                print(told("  relay ", passed))
                added = statistics.median(passed.milliseconds) - statistics.median(direct.milliseconds)
                print(f"  added a chunk, at the median: {added:.2f} ms")
                print(f"  processor time of the relay a chunk: {1000 * used / (streams * chunks):.3f} ms")


def main() -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--streams", type=int, default=300)
    parser.add_argument("--chunks", type=int, default=40)
    parser.add_argument("--gap", type=float, default=1.0, help="seconds between two chunks of a stream")
    parser.add_argument("--ramp", type=float, default=10, help="seconds over which the streams are opened")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--upstream", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.upstream:
        upstream(given.upstream, given.chunks, given.gap)
    else:
        measure(given.streams, given.chunks, given.gap, given.rounds, given.ramp)


if __name__ == "__main__":
    main()
