// Package infratest holds infra/ and azure.yaml against what they must say: who has which right,
// and which settings there are. It reads the templates and the scripts, and must never call Azure
// or run what it reads.
//
// Read first: template_test.go.
package infratest
