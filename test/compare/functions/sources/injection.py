"""Wiring 1: takes a request and hands it to the validation function.

The invocation is asynchronous; one client serves the environment. The record is
lambdas/record's: a header line, then the body as it came.
"""
import base64
import datetime
import json
import os
import time

import boto3

functions = boto3.client("lambda")


def new_id():
    """A UUIDv7: milliseconds, then random bits."""
    value = time.time_ns() // 1_000_000 << 80 | int.from_bytes(os.urandom(10), "big")
    text = "%032x" % (value & ~(0xF << 76) & ~(3 << 62) | 7 << 76 | 2 << 62)
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def handler(event, context):
    body = (event.get("body") or "").encode()
    if event.get("isBase64Encoded"):
        body = base64.b64decode(body)
    id = new_id()
    at = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    header = {"v": 1, "id": id, "received_at": at, "bytes": len(body)}
    record = json.dumps(header, separators=(",", ":")).encode() + b"\n" + body
    batch = {"records": [{"recordId": id, "data": base64.b64encode(record).decode()}]}
    queued = functions.invoke(
        FunctionName=os.environ["VALIDATION_FUNCTION"], InvocationType="Event", Payload=json.dumps(batch).encode()
    )
    queued["Payload"].read()  # nothing, but only then is the connection used again
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"},
        "body": json.dumps({"id": id}, separators=(",", ":")),
    }
