package trustservices

import (
	"context"
	"errors"
	"slices"
	"sync"

	"influxion/handler/internal/pades/budget"
)

// maxPlaces is how many questions are on their way at once.
const maxPlaces = 64

// errGaveWay ends a question in favour of another document's.
var errGaveWay = errors.New("too much is being asked at once")

// places are what questions on their way take. Nobody waits for one: where all are taken, the
// question that has been on its way for longest gives way, of the document that has the most. So a
// document whose authorities are slow keeps no other waiting.
type places struct {
	most int

	mu    sync.Mutex
	taken []*question // the one on its way for longest first
}

// question is a question on its way.
type question struct {
	owner  *budget.Budget // nil = a document of its own
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

// leave gives a place back, if it is not another's already.
func (p *places) leave(t *question) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken = slices.DeleteFunc(p.taken, func(other *question) bool { return other == t })
}

// victim gives the place of the question that gives way.
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
