package figures

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
)

// Drawing is a picture in SVG. Attributes are those of the element, such as `fill="red"`.
type Drawing struct {
	svg strings.Builder
}

// NewDrawing returns an empty picture on a background.
func NewDrawing(width, height int, attributes, background string) *Drawing {
	d := &Drawing{}
	fmt.Fprintf(&d.svg, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" %s>`+"\n", width, height,
		attributes)
	fmt.Fprintf(&d.svg, `<rect width="100%%" height="100%%" fill="%s"/>`+"\n", background)
	return d
}

// Rect draws a rectangle from its upper left corner.
func (d *Drawing) Rect(x, y, width, height float64, attributes string) {
	fmt.Fprintf(&d.svg, `<rect x="%s" y="%s" width="%s" height="%s" %s/>`+"\n", unit(x), unit(y), unit(width),
		unit(height), attributes)
}

// Line draws a vertical or horizontal line.
func (d *Drawing) Line(x1, y1, x2, y2 float64, attributes string) {
	fmt.Fprintf(&d.svg, `<line x1="%s" y1="%s" x2="%s" y2="%s" %s/>`+"\n", unit(x1), unit(y1), unit(x2), unit(y2),
		attributes)
}

// Dot draws a filled circle around its centre.
func (d *Drawing) Dot(x, y, radius float64, attributes string) {
	fmt.Fprintf(&d.svg, `<circle cx="%s" cy="%s" r="%s" %s/>`+"\n", unit(x), unit(y), unit(radius), attributes)
}

// Text writes text whose baseline is at y.
func (d *Drawing) Text(x, y float64, attributes, text string) {
	place := strings.TrimSpace(fmt.Sprintf(`x="%s" y="%s" %s`, unit(x), unit(y), attributes))
	fmt.Fprintf(&d.svg, "<text %s>%s</text>\n", place, html.EscapeString(text))
}

// Key is an entry of a legend.
type Key struct{ Colour, Name string }

// Legend writes what each colour stands for, after a title.
func (d *Drawing) Legend(x, y float64, title string, keys []Key) {
	fmt.Fprintf(&d.svg, `<text x="%s" y="%s">%s`, unit(x), unit(y), html.EscapeString(title))
	for _, k := range keys {
		fmt.Fprintf(&d.svg, ` <tspan fill="%s">■</tspan> %s`, k.Colour, html.EscapeString(k.Name))
	}
	d.svg.WriteString("</text>\n")
}

// Bytes returns the finished picture.
func (d *Drawing) Bytes() []byte { return []byte(d.svg.String() + "</svg>\n") }

// Save writes the finished picture to a file.
func (d *Drawing) Save(path string) error { return write(path, d.Bytes()) }

// unit writes a length with one decimal at most.
func unit(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }
