package main

import (
	"io"
	"log/slog"
	"time"

	"influxion/handler/internal/audit"
	"influxion/handler/internal/keyvault"
	"influxion/handler/internal/storage"
)

// newAudit makes the audit log, which goes into a container too where one is named. It does not
// wait for the network.
func newAudit(c *config, trust *trust, out io.Writer, logger *slog.Logger) (*audit.Log, error) {
	config := audit.Config{Out: out, Logger: logger, Now: time.Now}
	if trust.timestamper != nil {
		config.Timestamper = trust.timestamper
	}
	if c.Audit.Container != "" {
		credential, err := keyvault.NewCredential(c.identity())
		if err != nil {
			return nil, err
		}
		container, err := storage.NewContainer(storage.Config{URL: c.Audit.Container, Credential: credential})
		if err != nil {
			return nil, err
		}
		config.Store = storage.NewAppendLog(container, time.Now)
	}
	return audit.New(config), nil
}
