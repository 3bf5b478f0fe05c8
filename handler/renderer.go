package main

import (
	"time"

	"influxion/handler/internal/render"
)

// newRenderer connects what makes documents; nil where no renderer is configured. It does not touch
// the network. Where the renderer wants access tokens, tokens makes them for a scope.
func newRenderer(c *config, tokens func(scope string) render.Token) *render.Renderer {
	settings := c.Renderer
	if settings.RendererURL == "" {
		return nil
	}
	var token render.Token
	if settings.RendererScope != "" {
		token = tokens(settings.RendererScope)
	}
	return &render.Renderer{
		Printer: render.NewClient(settings.RendererURL, token), Scripts: settings.RendererScripts,
		MaxBytes: c.Documents.MaxDocumentBytes, Now: time.Now,
	}
}
