package ingest

// retryAfter is how many seconds a refused client is asked to wait: a brown-out of
// Firehose lasts seconds, and a fleet of clients must not come back at once.
const retryAfter = "5"

// acknowledge answers 200 with the ingest id: the record is stored. headers are what
// origins says to the client, without the comma at their end.
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
