// Package filter undoes the stream filters that reading a file needs: FlateDecode with its
// predictors, ASCIIHexDecode and ASCII85Decode (ISO 32000-2, 7.4).
//
// It must never decode without charging for the output, nor guess at broken data.
//
// Read first: filter.go, then predictor.go.
package filter
