package idempotencytest_test

import (
	"testing"

	"influxion/handler/internal/idempotency"
	"influxion/handler/internal/idempotencytest"
)

func TestMemoryKeepsTheContract(t *testing.T) {
	t.Parallel()
	idempotencytest.Contract(t, func(*testing.T) idempotency.Store { return &idempotencytest.Memory{} })
}
