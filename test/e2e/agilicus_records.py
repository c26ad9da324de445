"""Reads audit records back through the published `agilicus` client, as its users do.

Each line of standard input is a request: {"api": URL, "token": JWT, "stream": NAME, "query": {parameters of the client's method}}.
Each is answered by a line of standard output: the records as a JSON array, each with the fields that the client has of it, and
`time` in RFC 3339.

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


def records(api, token, stream, query):
    configuration = agilicus.Configuration(host=api, access_token=token)
    with agilicus.ApiClient(configuration) as client:
        answer = getattr(agilicus.AuditsApi(client), METHODS[stream])(**query)
    return [record.to_dict() for record in getattr(answer, stream)]


for line in sys.stdin:
    print(json.dumps(records(**json.loads(line)), default=as_text), flush=True)
