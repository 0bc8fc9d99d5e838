"""A simulated service that calls a URL of somebody's."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

_PATIENCE = 10.0  # seconds


def target_of(url: str) -> SplitResult:
    """Raises ValueError for what cannot be called."""
    target = urlsplit(url)
    if target.scheme != "http":
        raise ValueError("url is an http:// address")
    return target


async def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """The status of the answer to JSON; 0 when there was none."""
    target = target_of(url)
    told = {"Host": target.netloc, "Content-Type": "application/json", "Content-Length": str(len(body))} | dict(headers)
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    path = (target.path or "/") + (f"?{target.query}" if target.query else "")
    try:
        async with asyncio.timeout(_PATIENCE):
            reader, writer = await asyncio.open_connection(target.hostname, target.port or 80)
            try:
                writer.write(f"POST {path} HTTP/1.1\r\n{head}Connection: close\r\n\r\n".encode() + body)
                await writer.drain()
                return int((await reader.readline()).split()[1])
            finally:
                writer.close()
    except (OSError, TimeoutError, ValueError, IndexError):
        return 0
