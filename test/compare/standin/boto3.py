"""Stands in for boto3 where a machine has none: the one call that the chain makes,
signed by hand, over a connection that stays open."""
import datetime
import hashlib
import hmac
import http.client
import io
import os
import ssl
import types


def client(service):
    host = os.environ["AWS_ENDPOINT_URL_" + service.upper()].split("//")[1]
    context = ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE"))
    connection = http.client.HTTPSConnection(host, context=context)

    def invoke(FunctionName, InvocationType, Payload):
        path = "/2015-03-31/functions/%s/invocations" % FunctionName
        headers = signed(service, host, path, Payload)
        headers["X-Amz-Invocation-Type"] = InvocationType
        connection.request("POST", path, Payload, headers)
        response = connection.getresponse()
        payload = io.BytesIO(response.read())
        if response.status != 202:
            raise RuntimeError("invoking %s: status %d" % (FunctionName, response.status))
        return {"StatusCode": response.status, "Payload": payload}

    return types.SimpleNamespace(invoke=invoke)


def signed(service, host, path, body):
    """Headers with a signature of version 4."""
    region, at = os.environ["AWS_REGION"], datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    headers = {"host": host, "x-amz-date": at, "x-amz-security-token": os.environ["AWS_SESSION_TOKEN"]}
    names = ";".join(headers)
    canonical = "\n".join(
        ["POST", path, ""] + ["%s:%s" % pair for pair in headers.items()] + ["", names, hashlib.sha256(body).hexdigest()]
    )
    scope = "/".join((at[:8], region, service, "aws4_request"))
    text = "\n".join(("AWS4-HMAC-SHA256", at, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = ("AWS4" + os.environ["AWS_SECRET_ACCESS_KEY"]).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    headers["Authorization"] = "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s" % (
        os.environ["AWS_ACCESS_KEY_ID"], scope, names, signature,
    )
    return headers
