"""Ingest in the shape of the article's first version: Python and boto3.

With CLIENT=call each request makes its own client, as many functions do by accident;
with CLIENT=once one client serves the environment. The runtime loop is ours, a plain http.client,
because Lambda's own is not installed outside Lambda.
"""
import base64
import http.client
import json
import os

import boto3


def client():
    return boto3.client("firehose", region_name=os.environ["AWS_REGION"])


shared = None if os.environ["CLIENT"] == "call" else client()


def handle(event):
    body = event.get("body") or ""
    if event.get("isBase64Encoded"):
        body = base64.b64decode(body).decode("utf-8", "replace")
    record = {"id": event["requestContext"]["requestId"], "ip": event["requestContext"]["identity"]["sourceIp"], "body": body}
    (shared or client()).put_record(
        DeliveryStreamName=os.environ["EVENTS_STREAM"], Record={"Data": json.dumps(record).encode() + b"\n"}
    )
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": "{}"}


def main():
    api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    while True:
        api.request("GET", "/2018-06-01/runtime/invocation/next")
        response = api.getresponse()
        request = response.getheader("Lambda-Runtime-Aws-Request-Id")
        answer = json.dumps(handle(json.loads(response.read())))
        api.request("POST", "/2018-06-01/runtime/invocation/%s/response" % request, answer)
        api.getresponse().read()


main()
