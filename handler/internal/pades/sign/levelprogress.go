package sign

import (
	"context"
	"errors"
	"fmt"

	"influxion/handler/internal/pades"
)

// levelProgress records which level the steps to a target have reached.
type levelProgress struct {
	target     pades.Level
	allowLower bool
	reached    pades.Level
	shortfall  error // the *ServiceError that stopped the steps early
}

// reach runs the step to a level, unless the level lies above the target or an earlier step fell
// short. A step that fails must change nothing.
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

// ended wraps an error in the error of the context, if the context has ended. In that case the
// service has not failed: nobody waited for its answer.
func ended(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil || errors.Is(err, ctx.Err()) {
		return err
	}
	return fmt.Errorf("%w: %w", ctx.Err(), err)
}
