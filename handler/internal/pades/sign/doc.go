// Package sign makes incremental updates that sign, extend and timestamp documents: ETSI EN 319
// 142-1 baseline levels in ISO 32000 files. The input is a byte-identical prefix of the result. It
// must never write below the old end of the file, nor produce anything for a document whose
// restrictions forbid it. It knows no HTTP, no vault and no clock.
//
// Read sign.go first, then increment.go, which lays out the update, and extend.go.
package sign
