"""The loopback listener, which the SDK leaves to the application. It judges nothing."""

import asyncio
from urllib.parse import parse_qs, urlsplit


class Listener:
    async def start(self) -> str:
        self.arrived: asyncio.Queue[dict[str, list[str]]] = asyncio.Queue()
        server = await asyncio.start_server(self.answer, "127.0.0.1", 0)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/callback"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        target = urlsplit((await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode())
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nYou can close this window.")
        writer.close()
        if target.path == "/callback":
            self.arrived.put_nowait(parse_qs(target.query))

    async def next(self) -> dict[str, list[str]]:
        """The parameters of the next callback."""
        return await self.arrived.get()
