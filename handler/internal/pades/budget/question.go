package budget

import (
	"context"
	"errors"
	"time"
)

// Reasons why a question is not asked.
var (
	ErrQuestions = errors.New("the document needs more requests to trust services than allowed")
	ErrTime      = errors.New("the time for the document's requests to trust services has run out")
)

// questions count what is left of the bounds of questions.
type questions struct {
	places chan struct{}
	most   int
	asked  int
	until  time.Time // zero = no question was asked yet
}

func newQuestions() questions {
	return questions{places: make(chan struct{}, questionsAtOnce), most: questionsOfSignature}
}

// Signatures raises the number of questions to the number that so many signatures and their
// timestamps need.
func (b *Budget) Signatures(count int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.questions.most = max(b.questions.most, min(count*questionsOfSignature, maxQuestions))
}

// Ask waits until a question may be asked. The context that it returns ends with the time for all
// questions. The caller must call answered when the question has ended, even if nobody waits for it
// any more. Its error is ErrQuestions, ErrTime or that of the context.
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

// TryAsk does what Ask does, without waiting. ok reports whether the question may be asked.
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

// count counts a question and returns the end of the time for all questions.
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
