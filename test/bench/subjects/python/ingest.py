"""Ingest in the shape of the article's first version: Python and boto3.

With CLIENT=call each request makes its own client, as many functions do by accident;
with CLIENT=once one client serves the sandbox.
"""
import base64
import json
import os

import boto3


def client():
    return boto3.client("firehose", region_name=os.environ["AWS_REGION"])


shared = None if os.environ["CLIENT"] == "call" else client()


def handler(event, context):
    body = event.get("body") or ""
    if event.get("isBase64Encoded"):
        body = base64.b64decode(body).decode("utf-8", "replace")
    record = {"id": event["requestContext"]["requestId"], "ip": event["requestContext"]["identity"]["sourceIp"], "body": body}
    (shared or client()).put_record(
        DeliveryStreamName=os.environ["EVENTS_STREAM"], Record={"Data": json.dumps(record).encode() + b"\n"}
    )
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": "{}"}
