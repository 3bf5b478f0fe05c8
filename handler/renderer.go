package main

import (
	"time"

	"influxion/handler/internal/keyvault"
	"influxion/handler/internal/render"
)

// newRenderer connects what makes documents; nil where no renderer is configured. It does not touch
// the network.
func newRenderer(c *config) (*render.Renderer, error) {
	settings := c.Renderer
	if settings.RendererURL == "" {
		return nil, nil
	}
	var token render.Token
	if settings.RendererScope != "" {
		credential, err := keyvault.NewCredential(c.identity())
		if err != nil {
			return nil, err
		}
		token = keyvault.Tokens(credential, settings.RendererScope)
	}
	return &render.Renderer{
		Printer: render.NewClient(settings.RendererURL, token), Scripts: settings.RendererScripts,
		MaxBytes: c.Documents.MaxDocumentBytes, Now: time.Now,
	}, nil
}
