// Package filter undoes the filters of streams that reading a file needs: FlateDecode with its
// predictors, ASCIIHexDecode and ASCII85Decode (ISO 32000-2, 7.4).
//
// It must never decode without charging for what comes out, nor guess at data that are broken.
//
// Read first: filter.go, then predictor.go.
package filter
