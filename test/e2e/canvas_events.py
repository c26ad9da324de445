"""Reads authentication events through the published `canvasapi` client, as its users do.

Each line of standard input is a request: {"api": URL, "token": JWT, "owner": "account" | "user" | "login", "id": text, "query": {parameters}}.

Each is answered by a line of standard output: {"events": [...]}, each event with its members and the times that the client made of them; or
{"error": {"type": ..., "text": ...}} as the client raises it.
"""

import json
import sys
from urllib.parse import quote

import canvasapi
from canvasapi.account import Account
from canvasapi.exceptions import CanvasException
from canvasapi.login import Login
from canvasapi.requester import Requester
from canvasapi.user import User

OWNERS = {"account": Account, "user": User, "login": Login}


def events(api, token, owner, id, query):
    # The client puts the id into the address as it is.
    of = OWNERS[owner](Requester(api, token), {"id": quote(id, safe="")})
    found = of.get_authentication_events(**query)
    # It can't find the list in a compound document by itself (its issue 533).
    found._root = "events"
    return [
        {**{name: getattr(event, name) for name in NAMES}, "created_at_date": event.created_at_date.isoformat(), "text": str(event)}
        for event in found
    ]


NAMES = ["id", "created_at", "event_type", "pseudonym_id", "account_id", "user_id", "links"]


def answer(request):
    try:
        return {"events": events(**request)}
    except CanvasException as error:
        return {"error": {"type": type(error).__name__, "text": str(error)}}


assert canvasapi.__version__ == "3.6.0"
for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
