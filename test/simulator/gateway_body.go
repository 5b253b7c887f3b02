package simulator

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"net/http"
	"strings"
)

// maxBodyBytes is the largest body that API Gateway takes: 10 MB, also once it is inflated.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
const maxBodyBytes = 10 << 20

// errBodyTooLarge is a body of more than maxBodyBytes, errCoding one that is not what its
// Content-Encoding says, or is in a coding that API Gateway does not know.
var (
	errBodyTooLarge = errors.New("body is too large")
	errCoding       = errors.New("body is not in a known content coding")
)

// readBody returns the body as the integration gets it: API Gateway inflates it, and
// leaves Content-Encoding as it was. A request without a body has nothing to inflate.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-make-request-with-compressed-payload.html
func readBody(r *http.Request) ([]byte, error) {
	body, err := readLimited(r.Body)
	if err != nil || len(body) == 0 {
		return nil, err
	}
	reader, err := inflater(r.Header.Values("Content-Encoding"), bytes.NewReader(body))
	if err == nil {
		body, err = readLimited(reader)
	}
	if err != nil && !errors.Is(err, errBodyTooLarge) {
		err = errors.Join(errCoding, err)
	}
	return body, err
}

// inflater knows the codings that API Gateway knows: gzip, deflate (which HTTP calls the
// format of zlib) and identity.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-enable-compression.html
func inflater(codings []string, body io.Reader) (io.Reader, error) {
	switch strings.ToLower(strings.Join(codings, ",")) {
	case "", "identity":
		return body, nil
	case "gzip":
		return gzip.NewReader(body)
	case "deflate":
		return zlib.NewReader(body)
	default:
		return nil, errCoding
	}
}

func readLimited(from io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(from, maxBodyBytes+1))
	if err == nil && len(data) > maxBodyBytes {
		return nil, errBodyTooLarge
	}
	return data, err
}
