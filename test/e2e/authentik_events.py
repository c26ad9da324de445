"""Reads events through the published `authentik-client`, as its users do.

Each line of standard input is a request: {"api": URL, "token": JWT, "call": "list" | "retrieve" | "actions" | "volume" | "top", "query":
{parameters}}; a list is read page by page, as its `pagination` says.

Each is answered by a line of standard output: {"answer": ...}, as the client's models have it; or {"error": {"status": ..., "body": ...}} as
its `ApiException` has it. The client checks every answer against its own models, so one that does not fit them ends this program.
"""

import json
import sys

import authentik_client
from authentik_client.exceptions import ApiException


def answer(api, token, call, query):
    configuration = authentik_client.Configuration(host=f"{api}/api/v3", access_token=token)
    with authentik_client.ApiClient(configuration) as client:
        events = authentik_client.EventsApi(client)
        if call == "list":
            return pages(events, query)
        if call == "retrieve":
            return shown(events.events_events_retrieve(**query))
        if call == "actions":
            return [shown(action) for action in events.events_events_actions_list()]
        if call == "volume":
            return [shown(count) for count in events.events_events_volume_list(**query)]
        return [shown(top) for top in events.events_events_top_per_user_list(**query)]


def pages(events, query):
    found, page = [], 1
    while page:
        answer = events.events_events_list(page=int(page), **query)
        found += [shown(event) for event in answer.results]
        page = answer.pagination.next
    return found


def shown(model):
    return json.loads(model.model_dump_json(by_alias=True))


for line in sys.stdin:
    try:
        print(json.dumps({"answer": answer(**json.loads(line))}), flush=True)
    except ApiException as error:
        print(json.dumps({"error": {"status": error.status, "body": error.body}}), flush=True)
