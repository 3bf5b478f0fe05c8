package verify

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/pades/pdf"
)

// A place in an object stream belongs to the last member that begins before it.
func TestMembersAt(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		head   string
		n      int
		places []int // from the first member on
		want   []int
	}{
		{"7 0 8 10 9 20 ", 3, []int{0, 9, 10, 19, 20, 99}, []int{7, 7, 8, 8, 9, 9}},
		{"9 20 8 10 7 0 ", 3, []int{0, 9, 10, 19, 20, 99}, []int{7, 7, 8, 8, 9, 9}},
		{"7 5 8 5 ", 2, []int{0, 4, 5, 6}, []int{0, 0, 7, 7}},
		{"7 0 8 10 9 20 ", 2, []int{25}, []int{8}}, // /N counts
		{"7 0 8 ", 2, []int{25}, []int{7}},
		{"7 0 x 10 ", 2, []int{25}, []int{0}},
		{"7 -1 ", 1, []int{25}, []int{0}},
		{"7 99999999999999999999 ", 1, []int{25}, []int{0}},
		{"", 1, []int{25}, []int{0}},
	} {
		places := slices.Clone(test.places)
		for i := range places {
			places[i] += len(test.head)
		}
		dict := pdf.Dict{"First": pdf.Integer(len(test.head)), "N": pdf.Integer(test.n)}
		if got := membersAt(dict, []byte(test.head+strings.Repeat(" ", 100)), places); !slices.Equal(got, test.want) {
			t.Errorf("%q, %d: got %v, want %v", test.head, test.n, got, test.want)
		}
	}
}

func TestMembersAtEveryPlace(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		var head strings.Builder
		var begins []int
		count := random.IntN(30)
		for i := range count {
			begins = append(begins, random.IntN(200))
			fmt.Fprintf(&head, "%d %d ", i+1, begins[i])
		}
		var places, want []int
		for at := range 250 {
			if random.IntN(3) > 0 {
				continue
			}
			number, nearest := 0, -1
			for i, begin := range begins {
				if begin <= at && begin > nearest {
					number, nearest = i+1, begin
				}
			}
			places, want = append(places, head.Len()+at), append(want, number)
		}
		dict := pdf.Dict{"First": pdf.Integer(head.Len()), "N": pdf.Integer(count)}
		if got := membersAt(dict, []byte(head.String()+strings.Repeat(" ", 300)), places); !slices.Equal(got, want) {
			t.Fatalf("%q at %v: got %v, want %v", head.String(), places, got, want)
		}
	}
}
