// Package page is what a deployment shows to people: a page on which they sign in, seal and verify
// documents, and a page that describes every operation of the API. All of it is in the binary. The
// files of static go out as they are; index.html and docs.html are templates of html/template,
// filled in once.
//
// The page must never load anything from another origin, run a script that is no file of static, be
// framed, or hold a secret: what New gets is shown to anonymous callers. Its policy (W3C Content
// Security Policy, Trusted Types) makes browsers hold to that. Tokens live in the memory of the
// browser's tab alone: OAuth 2.0 for Browser-Based Applications, with PKCE (RFC 7636).
//
// Read page.go first, then description.go; in static, app.js.
package page
