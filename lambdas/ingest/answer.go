package ingest

// retryAfter is how many seconds a refused client is asked to wait. A brown-out of
// Firehose lasts seconds, and clients must not all come back at once.
const retryAfter = "5"

// acknowledge answers 200 with the ingest id. headers are those of origins.
func acknowledge(headers, id string) []byte {
	const begin, middle, end = `{"statusCode":200,"headers":{`, `},"body":"{\"id\":\"`, `\"}"}`
	answer := make([]byte, 0, len(begin)+len(headers)+len(middle)+len(id)+len(end))
	answer = append(answer, begin...)
	answer = append(answer, headers...)
	answer = append(answer, middle...)
	answer = append(answer, id...)
	return append(answer, end...)
}

// refuse answers 503: the record is not stored, and the client may try again.
func refuse(headers string) []byte {
	return []byte(`{"statusCode":503,"headers":{` + headers + `,"Retry-After":"` + retryAfter +
		`"},"body":"{\"error\":\"unstored\",\"message\":\"the event could not be stored, try again\"}"}`)
}
