package main

import (
	"time"

	"influxion/handler/internal/render"
	"influxion/handler/internal/storage"
)

// newRenderer makes the renderer of documents; nil if none is configured. It does not touch the
// network. If the renderer requires access tokens, tokens makes them for a scope. If templates is
// nil, only those that come with requests are used.
func newRenderer(c *config, templates *storage.Templates, tokens func(scope string) render.Token) *render.Renderer {
	settings := c.Renderer
	if settings.RendererURL == "" {
		return nil
	}
	var token render.Token
	if settings.RendererScope != "" {
		token = tokens(settings.RendererScope)
	}
	renderer := &render.Renderer{
		Printer: render.NewClient(settings.RendererURL, token), Scripts: settings.RendererScripts,
		MaxBytes: c.Documents.MaxDocumentBytes, Now: time.Now,
	}
	if templates != nil {
		renderer.Templates = templates
	}
	return renderer
}

// newTemplates connects the container of templates; nil where none is named. It does not touch the
// network.
func newTemplates(in storage.Config) (*storage.Templates, error) {
	if in.URL == "" {
		return nil, nil
	}
	container, err := storage.NewContainer(in)
	if err != nil {
		return nil, err
	}
	return storage.NewTemplates(container), nil
}
