package sign

import (
	"context"
	"errors"
	"fmt"

	"influxion/handler/internal/pades"
)

// levelProgress is how far the steps to a level have come.
type levelProgress struct {
	target     pades.Level
	allowLower bool
	reached    pades.Level
	shortfall  error // the *ServiceError that ended the way early
}

// reach takes the step to a level, unless that lies above the target or an earlier step fell short.
// A step that fails has changed nothing.
func (l *levelProgress) reach(ctx context.Context, level pades.Level, step func(context.Context) error) error {
	if level.Rank() > l.target.Rank() || l.shortfall != nil {
		return nil
	}
	err := ended(ctx, step(ctx))
	switch _, ofService := errors.AsType[*pades.ServiceError](err); {
	case err == nil:
		l.reached = level
	case ofService && l.allowLower && ctx.Err() == nil:
		l.shortfall = err
	default:
		return err
	}
	return nil
}

// ended gives an error that came with the end of its context that name: a service that was not
// waited for has not failed.
func ended(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil || errors.Is(err, ctx.Err()) {
		return err
	}
	return fmt.Errorf("%w: %w", ctx.Err(), err)
}
