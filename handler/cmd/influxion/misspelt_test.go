package main

import (
	"strings"
	"testing"

	"influxion/handler/cmd/influxion/internal/exit"
)

// A misspelt word is answered in one line, with the words that it may stand for.
func TestMisspeltWords(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"sgin a.pdf":                `unknown command "sgin" for "influxion": did you mean sign?`,
		"tinestamp a.pdf":           `unknown command "tinestamp" for "influxion": did you mean timestamp?`,
		"cert":                      `unknown command "cert" for "influxion": did you mean certificates?`,
		"help sgin":                 `unknown command "sgin" for "influxion": did you mean sign?`,
		"help audit fnid":           `unknown command "fnid" for "influxion audit": it has find, verify`,
		"help sign a.pdf":           `unknown command "a.pdf" for "influxion sign"`,
		"nonsense":                  `unknown command "nonsense" for "influxion"`,
		"x":                         `unknown command "x" for "influxion"`,
		"audit fnid":                `unknown command "fnid" for "influxion audit": it has find, verify`,
		"sign --levle B-T a.pdf":    "unknown flag: --levle: did you mean --level?",
		"sign --levle=B-T a.pdf":    "unknown flag: --levle: did you mean --level?",
		"sign -level B-T a.pdf":     "unknown shorthand flag: 'l' in -level: did you mean --level?",
		"sign --recusrive a":        "unknown flag: --recusrive: did you mean --recursive?",
		"sign --image-file x a.pdf": "unknown flag: --image-file",
		"sign --certif seal a.pdf": "unknown flag: --certif: did you mean " +
			"--certificate or --certificate-version or --certify?",
		"sign --urls https://x a.pdf":   "unknown flag: --urls: did you mean --url?",
		"verify --tenat x a.pdf":        "unknown flag: --tenat: did you mean --tenant?",
		"sign --nonsense a.pdf":         "unknown flag: --nonsense",
		"sign -z a.pdf":                 "unknown shorthand flag: 'z' in -z",
		"jobs submit --wiat folder":     "unknown flag: --wiat: did you mean --wait?",
		"jobs submit --operatoin x dir": "unknown flag: --operatoin: did you mean --operation?",
	} {
		a, out, errs := program(t, nil)
		code := a.run(t.Context(), strings.Fields(line))
		first, rest, _ := strings.Cut(errs.String(), "\n")
		if code != exit.Usage || first != "influxion: "+want || strings.Count(rest, "\n") != 1 || out.Len() > 0 {
			t.Errorf("%s: got code %d, %q and %q, want %q and one line more", line, code, errs, out, want)
		}
	}
}
