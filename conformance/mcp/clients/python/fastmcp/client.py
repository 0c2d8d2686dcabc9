"""As FastMCP's page "OAuth Authentication": auth="oauth". The browser is a command that prints the URL."""

import asyncio
import os
import sys

os.environ["BROWSER"] = "echo %s"
os.environ["FASTMCP_LOG_LEVEL"] = "WARNING"

from fastmcp import Client


async def main(url: str) -> None:
    async with Client(url, auth="oauth") as client:
        print([tool.name for tool in await client.list_tools()])


asyncio.run(main(sys.argv[1]))
