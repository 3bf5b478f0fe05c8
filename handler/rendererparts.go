package main

import (
	"time"

	"influxion/handler/internal/keyvault/connection"
	"influxion/handler/internal/render"
	"influxion/handler/internal/storage"
)

// newRenderer makes the renderer of documents; nil if none is configured. It does not touch the
// network. The credential is for a renderer that requires access tokens. If templates is nil, only
// those that come with requests are used.
func newRenderer(c *config, templates *storage.Templates, credential *connection.Credential) *render.Renderer {
	settings := c.Renderer
	if settings.RendererURL == "" {
		return nil
	}
	var access *render.Access
	if settings.RendererScope != "" {
		access = &render.Access{Token: connection.Tokens(credential, settings.RendererScope), Watch: credential.Watch}
	}
	renderer := &render.Renderer{
		Printer: render.NewClient(settings.RendererURL, access), Scripts: settings.RendererScripts,
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
