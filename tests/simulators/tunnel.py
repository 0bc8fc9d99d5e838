"""python -m tests.simulators.tunnel PORT: an HTTP proxy that takes *.freshdesk.com:443 to a port of this machine.

Clients that know Freshdesk's address by heart reach the simulator through it without being changed: by the proxy and
the trusted certificate that every HTTP library lets its user set.
"""

from __future__ import annotations

import asyncio
import sys

_REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def serve(target: int) -> None:
    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split()
        except asyncio.IncompleteReadError:
            writer.close()
            return
        if head[0] != "CONNECT" or not head[1].endswith(".freshdesk.com:443"):
            writer.write(_REFUSED)
            writer.close()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", target)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))

    server = await asyncio.start_server(tunnel, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
