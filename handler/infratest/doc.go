// Package infratest checks what infra/ and azure.yaml must say: who has which right, and which
// settings exist. It reads the templates, and runs the scripts with a small stand-in for az. It
// must never call Azure.
//
// Read first: template_test.go.
package infratest
