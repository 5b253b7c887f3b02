// Command floor is the least that a custom runtime can be: one connection to the
// Runtime API, no HTTP library, a constant answer. Nothing can answer sooner, whether
// it stores before or behind its answer. With PUT it first writes a constant put without a
// signature, over one TLS connection: what storing costs at least.
package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"strconv"
	"strings"
)

const answer = `{"statusCode":200,"headers":{"Content-Type":"application/json"},"body":"{}"}`

func main() {
	api := os.Getenv("AWS_LAMBDA_RUNTIME_API")
	conn, err := net.Dial("tcp", api)
	if err != nil {
		log.Fatal(err)
	}
	in := bufio.NewReader(conn)
	put := func() error { return nil }
	if os.Getenv("PUT") != "" {
		if put, err = putter(os.Getenv("AWS_ENDPOINT_URL_FIREHOSE")); err != nil {
			log.Fatal(err)
		}
	}
	const path = "/2018-06-01/runtime/invocation/"
	for {
		if _, err := fmt.Fprintf(conn, "GET %snext HTTP/1.1\r\nHost: %s\r\n\r\n", path, api); err != nil {
			log.Fatal(err)
		}
		id, err := read(in)
		if err != nil {
			log.Fatal(err)
		}
		if err := put(); err != nil {
			log.Fatal(err)
		}
		if _, err := fmt.Fprintf(conn, "POST %s%s/response HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n%s",
			path, id, api, len(answer), answer); err != nil {
			log.Fatal(err)
		}
		if _, err := read(in); err != nil {
			log.Fatal(err)
		}
	}
}

// putter returns what writes a put and reads its answer.
func putter(endpoint string) (put func() error, err error) {
	address := strings.TrimPrefix(endpoint, "https://")
	conn, err := tls.Dial("tcp", address, nil)
	if err != nil {
		return nil, err
	}
	body := `{"DeliveryStreamName":"events","Record":{"Data":"` + strings.Repeat("eHh4", 300) + `"}}`
	request := fmt.Appendf(nil,
		"POST / HTTP/1.1\r\nHost: %s\r\nX-Amz-Target: Firehose_20150804.PutRecord\r\nContent-Length: %d\r\n\r\n%s",
		address, len(body), body)
	in := bufio.NewReader(conn)
	return func() error {
		if _, err := conn.Write(request); err != nil {
			return err
		}
		_, err := read(in)
		return err
	}, nil
}

// read reads one answer of the API and returns the invocation's id, if it names one.
func read(in *bufio.Reader) (id string, err error) {
	length := 0
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return "", err
		}
		name, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), ": ")
		switch strings.ToLower(name) {
		case "content-length":
			length, _ = strconv.Atoi(value)
		case "transfer-encoding":
			return "", fmt.Errorf("transfer encoding %s is not for the floor", value)
		case "lambda-runtime-aws-request-id":
			id = value
		case "":
			_, err := io.CopyN(io.Discard, in, int64(length))
			return id, err
		}
	}
}
