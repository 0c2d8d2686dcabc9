"""As the SDK's page "OAuth clients": a store in memory, a redirect handler and a callback handler."""

import asyncio
import sys
from pathlib import Path

import httpx2
from pydantic import AnyUrl

from mcp import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken

sys.path.append(str(Path(__file__).parent.parent))
from listener import Listener


class InMemoryTokenStorage:
    tokens: OAuthToken | None = None
    client_info: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client_info

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client_info = client_info


async def main(url: str) -> None:
    listener = Listener()
    redirect = await listener.start()

    async def print_url(authorization_url: str) -> None:
        print(authorization_url, flush=True)

    async def wait_for_callback() -> AuthorizationCodeResult:
        parameters = await listener.next()
        return AuthorizationCodeResult(
            code=parameters["code"][0],
            state=parameters["state"][0],
            iss=parameters["iss"][0] if "iss" in parameters else None,
        )

    oauth = OAuthClientProvider(
        server_url=url,
        client_metadata=OAuthClientMetadata(
            client_name="mcp", redirect_uris=[AnyUrl(redirect)], token_endpoint_auth_method="none"
        ),
        storage=InMemoryTokenStorage(),
        redirect_handler=print_url,
        callback_handler=wait_for_callback,
    )
    async with httpx2.AsyncClient(auth=oauth, follow_redirects=True) as http_client:
        async with Client(streamable_http_client(url, http_client=http_client)) as client:
            print([tool.name for tool in (await client.list_tools()).tools])


asyncio.run(main(sys.argv[1]))
