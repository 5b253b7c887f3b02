// Stands in for Lambda's Node runtime, which is not installed outside Lambda: the loop over the
// Runtime API. HANDLER is the path of a handler's source.
const http = require("http");
const { handler } = require(process.env.HANDLER);

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host, port, agent, method, path: "/2018-06-01/runtime/" + path }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => resolve({ headers: response.headers, text: Buffer.concat(chunks).toString() }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

async function main() {
  for (;;) {
    const { headers, text } = await call("GET", "invocation/next");
    const invocation = "invocation/" + headers["lambda-runtime-aws-request-id"];
    try {
      await call("POST", invocation + "/response", JSON.stringify(await handler(JSON.parse(text))));
    } catch (error) {
      await call("POST", invocation + "/error", JSON.stringify({ errorType: error.name, errorMessage: String(error.stack) }));
    }
  }
}

main();
