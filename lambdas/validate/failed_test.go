package validate_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"global-ingest/lambdas/validate"
)

func TestUnreadableRecordsFailAlone(t *testing.T) {
	l := newLab(t, config())
	good := sent("a", click)
	got := l.invoke(t,
		good,
		[]byte("SECRET{}"),
		nil,
		good[:len(good)-1],
		append(sent("b", "no"), "SECRET\n"...),
		[]byte(`{"v":1,"id":"x","received_at":"SECRET","bytes":0}`+"\n"),
		good,
	)
	var results []string
	for _, r := range got {
		results = append(results, r.Result)
	}
	want := []string{
		"Ok", "ProcessingFailed", "ProcessingFailed", "ProcessingFailed", "ProcessingFailed", "ProcessingFailed", "Ok",
	}
	if diff := cmp.Diff(want, results); diff != "" {
		t.Error(diff)
	}
	if len(l.rows) > 0 {
		t.Errorf("a failed record's rejects were put: %s", l.rows)
	}
	if logs := l.logs.String(); strings.Contains(logs, "SECRET") || strings.Count(logs, "\n") != 5 ||
		!strings.Contains(logs, "record-3") {
		t.Errorf("logs are %s", logs)
	}
}

func TestDataThatIsNoBase64FailsAlone(t *testing.T) {
	l := newLab(t, config())
	text, err := l.Invoke(
		context.Background(),
		[]byte(
			`{"records":[{"recordId":"1","data":"%%"},{"recordId":"2"},{"data":null,"recordId":"3"},{"recordId":"4","data":"`+
				`eyJ2IjoxLCJpZCI6ImEiLCJyZWNlaXZlZF9hdCI6IjIwMjYtMTEtMjNUMTA6MDA6MDBaIiwiYnl0ZXMiOjJ9Cnt9"}],"x":{"records":[]}}`,
		),
	)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"records":[{"recordId":"1","result":"ProcessingFailed"},{"recordId":"2","result":"ProcessingFailed"},` +
		`{"recordId":"3","result":"ProcessingFailed"},{"recordId":"4","result":"Ok","data":"`
	if !strings.HasPrefix(string(text), want) {
		t.Errorf("answer is %s", text)
	}
}

func TestRecordIDsComeBackAsTheyAre(t *testing.T) {
	l := newLab(t, config())
	const long = `"49578734086442259037497492980620233840400173390482112514000000"`
	for _, id := range []string{long, `"a\/\"\u00e9é"`, `""`} {
		text, err := l.Invoke(context.Background(), []byte(`{"records":[{"recordId":`+id+`,"data":""}]}`))
		if want := `{"records":[{"recordId":` + id + `,"result":"ProcessingFailed"}]}`; err != nil || string(text) != want {
			t.Errorf("answer is %s, error %v, want %s", text, err, want)
		}
	}
}

func TestWhatIsNoBatchIsAnError(t *testing.T) {
	l := newLab(t, config())
	for _, event := range []string{
		``, `{}`, `[]`, `{"records":{}}`, `{"records":[1]}`, `{"records":[{"data":""}]}`,
		`{"records":[{"recordId":1,"data":""}]}`, `{"records":[{"recordId":"1","data":""}`,
	} {
		if answer, err := l.Invoke(context.Background(), []byte(event)); err == nil {
			t.Errorf("%s is answered %s", event, answer)
		}
	}
	answer, err := l.Invoke(context.Background(), []byte(`{"records":[]}`))
	if err != nil || string(answer) != `{"records":[]}` {
		t.Errorf("an empty batch is answered %s, error %v", answer, err)
	}
}

func TestAPanicCostsOneRecord(t *testing.T) {
	l := newLab(t, config())
	// Without schemas, every event that gets so far panics.
	l.Handler = validate.New(config(), nil, l, l, &l.metrics, slog.New(slog.NewJSONHandler(&l.logs, nil)))
	got := l.invoke(t, sent("a", "no"), sent("b", "no\n"+`{"type":"SECRET"}`), sent("c", "no"))
	if got[0].Result != "Dropped" || got[1].Result != "ProcessingFailed" || got[2].Result != "Dropped" {
		t.Errorf("answers are %v", got)
	}
	if len(l.rows) != 2 {
		t.Errorf("%d rejects, want those of the two others", len(l.rows))
	}
	logs := l.logs.String()
	if !strings.Contains(logs, "panic: runtime error: invalid memory address") || strings.Contains(logs, "SECRET") {
		t.Errorf("logs are %s", logs)
	}
}
