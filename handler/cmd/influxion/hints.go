package main

import (
	"errors"

	"influxion/handler/client"
	"influxion/handler/cmd/influxion/internal/exit"
	"influxion/handler/cmd/influxion/internal/signin"
	"influxion/handler/cmd/influxion/internal/terminal"
)

// hints are the next steps after a problem of the service, by its code. docs/operations.md explains
// every code. For a code without a hint, the detail says everything.
var hints = map[string]string{
	"audit_unavailable":     "whoever runs the service finds the cause in its log, under the ID above",
	"busy":                  "try again later, or with fewer --jobs",
	"caller_rate_exceeded":  "use fewer --jobs: one caller may send only so many requests in a minute",
	"certificate_not_found": "influxion certificates lists what you may sign with",
	"certificate_required":  "name one with --certificate; influxion certificates lists them",
	"certificate_revoked":   "influxion certificates lists others; whoever runs the service must replace this one",
	"changes_forbidden":     "influxion verify shows what the document allows; sign it before it is certified",
	"contents_too_small":    "try again; if it stays, tell whoever runs the service",
	"deadline_exceeded":     "try again; influxion doctor shows whether a service behind it is slow",
	"document_damaged":      "save the document anew with the program that made it",
	"document_encrypted":    "remove the encryption first",
	"document_restricted":   "name the owner's password with --password-file",
	"document_signed":       "sign without --certify",
	"document_too_complex":  "save the document anew with the program that made it",
	"document_too_large": "influxion sign --hash-only signs a document of any size here, where the " +
		"service allows it",
	"document_unsigned":    "influxion sign signs it, influxion timestamp timestamps it",
	"field_unusable":       "influxion verify names the fields that are signed; without --field a new one is made",
	"identity_unavailable": "influxion doctor shows whether Entra ID and the service are reachable",
	"insufficient_scope": "influxion token shows the scopes and roles that you have; influxion doctor says " +
		"which is missing",
	"internal": "report it with the ID above",
	"invalid_token": "influxion token shows what is checked, influxion doctor compares it with the service; " +
		"influxion login signs in anew",
	"key_unsupported": "influxion certificates lists others",
	"key_unusable":    "influxion doctor shows what is wrong with the certificate's key",
	"level_unreachable": "influxion doctor --level shows which trust service fails; --allow-lower accepts a " +
		"lower level",
	"not_a_pdf":              "only PDF documents are signed: look at the file's first bytes",
	"page_unprintable":       "open the page in a browser: do all its files load?",
	"password_required":      "name a file with the password: --password-file",
	"password_wrong":         "look at the file of --password-file: one line, the user's or the owner's password",
	"pdf_nonconforming":      "send a font that has every character, as one more FILE",
	"reference_forbidden":    "name pictures, fonts and style sheets as FILEs, and refer to them by their bare names",
	"renderer_busy":          "try again later",
	"renderer_missing":       "this deployment makes no documents: INFLUXION_RENDERER_URL is not set there",
	"renderer_unavailable":   "whoever runs the service finds the cause in its log, under the ID above",
	"resource_missing":       "name the file after the template",
	"route_not_found":        "is --url the address without /api, and the service as new as this program?",
	"self_check":             "report it with the ID above and, if its owner allows that, with the document",
	"signature_invalid":      "influxion verify shows details",
	"template_invalid":       "correct the template where the error says, or add the missing value to --data",
	"token_missing":          "a proxy in between removes Authorization; influxion doctor shows more",
	"vault_forbidden":        "influxion doctor --vault shows which right the service lacks",
	"vault_unavailable":      "try again later; influxion doctor --vault examines the vault",
	"inbox_missing":          "send the documents themselves; this deployment has no inbox container",
	"input_changed":          "submit the job again: the document was changed after it was submitted",
	"input_missing":          "submit the job again",
	"input_not_found":        "blobs are named below <tenant ID>/<object ID>/ of the inbox container",
	"job_abandoned":          "submit the job again; if it stays, tell whoever runs the service",
	"job_expired":            "submit the job again",
	"job_not_done":           "influxion jobs submit --wait waits for results",
	"job_not_found":          "jobs are kept for some days, and shown to their own caller",
	"job_superseded":         "ask again: another run made the result",
	"jobs_full":              "fetch and delete results, or try again later",
	"jobs_too_many":          "submit at most 1,000 documents in one request",
	"jobs_unavailable":       "whoever runs the service finds the cause in its log, under the ID above",
	"template_not_found":     "whoever runs the service knows the names in its container of templates",
	"templates_unavailable":  "whoever runs the service finds the cause in its log, under the ID above",
	"access_denied":          "you need the app role hash.<certificate>; influxion token shows your roles",
	"method_not_allowed":     "is the service as new as this program?",
	"media_type_unsupported": "is the service as new as this program?",
}

// hint returns the line that follows an error; "" = there is nothing to add.
func hint(err error) string {
	text := ""
	if problem, ok := errors.AsType[*client.Problem](err); ok {
		text = hints[problem.Code]
	} else if exit.RefusesSignIn(err) && !errors.Is(err, signin.ErrNotSignedIn) {
		text = "influxion login signs in anew; influxion doctor examines the sign-in"
	}
	if text == "" {
		return ""
	}
	return "  hint: " + terminal.Safe(text) + "\n"
}
