package ingest

// The headers of every answer: what the contract promises, and that no cache or
// sniffing browser may make more of it.
const headers = `"headers":{"Content-Type":"application/json","Access-Control-Allow-Origin":"*",` +
	`"Cache-Control":"no-store","X-Content-Type-Options":"nosniff"`

// retryAfter is how many seconds a refused client is asked to wait: a brown-out of
// Firehose lasts seconds, and a fleet of clients must not come back at once.
const retryAfter = "5"

const acknowledged = `{"statusCode":200,` + headers + `},"body":"{\"id\":\"`

// acknowledge answers 200 with the ingest id: the record is stored.
func acknowledge(id string) []byte {
	answer := make([]byte, 0, len(acknowledged)+len(id)+len(`\"}"}`))
	answer = append(answer, acknowledged...)
	answer = append(answer, id...)
	return append(answer, `\"}"}`...)
}

// refuse answers 503: the record is not stored, and the client may try again.
func refuse() []byte {
	return []byte(`{"statusCode":503,` + headers + `,"Retry-After":"` + retryAfter +
		`"},"body":"{\"error\":\"unstored\",\"message\":\"the event could not be stored, try again\"}"}`)
}
