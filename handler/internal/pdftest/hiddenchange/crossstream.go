package hiddenchange

import (
	"bytes"
	"fmt"
	"strings"
)

// crossStream is what quirks change in a cross-reference stream (ISO 32000-2, 7.5.8). The zero
// value is the usual form.
type crossStream struct {
	number   int    // its object number; 0 = a new one
	unlisted bool   // it has no row for itself
	widths   [3]int // 0 0 0 = 1 4 2
	index    string // instead of the right /Index
	more     string // further entries
	rows     func([]row) []row
	data     func(data []byte, width int) []byte // encodes the rows; more must name the filter
	frame    func(dict, data string) string      // frames dictionary and data, instead of the usual way
	head     string                              // instead of "1 0 obj\n"; # stands for the number
}

func (c crossStream) layout() [3]int {
	if c.widths == [3]int{} {
		return [3]int{1, 4, 2}
	}
	return c.widths
}

func (c crossStream) encode(rows []row) []byte {
	var data bytes.Buffer
	widths := c.layout()
	for _, one := range rows {
		for i, value := range []int{one.kind, one.second, one.third} {
			for at := widths[i] - 1; at >= 0; at-- {
				data.WriteByte(byte(value >> (8 * at)))
			}
		}
	}
	if c.data != nil {
		return c.data(data.Bytes(), widths[0]+widths[1]+widths[2])
	}
	return data.Bytes()
}

// writeStream writes the cross-reference stream with these rows and one for itself.
func (r *revision) writeStream(out *bytes.Buffer, rows []row) {
	c, start := r.stream, out.Len()
	number := c.number
	if number == 0 {
		number = r.newNumber()
	}
	if !c.unlisted {
		rows = append(rows, row{number, rowPlain, start, 0})
	}
	if c.rows != nil {
		rows = c.rows(rows)
	}
	entries := "/Index [" + ranges(rows) + "] "
	if c.index != "" {
		entries = c.index + " "
	}
	widths := c.layout()
	data := string(c.encode(rows))
	dict := r.dict(fmt.Sprintf("/Type /XRef /W [%d %d %d] %s %s /Length %d", widths[0], widths[1], widths[2], entries,
		c.more, len(data)), start)
	text := dict + "\nstream\n" + data + "\nendstream"
	if c.frame != nil {
		text = c.frame(dict, data)
	}
	out.WriteString((&object{number: number, text: text,
		head: strings.ReplaceAll(c.head, "#", fmt.Sprint(number))}).String())
}

// ranges returns the /Index for rows in this order.
func ranges(rows []row) string {
	var index []string
	for i := 0; i < len(rows); {
		count := 1
		for i+count < len(rows) && rows[i+count].number == rows[i].number+count {
			count++
		}
		index = append(index, fmt.Sprint(rows[i].number, count))
		i += count
	}
	return strings.Join(index, " ")
}

// member is an object in an object stream.
type member struct {
	number int
	text   string
}

// objectStream returns the text of an object stream (ISO 32000-2, 7.5.7). more is further entries
// of its dictionary.
func objectStream(more string, members ...member) string {
	var index, texts strings.Builder
	for _, m := range members {
		fmt.Fprintf(&index, "%d %d ", m.number, texts.Len())
		texts.WriteString(m.text + "\n")
	}
	return stream(fmt.Sprintf("/Type /ObjStm /N %d /First %d %s", len(members), index.Len(), more),
		index.String()+texts.String())
}

// stream returns the text of a stream object.
func stream(entries, data string) string {
	return fmt.Sprintf("<< %s /Length %d >>\nstream\n%s\nendstream", entries, len(data), data)
}

// streamData returns the data of a stream object.
func streamData(text string) string {
	_, data, _ := strings.Cut(text, "stream\n")
	return strings.TrimSuffix(data, "\nendstream")
}
