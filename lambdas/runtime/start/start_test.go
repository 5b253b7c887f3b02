package start_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"global-ingest/lambdas/runtime/start"
)

// Lambda filters JSON log lines by these two keys, and only when both are there.
func TestLinesCarryTimestampAndLevel(t *testing.T) {
	var out bytes.Buffer
	start.Logger(&out, "").Info("hello")
	var line map[string]string
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if line["timestamp"] == "" || line["level"] != "INFO" {
		t.Errorf("line is %s", out.String())
	}
}

func TestLevelIsTheFunctionsSetting(t *testing.T) {
	var out bytes.Buffer
	start.Logger(&out, "ERROR").Warn("hello")
	if out.Len() > 0 {
		t.Errorf("below the level, but written: %s", out.String())
	}
}

func TestAnUnknownLevelIsInfo(t *testing.T) {
	for _, level := range []string{"", "LOUD", "ERROR+much"} {
		var out bytes.Buffer
		log := start.Logger(&out, level)
		log.Debug("hidden")
		log.Info("hello")
		if got := bytes.Count(out.Bytes(), []byte("\n")); got != 1 {
			t.Errorf("level %q writes %s", level, &out)
		}
	}
}
