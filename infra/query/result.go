package query

import (
	"encoding/json"
	"regexp"
)

// Result is what a query answers. A cell is nil where SQL says NULL.
type Result struct {
	Columns []Column
	Rows    [][]*string
}

// Names are the columns'.
func (r Result) Names() []string {
	names := make([]string, len(r.Columns))
	for i, c := range r.Columns {
		names[i] = c.Name
	}
	return names
}

// Texts are the rows with a text for NULL.
func (r Result) Texts(null string) [][]string {
	rows := make([][]string, len(r.Rows))
	for i, row := range r.Rows {
		for _, cell := range row {
			text := null
			if cell != nil {
				text = *cell
			}
			rows[i] = append(rows[i], text)
		}
	}
	return rows
}

// plainJSON are the types whose text is JSON, by DuckDB's names and Athena's, and
// jsonNumber what such text must be: SQL has NaN and Infinity too.
var (
	plainJSON  = regexp.MustCompile(`(?i)^(boolean|(u?(tiny|small|big|huge)?int(eger)?)|float|real|double|decimal.*)$`)
	jsonNumber = regexp.MustCompile(`^(true|false|-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?)$`)
)

// JSON returns a cell of the column.
func (c Column) JSON(cell *string) ([]byte, error) {
	if cell != nil && plainJSON.MatchString(c.Type) && jsonNumber.MatchString(*cell) {
		return []byte(*cell), nil
	}
	return json.Marshal(cell)
}
