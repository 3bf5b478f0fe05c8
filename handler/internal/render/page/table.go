package page

import (
	"fmt"
	"html/template"
	"strings"
)

// table makes a table from a list of objects: {{table .items "Article=name" "Price=price"}}. Each
// column has a heading and a member; a member without a heading is its own heading. The heading
// repeats on each page. All text is escaped.
func (m *meter) table(list any, columns ...string) (template.HTML, error) {
	rows, err := m.list("table", list)
	if err != nil {
		return "", err
	}
	if len(columns) == 0 || len(rows)*len(columns) > maxTableCells {
		return "", over(fmt.Sprintf("a table has no columns, or more than %d cells", maxTableCells))
	}
	members := make([]string, len(columns))
	var b strings.Builder
	b.WriteString("<table><thead><tr>")
	for i, column := range columns {
		heading, member, ok := strings.Cut(column, "=")
		if !ok {
			member = heading
		}
		members[i] = member
		b.WriteString(`<th scope="col">` + template.HTMLEscapeString(heading) + "</th>")
	}
	b.WriteString("</tr></thead><tbody>")
	for _, row := range rows {
		object, ok := row.(map[string]any)
		if !ok {
			return "", wrong("table needs a list of objects")
		}
		b.WriteString("<tr>")
		for _, member := range members {
			if err := m.cell(&b, object[member]); err != nil {
				return "", err
			}
		}
		b.WriteString("</tr>")
	}
	b.WriteString("</tbody></table>")
	return template.HTML(b.String()), nil
}

func (m *meter) cell(b *strings.Builder, value any) error {
	size, err := printed(value)
	if err != nil {
		return err
	}
	if err := m.look(size); err != nil {
		return err
	}
	class := ""
	if isNumber(value) {
		class = ` class="number"`
	}
	b.WriteString("<td" + class + ">" + template.HTMLEscapeString(written(value)) + "</td>")
	if b.Len() > MaxPageBytes {
		return over(fmt.Sprintf("the page has more than %d bytes", MaxPageBytes))
	}
	return nil
}
