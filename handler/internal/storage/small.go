package storage

import (
	"context"
	"errors"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
)

const maxBlobName = 1024 // characters

// blobName reports whether a blob can have the name and a URL can name it: a server may take away
// segments of dots (RFC 3986, section 5.2.4), which would lead out of the container.
func blobName(name string) bool {
	if !utf8.ValidString(name) || utf8.RuneCountInString(name) > maxBlobName || strings.HasSuffix(name, ".") ||
		strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) || r == '\\' }) {
		return false
	}
	for segment := range strings.SplitSeq(name, "/") {
		if strings.Trim(segment, ".") == "" {
			return false
		}
	}
	return true
}

// small returns the first bytes of a blob, at most most, and the version that they are of. Errors:
// errGone.
func (c *Container) small(ctx context.Context, name string, most int64) (text []byte, version string, err error) {
	client := c.client.NewBlobClient(name)
	response, err := client.DownloadStream(ctx, &blob.DownloadStreamOptions{Range: blob.HTTPRange{Count: most}})
	if bloberror.HasCode(err, bloberror.InvalidRange) { // an empty blob has no range
		response, err = client.DownloadStream(ctx, nil)
	}
	if err != nil {
		return nil, "", readError(err)
	}
	if response.ETag == nil {
		response.Body.Close()
		return nil, "", errors.New("read blob: an answer without an entity tag")
	}
	body := response.NewRetryReader(ctx, nil) // which asks for the same version again
	defer body.Close()
	text, err = io.ReadAll(io.LimitReader(body, most))
	if err != nil {
		return nil, "", readError(err)
	}
	return text, string(*response.ETag), nil
}
