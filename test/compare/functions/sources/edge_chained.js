
// Wiring 3: hands the request to the validation function, asynchronously. One client
// serves the environment.
const { LambdaClient, InvokeCommand } = require("@aws-sdk/client-lambda");

const functions = new LambdaClient({ region: "@REGION@" });

exports.handler = async (event) => {
  const id = newID();
  const data = recordOf(id, bodyOf(event.Records[0].cf.request)).toString("base64");
  await functions.send(
    new InvokeCommand({
      FunctionName: "@FUNCTION@",
      InvocationType: "Event",
      Payload: JSON.stringify({ records: [{ recordId: id, data }] }),
    }),
  );
  return answer(id);
};
