package validate_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// naive does the same work as a first attempt would: Firehose's event, the record's
// header and the line as structs, the event as a map, all by encoding/json, and the
// same schema engine. It takes one event a record, and finds no duplicate names.
type naive struct{ schemas map[string]*jsonschema.Schema }

func newNaive() naive {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	return naive{map[string]*jsonschema.Schema{"click": compiler.MustCompile("schemas/click.json")}}
}

type naiveEvent struct {
	Records []struct {
		RecordID string `json:"recordId"`
		Data     []byte `json:"data"`
	} `json:"records"`
}

type naiveHeader struct {
	ID         string    `json:"id"`
	ReceivedAt time.Time `json:"received_at"`
	Region     string    `json:"region"`
	RequestID  string    `json:"request_id"`
	IP         string    `json:"ip"`
	UserAgent  string    `json:"ua"`
}

type naiveLine struct {
	ID         string          `json:"id"`
	Type       string          `json:"type"`
	ReceivedAt time.Time       `json:"received_at"`
	Region     string          `json:"region"`
	RequestID  string          `json:"request_id"`
	IP         string          `json:"ip"`
	UserAgent  string          `json:"ua"`
	Event      json.RawMessage `json:"event"`
}

type naiveAnswer struct {
	Records []naiveRecord `json:"records"`
}

type naiveRecord struct {
	RecordID string `json:"recordId"`
	Result   string `json:"result"`
	Data     []byte `json:"data"`
}

func (n naive) invoke(event []byte) ([]byte, error) {
	var batch naiveEvent
	if err := json.Unmarshal(event, &batch); err != nil {
		return nil, err
	}
	var answer naiveAnswer
	for _, r := range batch.Records {
		line, err := n.line(r.Data)
		if err != nil {
			return nil, err
		}
		answer.Records = append(answer.Records, naiveRecord{r.RecordID, "Ok", line})
	}
	return json.Marshal(answer)
}

func (n naive) line(record []byte) ([]byte, error) {
	first, body, _ := bytes.Cut(record, []byte("\n"))
	var h naiveHeader
	if err := json.Unmarshal(first, &h); err != nil {
		return nil, err
	}
	var value map[string]any
	if err := json.Unmarshal(body, &value); err != nil {
		return nil, err
	}
	name, _ := value["type"].(string)
	if n.schemas[name] != nil {
		if err := n.schemas[name].Validate(value); err != nil {
			return nil, errors.New("every event of the benchmark is valid")
		}
	}
	line, err := json.Marshal(naiveLine{h.ID + "/0", name, h.ReceivedAt, h.Region, h.RequestID, h.IP, h.UserAgent, body})
	return append(line, '\n'), err
}
