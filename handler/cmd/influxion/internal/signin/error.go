package signin

import (
	"encoding/json"
	"errors"
	"regexp"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// Error is a refusal of Entra ID.
type Error struct {
	Code string // AADSTS and a number
	Text string // its sentence, in one line, as Entra ID has it
}

var aadsts = regexp.MustCompile(`(AADSTS[0-9]{4,9}): ?([^\r\n"\\]*)`)

// ErrorOf finds the refusal of Entra ID in an error of a credential.
func ErrorOf(err error) (Error, bool) {
	text := err.Error()
	if failed, ok := errors.AsType[*azidentity.AuthenticationFailedError](err); ok && failed.RawResponse != nil {
		if body, err := runtime.Payload(failed.RawResponse); err == nil {
			var answer struct {
				Description string `json:"error_description"`
			}
			if json.Unmarshal(body, &answer) == nil && answer.Description != "" {
				text = answer.Description
			}
		}
	}
	match := aadsts.FindStringSubmatch(text)
	if match == nil {
		return Error{}, false
	}
	return Error{match[1], strings.TrimSpace(match[2])}, true
}

// oneLine turns an error into one line. Errors of azidentity have many lines, some of them only
// dashes.
func oneLine(err error) string {
	var lines []string
	for line := range strings.Lines(err.Error()) {
		if line = strings.TrimSpace(line); line != "" && strings.Trim(line, "-=") != "" {
			lines = append(lines, line)
		}
	}
	text := strings.Join(lines, " ")
	if len(text) > 600 {
		text = strings.ToValidUTF8(text[:600], "") + "…"
	}
	return text
}
