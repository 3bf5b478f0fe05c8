package pades

import (
	"context"

	"influxion/handler/internal/pades/budget"
)

// TakeMemory takes more bytes of memory from the budget of the context, if it has one, for
// validation data that is kept. A small document can inflate to much validation data, or name
// authorities whose answers are large.
func TakeMemory(ctx context.Context, more int) error {
	b := budget.Of(ctx)
	if b == nil || more <= 0 {
		return nil
	}
	return b.Take(ctx, int64(more))
}
