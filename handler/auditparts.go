package main

import (
	"io"
	"log/slog"
	"time"

	"influxion/handler/internal/audit"
	"influxion/handler/internal/storage"
)

// newAudit makes the audit log, which goes into a container too where one is named. It does not
// wait for the network.
func newAudit(to storage.Config, trust *trust, out io.Writer, logger *slog.Logger) (*audit.Log, error) {
	config := audit.Config{Out: out, Logger: logger, Now: time.Now}
	if trust.timestamper != nil {
		config.Timestamper = trust.timestamper
	}
	if to.URL != "" {
		container, err := storage.NewContainer(to)
		if err != nil {
			return nil, err
		}
		config.Store = storage.NewAppendLog(container, time.Now)
	}
	return audit.New(config), nil
}
