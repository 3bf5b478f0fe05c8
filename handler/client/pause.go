package client

import (
	"context"
	"errors"
	"time"
)

// Pause is a wait before a call is repeated.
type Pause struct {
	Wait     time.Duration // as the answer's Retry-After says
	Problem  *Problem      // the answer
	Attempt  int           // number of the attempt that was answered, from 1
	Attempts int           // the most attempts that are made
}

// WithPauses returns a copy of the client that calls tell before each pause between the attempts of
// a call. tell runs in the goroutine of the call and must be safe for concurrent use.
func (c *Client) WithPauses(tell func(context.Context, Pause)) *Client {
	changed := *c
	changed.tellPause = tell
	return &changed
}

// pause waits as long as the problem asks. If the call must not be repeated, it returns the
// problem. If the context would end within the pause, it returns at once, and the error also wraps
// context.DeadlineExceeded.
func (c *Client) pause(ctx context.Context, problem *Problem, attempt int) error {
	if attempt == c.attempts || !problem.Temporary() || problem.RetryAfter <= 0 || problem.RetryAfter > longestPause {
		return problem
	}
	if end, ok := ctx.Deadline(); ok && time.Until(end) <= problem.RetryAfter {
		return errors.Join(context.DeadlineExceeded, problem)
	}
	if c.tellPause != nil {
		c.tellPause(ctx, Pause{problem.RetryAfter, problem, attempt, c.attempts})
	}
	timer := time.NewTimer(problem.RetryAfter)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return errors.Join(ctx.Err(), problem)
	}
}
