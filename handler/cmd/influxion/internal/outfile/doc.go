// Package outfile writes files so that each is either whole or not there: the bytes go to a temporary
// file in the same folder, which is synced and then renamed in one step. It must never leave half a
// document under the name that was asked for. Read outfile.go.
package outfile
