package verify

import (
	"bytes"
	"slices"
	"strconv"

	"influxion/handler/internal/pades/pdf"
)

// searchMembers looks for signature dictionaries in one object stream. It stops looking when there
// are more places than a report lists.
func (e *examination) searchMembers(stream int, dict pdf.Dict, data []byte) {
	var places []int
	eachName(data, 0, len(data), func(at int, name string) bool {
		if name == nameByteRange {
			places = append(places, at)
		}
		return len(places) <= maxUnjudged+maxSignatures // at most maxSignatures of them are judged
	})
	if len(places) == 0 {
		return
	}
	for _, number := range membersAt(dict, data, places) {
		entry, _ := e.file.Entry(number)
		if entry.Kind == pdf.EntryInStream && entry.StreamNumber == stream && e.judged(pdf.Ref{Number: number}) {
			continue
		}
		e.aside.leave(number, 0, inObjectStream)
	}
}

// membersAt gives, for each place in an object stream, the number of the object that it belongs to;
// 0 = none. It reads the pairs of object number and offset at the beginning of the stream. The
// places must ascend.
func membersAt(dict pdf.Dict, data []byte, places []int) []int {
	type member struct{ number, begin int }
	first, _ := dict["First"].(pdf.Integer)
	count, _ := dict["N"].(pdf.Integer)
	// members has for each place the last member that begins before it and behind the previous
	// place.
	members := make([]member, len(places))
	var pair [2]int
	read := 0
	for field := range bytes.FieldsSeq(data[:min(max(int(first), 0), len(data))]) {
		if read >= 2*int(count) {
			break
		}
		value, err := strconv.Atoi(string(field))
		if err != nil || value < 0 || value > len(data) && read%2 == 1 {
			return make([]int, len(places))
		}
		pair[read%2] = value
		if read++; read%2 == 1 {
			continue
		}
		begin := int(first) + pair[1]
		if at, _ := slices.BinarySearch(places, begin); at < len(places) &&
			(members[at].number == 0 || begin > members[at].begin) {
			members[at] = member{pair[0], begin}
		}
	}
	numbers := make([]int, len(places))
	var last member
	for i, one := range members {
		if one.number > 0 {
			last = one
		}
		numbers[i] = last.number
	}
	return numbers
}
