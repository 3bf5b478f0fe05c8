package budget

import (
	"context"
	"errors"
	"time"
)

// Causes for which a question is not asked.
var (
	ErrQuestions = errors.New("the document asks more than it may")
	ErrTime      = errors.New("the time for what the document asks has run out")
)

// questions are what is left of these bounds.
type questions struct {
	places chan struct{}
	most   int
	asked  int
	until  time.Time // zero = nothing was asked yet
}

func newQuestions() questions {
	return questions{places: make(chan struct{}, questionsAtOnce), most: questionsOfSignature}
}

// Signatures lets a document ask what so many signatures need, timestamps among them.
func (b *Budget) Signatures(count int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.questions.most = max(b.questions.most, min(count*questionsOfSignature, maxQuestions))
}

// Ask waits for a place for a question, and gives a context that ends with the time for all of them. Whoever asked calls answered when the
// question is over, not when nobody waits for it any more. Its error is ErrQuestions, ErrTime or that of the context.
func (b *Budget) Ask(ctx context.Context) (asking context.Context, answered func(), err error) {
	until, err := b.count()
	if err != nil {
		return nil, nil, err
	}
	asking, cancel := context.WithDeadlineCause(ctx, until, ErrTime)
	select {
	case b.questions.places <- struct{}{}:
	case <-asking.Done():
		cancel()
		return nil, nil, context.Cause(asking)
	}
	return asking, func() { cancel(); <-b.questions.places }, nil
}

// TryAsk does the same without waiting, and says whether there was a place.
func (b *Budget) TryAsk() (answered func(), ok bool) {
	if _, err := b.count(); err != nil {
		return nil, false
	}
	select {
	case b.questions.places <- struct{}{}:
		return func() { <-b.questions.places }, true
	default:
		return nil, false
	}
}

// count counts a question and gives the end of the time for all.
func (b *Budget) count() (time.Time, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	q := &b.questions
	if q.until.IsZero() {
		q.until = time.Now().Add(questionTime)
	}
	switch {
	case q.asked >= q.most:
		return q.until, ErrQuestions
	case !time.Now().Before(q.until):
		return q.until, ErrTime
	}
	q.asked++
	return q.until, nil
}
