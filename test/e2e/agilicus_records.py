"""Reads audit records back through the published `agilicus` client, as its users do.

Each line of standard input is a request: {"api": URL, "token": JWT, "stream": NAME, "query": {parameters}, "paging": bool};
with paging, all pages are read by the client's own `auto_paging_iter` (from 1.445 on).

Each is answered by a line of standard output: {"records": [...]}, each record with the fields that the client has of it and `time` in
RFC 3339; or {"error": {"status": ..., "body": ..., "headers": ...}} as the client's `ApiException` tells it, or {"refused": text} where the
client itself says that an endpoint cannot be paged so.

The client checks every answer against its own models (`_check_return_type` is on by default), so an answer that does not fit
them ends this program with the client's complaint.
"""

import datetime
import json
import sys

import agilicus


def as_text(value):
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    raise TypeError(f"the client gave a {type(value).__name__}")


METHODS = {"auth_audits": "list_auth_records", "audits": "list_audits"}


def records(api, token, stream, query, paging):
    configuration = agilicus.Configuration(host=api, access_token=token)
    with agilicus.ApiClient(configuration) as client:
        list_records = getattr(agilicus.AuditsApi(client), METHODS[stream])
        found = list_records.auto_paging_iter(**query) if paging else getattr(list_records(**query), stream)
        return [record.to_dict() for record in found]


def answer(request):
    try:
        return {"records": records(**request)}
    except agilicus.ApiException as error:
        return {"error": {"status": error.status, "body": error.body, "headers": dict(error.headers)}}
    except NotImplementedError as error:
        return {"refused": str(error)}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line)), default=as_text), flush=True)
