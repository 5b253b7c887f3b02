package ingest

// The headers of every answer besides those of CORS: what the contract promises, and
// that no cache or sniffing browser may make more of it.
const headers = `"Content-Type":"application/json","Cache-Control":"no-store","X-Content-Type-Options":"nosniff"`

// retryAfter is how many seconds a refused client is asked to wait: a brown-out of
// Firehose lasts seconds, and a fleet of clients must not come back at once.
const retryAfter = "5"

// acknowledge answers 200 with the ingest id: the record is stored. cors is what
// origins says to the client.
func acknowledge(cors, id string) []byte {
	const begin, middle, end = `{"statusCode":200,"headers":{`, headers + `},"body":"{\"id\":\"`, `\"}"}`
	answer := make([]byte, 0, len(begin)+len(cors)+len(middle)+len(id)+len(end))
	answer = append(answer, begin...)
	answer = append(answer, cors...)
	answer = append(answer, middle...)
	answer = append(answer, id...)
	return append(answer, end...)
}

// refuse answers 503: the record is not stored, and the client may try again.
func refuse(cors string) []byte {
	return []byte(`{"statusCode":503,"headers":{` + cors + headers + `,"Retry-After":"` + retryAfter +
		`"},"body":"{\"error\":\"unstored\",\"message\":\"the event could not be stored, try again\"}"}`)
}
