package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/appendblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"

	"influxion/handler/internal/guid"
)

const (
	maxBlocks = 49_000    // in one blob; Azure allows 50,000
	maxTails  = 64        // instances whose last lines Tails reads
	tailSize  = 256 << 10 // bytes, as long as the longest line
	dayForm   = "2006/01/02"
	timeForm  = "20060102T150405Z"
)

// AppendLog is the log of one writer in append blobs. A blob's name has a day, a time, the writer
// and a number: 2026/01/31/20260131T120000Z-<writer>-0001.jsonl. The next blob begins on another
// day, before a blob is full, and when a blob takes no more blocks.
//
// Each block is written at the offset where the one before ended. So a block whose answer was lost
// is found there and is not written twice. Safe for concurrent use.
type AppendLog struct {
	container *Container
	now       func() time.Time
	writer    string
	maxBlocks int

	mu     sync.Mutex
	number int    // of the current blob
	name   string // of the current blob; "" = the next block begins one
	made   bool   // the current blob exists
	day    string
	offset int64
	blocks int
	unsure bool // it is not known whether the last lines were stored
}

// NewAppendLog makes the log of a new writer. It does no I/O.
func NewAppendLog(container *Container, now func() time.Time) *AppendLog {
	return &AppendLog{container: container, now: now, writer: guid.New(), maxBlocks: maxBlocks}
}

// Append writes lines as one block. After an error it is unknown whether the lines are stored: call
// Append again with the same lines, and they are stored exactly once.
func (l *AppendLog) Append(ctx context.Context, lines []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.block(ctx, lines)
	if err == nil || !refuses(err) {
		return err
	}
	if l.offset == 0 && bloberror.HasCode(err, bloberror.BlobImmutableDueToPolicy) {
		return err // the container refuses blocks: more blobs would stay empty
	}
	// This blob takes no more blocks, but another one may. An earlier try, in this call or before
	// it, may have stored the block.
	l.unsure = true
	if there, err := l.there(ctx, lines); there || err != nil && !refuses(err) {
		return err
	}
	l.next()
	return l.block(ctx, lines)
}

// block appends lines to the current blob, or begins one.
func (l *AppendLog) block(ctx context.Context, lines []byte) error {
	if err := l.ready(ctx); err != nil {
		return err
	}
	_, err := l.client().AppendBlock(ctx, seekable{bytes.NewReader(lines)}, &appendblob.AppendBlockOptions{
		AppendPositionAccessConditions: &appendblob.AppendPositionAccessConditions{AppendPosition: to.Ptr(l.offset)}})
	if bloberror.HasCode(err, bloberror.AppendPositionConditionNotMet) {
		l.unsure = true // until checkLength knows
		return l.checkLength(ctx, lines)
	}
	if err != nil {
		l.unsure = l.unsure || !refuses(err)
		return failed("append block", err)
	}
	l.wrote(lines)
	return nil
}

func (l *AppendLog) wrote(lines []byte) {
	l.offset += int64(len(lines))
	l.blocks++
	l.unsure = false
}

// ready makes sure that there is a blob to write to.
func (l *AppendLog) ready(ctx context.Context) error {
	today := l.now().UTC().Format(dayForm)
	if l.name != "" && l.offset > 0 && !l.unsure && (l.blocks >= l.maxBlocks || l.day != today) {
		l.next()
	}
	if l.name == "" {
		l.number++
		l.day = today
		l.name = fmt.Sprintf("%s/%s-%s-%04d.jsonl", today, l.now().UTC().Format(timeForm), l.writer, l.number)
	}
	if l.made {
		return nil
	}
	_, err := l.client().Create(ctx, &appendblob.CreateOptions{
		HTTPHeaders: &blob.HTTPHeaders{BlobContentType: to.Ptr("application/jsonl")},
		AccessConditions: &blob.AccessConditions{
			ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfNoneMatch: to.Ptr(azcore.ETagAny)}}})
	if err != nil && !bloberror.HasCode(err, bloberror.BlobAlreadyExists) { // no other instance uses this name
		return failed("create blob", err)
	}
	l.made = true
	return nil
}

// next ends the current blob.
func (l *AppendLog) next() { l.name, l.made, l.offset, l.blocks, l.unsure = "", false, 0, 0, false }

// checkLength handles a blob with an unexpected length. Either the block is stored and its answer
// was lost, or somebody else writes to this blob. In the second case another blob begins.
func (l *AppendLog) checkLength(ctx context.Context, lines []byte) error {
	there, err := l.there(ctx, lines)
	if err != nil || there {
		return err
	}
	l.next()
	return errors.New("append block: the blob has another length than was written to it")
}

// there reports whether the lines are the next block of the blob, and records that if so. What
// somebody else has written behind them does not matter.
func (l *AppendLog) there(ctx context.Context, lines []byte) (bool, error) {
	length, err := l.container.length(ctx, l.name)
	if err != nil || length < l.offset+int64(len(lines)) {
		return false, err
	}
	block, err := l.container.part(ctx, l.name, l.offset, int64(len(lines)))
	if err != nil || !bytes.Equal(block, lines) {
		return false, err
	}
	l.wrote(lines)
	return true, nil
}

func (l *AppendLog) client() *appendblob.Client {
	return l.container.client.NewAppendBlobClient(l.name)
}

// refuses reports whether the blob, not the service, caused the error, so that nothing was written.
func refuses(err error) bool {
	return bloberror.HasCode(err, bloberror.BlockCountExceedsLimit, bloberror.BlobImmutableDueToPolicy,
		bloberror.BlobNotFound, bloberror.InvalidBlobType, bloberror.BlobArchived, "BlobSealed", "BlobIsSealed",
		bloberror.LeaseIDMissing)
}

// Tails returns the last bytes that each writer wrote today or the day before. A writer begins a
// new blob each day.
func (l *AppendLog) Tails(ctx context.Context) ([][]byte, error) {
	now := l.now().UTC()
	latest := map[string]string{} // by writer
	var writers []string
	for _, day := range []time.Time{now, now.AddDate(0, 0, -1)} {
		names, err := l.container.Names(ctx, day.Format(dayForm)+"/")
		if err != nil {
			return nil, err
		}
		for i := len(names) - 1; i >= 0; i-- {
			writer := writerOf(names[i])
			if writer == "" || latest[writer] != "" {
				continue
			}
			latest[writer] = names[i]
			writers = append(writers, writer)
		}
	}
	var tails [][]byte
	for _, writer := range writers[:min(len(writers), maxTails)] {
		tail, err := l.container.tail(ctx, latest[writer], tailSize)
		if err != nil {
			return nil, err
		}
		if len(tail) > 0 {
			tails = append(tails, tail)
		}
	}
	return tails, nil
}

// writerOf returns the writer in the name of a blob; "" for a name of another form.
func writerOf(name string) string {
	name = name[strings.LastIndexByte(name, '/')+1:]
	stem, ours := strings.CutSuffix(name, ".jsonl")
	if !ours || len(stem) < len(timeForm)+1+36 {
		return ""
	}
	writer := stem[len(timeForm)+1:][:36]
	if !guid.Valid(writer) {
		return ""
	}
	return writer
}

// seekable is a body that azblob can send again.
type seekable struct{ *bytes.Reader }

// Close implements io.Closer.
func (seekable) Close() error { return nil }

var _ io.ReadSeekCloser = seekable{}
