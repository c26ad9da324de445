"""Reads the System Log through Okta's published client for Python, as its users do.

Each line of standard input is a request: {"api": URL, "token": JWT, "query": {parameters}}; it follows the links until a page is empty or
has none.

Each is answered by a line of standard output: {"events": [...]}, each as the client's `LogEvent` has it; or {"error": text} as the client
tells it. The client checks every answer against its own models, so one that does not fit them ends this program.
"""

import asyncio
import json
import os
import sys
from urllib.parse import parse_qs, urlparse

from okta.client import Client
from requests.utils import parse_header_links

# The stack has no certificate.
os.environ["OKTA_TESTING_TESTINGDISABLEHTTPSCHECK"] = "true"


async def events(api, token, query):
    config = {"orgUrl": api, "token": token, "rateLimit": {"maxRetries": 0}}
    found = []
    async with Client(config) as client:
        while True:
            page, response, error = await client.list_log_events(**query)
            if error is not None:
                return {"error": str(error)}
            found += [json.loads(event.model_dump_json(by_alias=True)) for event in page]
            after = next_after(response.headers)
            if not page or after is None:
                return {"events": found}
            query = {**query, "after": after}


def next_after(headers):
    links = parse_header_links({name.lower(): value for name, value in headers.items()}["link"])
    addresses = [link["url"] for link in links if link["rel"] == "next"]
    return parse_qs(urlparse(addresses[0]).query)["after"][0] if addresses else None


for line in sys.stdin:
    print(json.dumps(asyncio.run(events(**json.loads(line)))), flush=True)
