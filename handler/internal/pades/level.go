package pades

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Level is a baseline level of ETSI EN 319 142-1, section 6.
type Level string

// The levels that Sign can produce, each of which holds those before it.
const (
	LevelBB  Level = "B-B"   // the signature
	LevelBT  Level = "B-T"   // with a timestamp that proves when it was there
	LevelBLT Level = "B-LT"  // with the validation data of its chain and the TSA's in /DSS
	LevelLTA Level = "B-LTA" // with a document timestamp over all of it
)

// rank is the place of a level among the others, or -1.
func (l Level) rank() int { return slices.Index([]Level{LevelBB, LevelBT, LevelBLT, LevelLTA}, l) }

// ladder is the way up to a level, step by step.
type ladder struct {
	target     Level
	allowLower bool
	reached    Level
	shortfall  error // the *ServiceError that ended the way early
}

// climb takes the step to a level, unless that lies above the target or an earlier step fell short. A step that fails has changed
// nothing.
func (l *ladder) climb(ctx context.Context, level Level, step func(context.Context) error) error {
	if level.rank() > l.target.rank() || l.shortfall != nil {
		return nil
	}
	err := ended(ctx, step(ctx))
	switch _, ofService := errors.AsType[*ServiceError](err); {
	case err == nil:
		l.reached = level
	case ofService && l.allowLower && ctx.Err() == nil:
		l.shortfall = err
	default:
		return err
	}
	return nil
}

// ended gives an error that came with the end of its context that name: a service that was not waited for has not failed.
func ended(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil || errors.Is(err, ctx.Err()) {
		return err
	}
	return fmt.Errorf("%w: %w", ctx.Err(), err)
}
