package jobs

import (
	"influxion/handler/internal/pades"
	"influxion/handler/internal/render"
	"influxion/handler/internal/render/archive"
	"influxion/handler/internal/signing"
)

// Options are the validated options of a job. No password is among them: a record must hold no
// secret.
type Options struct {
	Certificate string        `json:"certificate,omitempty"`
	Version     string        `json:"version,omitempty"`
	Signature   pades.Options `json:"signature"`
	Seal        bool          `json:"seal,omitempty"` // of Generate: the document is to be sealed
}

// NewOptions takes the options from a request.
func NewOptions(asked signing.Request) Options {
	signature := asked.Options
	signature.Services = pades.Services{} // those of the run count
	return Options{Certificate: asked.Certificate, Version: asked.Version, Signature: signature}
}

// Request makes the request for a document.
func (o Options) Request(document pades.Document) signing.Request {
	return signing.Request{Document: document, Certificate: o.Certificate, Version: o.Version, Options: o.Signature}
}

// Generation is the input of a job that makes a document.
type Generation struct {
	HTML        render.Source        `json:"html"`
	CSS         render.Source        `json:"css"`
	Data        []byte               `json:"data,omitempty"` // JSON
	Files       []render.File        `json:"files,omitempty"`
	Standard    archive.Standard     `json:"standard"`
	DocumentID  string               `json:"document_id,omitempty"`
	Attachments []archive.Attachment `json:"attachments,omitempty"`
	Invoice     *archive.Invoice     `json:"invoice,omitempty"`
}

// NewGeneration takes the parts from a request.
func NewGeneration(q *render.Request) *Generation {
	return &Generation{HTML: q.HTML, CSS: q.CSS, Data: q.Data, Files: q.Files, Standard: q.Standard,
		DocumentID: q.DocumentID, Attachments: q.Attachments, Invoice: q.Invoice}
}

// Request makes the request for the renderer.
func (g *Generation) Request() *render.Request {
	return &render.Request{HTML: g.HTML, CSS: g.CSS, Data: g.Data, Files: g.Files, Standard: g.Standard,
		DocumentID: g.DocumentID, Attachments: g.Attachments, Invoice: g.Invoice}
}
