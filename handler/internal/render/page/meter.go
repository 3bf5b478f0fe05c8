package page

import (
	"context"
	"fmt"
)

// meter counts the cost of one execution and ends it at a bound. Not safe for concurrent use.
type meter struct {
	ctx   context.Context
	steps int
	work  int64
}

// step counts one turn of a loop or one call of a function.
func (m *meter) step() error {
	if m.steps++; m.steps > maxSteps {
		return over(fmt.Sprintf("the template takes more than %d steps", maxSteps))
	}
	return m.ctx.Err()
}

// turn counts one turn of a loop.
func (m *meter) turn() (bool, error) { return true, m.step() }

// look counts bytes that a function reads or writes.
func (m *meter) look(bytes int) error {
	if m.work += int64(bytes); m.work > maxWork {
		return over(fmt.Sprintf("the functions of the template work on more than %d bytes", maxWork))
	}
	return m.step()
}

// give bounds and counts the result of a function.
func (m *meter) give(text string, err error) (string, error) {
	if err != nil {
		return "", err
	}
	if len(text) > maxText {
		return "", over(fmt.Sprintf("a function of the template returns more than %d bytes", maxText))
	}
	return text, m.look(len(text))
}
