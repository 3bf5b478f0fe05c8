package doctor

import (
	"regexp"
	"strings"

	"influxion/handler/internal/shell"
)

// Status is the result of a check.
type Status string

// The statuses.
const (
	OK         Status = "ok"
	Note       Status = "note"        // works, and needs attention
	Failed     Status = "fault"       // does not work
	NotChecked Status = "not_checked" // not checked, because of an earlier finding or a missing flag
)

// Finding is the result of one check, with its explanation.
type Finding struct {
	Check   string `json:"check"` // a stable name: part of the CLI's contract
	Status  Status `json:"status"`
	What    string `json:"what"`
	Why     string `json:"why,omitempty"`     // why it matters
	Portal  string `json:"portal,omitempty"`  // where to fix it in the portal
	Command string `json:"command,omitempty"` // the command that fixes it, of the Azure CLI or of this one
}

// Failing reports whether any finding is a fault.
func Failing(findings []Finding) bool {
	for _, f := range findings {
		if f.Status == Failed {
			return true
		}
	}
	return false
}

// remedy says why a fault matters and how to remove it.
type remedy struct{ why, portal, command string }

// cause is a misconfiguration that an answer reveals: the finding to report.
type cause struct {
	check, what string
	remedy
}

// findings are what the checks have found so far, in their order.
type findings struct {
	list   []Finding
	report func(Finding) // is called with each finding as it is added; may be nil
}

func (f *findings) ok(check, what string) { f.add(Finding{Check: check, Status: OK, What: what}) }

func (f *findings) note(check, what string, r remedy) {
	f.add(Finding{check, Note, what, r.why, r.portal, r.command})
}

func (f *findings) failed(check, what string, r remedy) {
	f.add(Finding{check, Failed, what, r.why, r.portal, r.command})
}

func (f *findings) notChecked(check, what string) {
	f.add(Finding{Check: check, Status: NotChecked, What: what})
}

func (f *findings) add(one Finding) {
	f.list = append(f.list, one)
	if f.report != nil {
		f.report(one)
	}
}

var invocation = regexp.MustCompile(`^urn:uuid:[0-9a-f-]{36}$`)

// logged returns the command that shows what the log has about an invocation, or the latest errors
// if no invocation is known.
func logged(instance string) string {
	which := `where message has 'ERROR' | take 20`
	if invocation.MatchString(instance) {
		which = "where message has '" + strings.TrimPrefix(instance, "urn:uuid:") + "'"
	}
	return `az monitor app-insights query --app "$APP" --resource-group "$GROUP" --analytics-query "traces | ` + which + `"`
}

// sh returns a value as one word of a command line, so that nothing from a token or an answer
// becomes a command.
func sh(value string) string { return shell.Word(value) }
