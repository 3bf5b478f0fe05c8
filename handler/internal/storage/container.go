package storage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// Config identifies the container and the credential to use.
type Config struct {
	URL        string // https://account.blob.core.windows.net/container
	Credential azcore.TokenCredential
	Transport  http.RoundTripper // nil = the default one: the environment's proxy, time-outs
}

// At is the config for another address.
func (c Config) At(address string) Config {
	c.URL = address
	return c
}

// Container is a container of blobs. Safe for concurrent use.
type Container struct{ client *container.Client }

const maxNames = 1_000_000 // blobs that Blobs lists at most

// The names of containers, by "Naming and Referencing Containers, Blobs, and Metadata".
var containerName = regexp.MustCompile(`^[a-z0-9](-?[a-z0-9]){2,62}$`)

// CheckURL returns an error if the address is unfit for Config.URL. The address must name a host by
// https and one container. It must not have a query, because a shared access signature would be a
// secret.
func CheckURL(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" ||
		u.Fragment != "" {
		return errors.New("want https://account.blob.core.windows.net/container, without a query")
	}
	// The emulator has the account in the path.
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	if len(parts) > 2 || !containerName.MatchString(parts[len(parts)-1]) {
		return errors.New("want the name of one container after the host")
	}
	return nil
}

// NewContainer makes a Container. It does no network I/O. It returns an error for an unfit URL.
func NewContainer(config Config) (*Container, error) {
	return newContainer(config, smallRetries())
}

func newContainer(config Config, retry policy.RetryOptions) (*Container, error) {
	if err := CheckURL(config.URL); err != nil {
		return nil, fmt.Errorf("container: %w", err)
	}
	options, err := config.options(retry)
	if err != nil {
		return nil, fmt.Errorf("container: %w", err)
	}
	client, err := container.NewClient(strings.TrimRight(config.URL, "/"), config.Credential,
		&container.ClientOptions{ClientOptions: options})
	if err != nil {
		return nil, fmt.Errorf("container: %w", err)
	}
	return &Container{client}, nil
}

// Blob is a blob as a list has it.
type Blob struct {
	Name   string
	Length int64 // bytes
}

// Blobs returns the blobs whose names begin with a prefix, sorted by name. More than maxNames are
// an error.
func (c *Container) Blobs(ctx context.Context, prefix string) ([]Blob, error) {
	var blobs []Blob
	pages := c.client.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{Prefix: &prefix})
	for pages.More() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failed("list blobs", err)
		}
		if page.Segment == nil {
			return nil, errors.New("list blobs: an answer without a list")
		}
		for _, item := range page.Segment.BlobItems {
			if item.Name == nil || item.Properties == nil || item.Properties.ContentLength == nil {
				return nil, errors.New("list blobs: a blob without a name or a length")
			}
			blobs = append(blobs, Blob{Name: *item.Name, Length: *item.Properties.ContentLength})
		}
		if len(blobs) > maxNames {
			return nil, fmt.Errorf("list blobs: more than %d", maxNames)
		}
	}
	slices.SortFunc(blobs, func(a, b Blob) int { return strings.Compare(a.Name, b.Name) })
	return blobs, nil
}

// Names returns the names of Blobs.
func (c *Container) Names(ctx context.Context, prefix string) ([]string, error) {
	blobs, err := c.Blobs(ctx, prefix)
	names := make([]string, len(blobs))
	for i, blob := range blobs {
		names[i] = blob.Name
	}
	return names, err
}

// Open returns the present content of a blob. The caller must close it.
func (c *Container) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	response, err := c.client.NewBlobClient(name).DownloadStream(ctx, nil)
	if err != nil {
		return nil, failed("read blob", err)
	}
	return response.NewRetryReader(ctx, nil), nil
}

// tail returns up to most bytes from the end of a blob. An empty blob has none.
func (c *Container) tail(ctx context.Context, name string, most int64) ([]byte, error) {
	length, err := c.length(ctx, name)
	if err != nil {
		return nil, err
	}
	count := min(most, length)
	return c.part(ctx, name, length-count, count)
}

// length returns how many bytes a blob has.
func (c *Container) length(ctx context.Context, name string) (int64, error) {
	properties, err := c.client.NewBlobClient(name).GetProperties(ctx, nil)
	if err != nil {
		return 0, failed("read properties", err)
	}
	if properties.ContentLength == nil {
		return 0, errors.New("read properties: a blob without a length")
	}
	return *properties.ContentLength, nil
}

// part returns count bytes of a blob, which must be there.
func (c *Container) part(ctx context.Context, name string, offset, count int64) ([]byte, error) {
	if count == 0 {
		return nil, nil // a range has one byte at least
	}
	body, err := c.span(ctx, name, "", offset, count)
	if err != nil {
		return nil, failed("read blob", err)
	}
	defer body.Close()
	text, err := io.ReadAll(io.LimitReader(body, count))
	if err != nil || int64(len(text)) != count {
		return nil, failed("read blob", cmp.Or(err, io.ErrUnexpectedEOF))
	}
	return text, nil
}

// span opens count bytes of a blob from offset on; count is not 0. If a version is named, they are
// of that version. The caller must close it. An answer with other bytes than were asked for is an
// error: a proxy can leave out the range or the condition, and a document would get foreign bytes.
func (c *Container) span(ctx context.Context, name, version string, offset, count int64) (io.ReadCloser, error) {
	options := &blob.DownloadStreamOptions{Range: blob.HTTPRange{Offset: offset, Count: count}}
	if version != "" {
		options.AccessConditions = ifMatch(version)
	}
	response, err := c.client.NewBlobClient(name).DownloadStream(ctx, options)
	if err != nil {
		return nil, err
	}
	from := ""
	if response.ContentRange != nil {
		from = *response.ContentRange
	}
	switch {
	case version != "" && (response.ETag == nil || string(*response.ETag) != version):
		err = errAltered
	case offset > 0 && !strings.HasPrefix(from, fmt.Sprintf("bytes %d-", offset)):
		err = fmt.Errorf("read blob: an answer with the range %q, want it from byte %d on", from, offset)
	}
	if err != nil {
		response.Body.Close()
		return nil, err
	}
	return response.NewRetryReader(ctx, nil), nil
}
