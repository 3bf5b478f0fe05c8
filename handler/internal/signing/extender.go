package signing

import (
	"context"
	"fmt"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/sign"
)

// Extender extends signatures to higher levels and adds document timestamps. It needs no
// certificate of the vault: every verified caller may ask. Safe for concurrent use.
type Extender struct {
	Services pades.Services
	Now      func() time.Time
}

// Extend brings the signatures of the request's document to the level of its options, B-LTA if they
// name none, and notes in record what it learns. Its errors hold an *Error.
func (e *Extender) Extend(ctx context.Context, request Request, record *Record) (*Result, error) {
	if request.Options.Level == "" {
		request.Options.Level = pades.LevelLTA
	}
	return e.append(ctx, request, record, func() (*pades.Increment, error) {
		return sign.Extend(ctx, request.Document, sign.Extension{
			Level: request.Options.Level, Services: e.Services, AllowLower: request.Options.AllowLower, Time: e.Now(),
		})
	})
}

// Timestamp gives the request's document a document timestamp and notes in record what it learns.
// Its errors hold an *Error.
func (e *Extender) Timestamp(ctx context.Context, request Request, record *Record) (*Result, error) {
	return e.append(ctx, request, record, func() (*pades.Increment, error) {
		return sign.TimestampDocument(ctx, request.Document, e.Services)
	})
}

func (e *Extender) append(ctx context.Context, request Request, record *Record,
	work func() (*pades.Increment, error)) (_ *Result, err error) {
	request.note(record)
	defer func() {
		if err != nil {
			request.Refused(record)
		}
	}()
	increment, err := work()
	if err != nil {
		return nil, documentError(ctx, fmt.Errorf("%s: %w", record.Action, err))
	}
	if err := checkTimestamps(ctx, request.Document, increment, e.Now()); err != nil {
		return nil, err
	}
	return newResult(increment, record), nil
}
