// Package infratest holds infra/ and azure.yaml against what they must say: who has which right, and
// which settings there are. It reads the templates and the scripts; nothing here runs in Azure. Read
// template_test.go first.
package infratest
