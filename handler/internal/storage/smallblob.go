package storage

import (
	"bytes"
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

// blobName reports whether a blob can have the name and a URL can name it. A server may remove dot
// segments (RFC 3986, section 5.2.4), which would lead out of the container.
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

// smallBlob is a blob that was read at once.
type smallBlob struct {
	text     []byte
	version  string            // of text and metadata
	metadata map[string]string // names in lower case
}

// small reads up to most bytes from the start of a blob. Errors: errGone.
func (c *Container) small(ctx context.Context, name string, most int64) (smallBlob, error) {
	client := c.client.NewBlobClient(name)
	response, err := client.DownloadStream(ctx, &blob.DownloadStreamOptions{Range: blob.HTTPRange{Count: most}})
	if bloberror.HasCode(err, bloberror.InvalidRange) { // an empty blob has no range
		response, err = client.DownloadStream(ctx, nil)
	}
	if err != nil {
		return smallBlob{}, readError(err)
	}
	if response.ETag == nil {
		response.Body.Close()
		return smallBlob{}, errors.New("read blob: an answer without an entity tag")
	}
	body := response.NewRetryReader(ctx, nil) // which asks for the same version again
	defer body.Close()
	var text bytes.Buffer
	if length := response.ContentLength; length != nil { // a buffer that grows takes twice the memory
		text.Grow(int(max(0, min(*length, most))) + bytes.MinRead)
	}
	if _, err := text.ReadFrom(io.LimitReader(body, most)); err != nil {
		return smallBlob{}, readError(err)
	}
	return smallBlob{text.Bytes(), string(*response.ETag), lowerNames(response.Metadata)}, nil
}
