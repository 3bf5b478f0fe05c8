package trustservices

import (
	"context"
	"errors"
	"slices"
	"sync"

	"influxion/handler/internal/pades/budget"
)

// maxPlaces is the number of questions that may be open at once.
const maxPlaces = 64

// errGaveWay ends a question in favour of another document's.
var errGaveWay = errors.New("too many questions are open at once")

// places limit the questions that are open at once. A question never waits for a place: if all are
// taken, the oldest question of the document with the most questions is ended. So a document whose
// authorities are slow cannot keep others waiting.
type places struct {
	most int

	mu    sync.Mutex
	taken []*question // the oldest first
}

// question is an open question.
type question struct {
	owner  *budget.Budget // nil = counts as a document of its own
	giveUp context.CancelCauseFunc
}

// enter takes a place.
func (p *places) enter(t *question) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.taken) >= p.most {
		at := p.victim()
		p.taken[at].giveUp(errGaveWay)
		p.taken = slices.Delete(p.taken, at, at+1)
	}
	p.taken = append(p.taken, t)
}

// leave returns the place, unless another question has it by now.
func (p *places) leave(t *question) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken = slices.DeleteFunc(p.taken, func(other *question) bool { return other == t })
}

// victim gives the index of the question that is ended.
func (p *places) victim() int {
	counts := map[*budget.Budget]int{}
	most := 1
	for _, t := range p.taken {
		if t.owner != nil {
			counts[t.owner]++
			most = max(most, counts[t.owner])
		}
	}
	return slices.IndexFunc(p.taken,
		func(t *question) bool { return most == 1 || t.owner != nil && counts[t.owner] == most })
}
