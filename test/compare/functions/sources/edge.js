// What the functions at the edge have in common. Lambda@Edge gives them no environment
// variables: what they must know stands in their source.
const crypto = require("crypto");

// A UUIDv7: milliseconds, then random bits.
function newID() {
  const bytes = crypto.randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

// The body of a request, of which Lambda@Edge shows a viewer's first 40 KB.
function bodyOf(request) {
  const { data = "", encoding } = request.body || {};
  return Buffer.from(data, encoding === "base64" ? "base64" : "utf8");
}

// The record of lambdas/record: a header line, then the body as it came.
function recordOf(id, body) {
  const header = { v: 1, id, received_at: new Date().toISOString(), bytes: body.length };
  return Buffer.concat([Buffer.from(JSON.stringify(header) + "\n"), body]);
}

function answer(id) {
  return {
    status: "200",
    headers: {
      "content-type": [{ key: "Content-Type", value: "application/json" }],
      "access-control-allow-origin": [{ key: "Access-Control-Allow-Origin", value: "*" }],
    },
    body: JSON.stringify({ id }),
  };
}
