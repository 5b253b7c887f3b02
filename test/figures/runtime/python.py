"""Stands in for Lambda's Python runtime, which is not installed outside Lambda: the loop over
the Runtime API. HANDLER is the path of a handler's source."""
import http.client
import importlib.util
import json
import os
import traceback

spec = importlib.util.spec_from_file_location("handler", os.environ["HANDLER"])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)

api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])


def call(method, path, body=None):
    api.request(method, "/2018-06-01/runtime/" + path, body)
    response = api.getresponse()
    return response.getheader("Lambda-Runtime-Aws-Request-Id"), response.read()


while True:
    request, event = call("GET", "invocation/next")
    try:
        answer = json.dumps(module.handler(json.loads(event), None))
    except Exception as error:
        failure = {"errorType": type(error).__name__, "errorMessage": traceback.format_exc()}
        call("POST", "invocation/%s/error" % request, json.dumps(failure))
    else:
        call("POST", "invocation/%s/response" % request, answer)
