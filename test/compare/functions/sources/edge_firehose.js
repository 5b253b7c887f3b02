
// Wiring 4: puts the request on the stream. One client serves the environment.
const { FirehoseClient, PutRecordCommand } = require("@aws-sdk/client-firehose");

const firehose = new FirehoseClient({ region: "@REGION@" });

exports.handler = async (event) => {
  const id = newID();
  const Data = recordOf(id, bodyOf(event.Records[0].cf.request));
  await firehose.send(new PutRecordCommand({ DeliveryStreamName: "@STREAM@", Record: { Data } }));
  return answer(id);
};
