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
	maxBlocks = 49_000    // of one blob; Azure allows 50,000
	maxTails  = 64        // instances whose last lines are looked at
	tailSize  = 256 << 10 // bytes, as long as the longest line
	dayForm   = "2006/01/02"
	timeForm  = "20060102T150405Z"
)

// AppendLog is a log of one writer in append blobs, whose names begin with a day and go on with a
// time, the writer and a number: 2026/01/31/20260131T120000Z-<writer>-0001.jsonl. A blob is
// followed by the next on another day, before it is full, and where it takes nothing more.
//
// Each block is written at the place where the one before ended, so that a block whose answer was
// lost is found there and not written twice. Safe for concurrent use.
type AppendLog struct {
	container *Container
	now       func() time.Time
	writer    string
	maxBlocks int

	mu     sync.Mutex
	number int    // of the blob
	name   string // "" = the next block begins a blob
	made   bool   // that blob is there
	day    string
	offset int64
	blocks int
	unsure bool // whether the last lines are there is not known
}

// NewAppendLog makes the log of a new writer. It does no I/O.
func NewAppendLog(container *Container, now func() time.Time) *AppendLog {
	return &AppendLog{container: container, now: now, writer: guid.New(), maxBlocks: maxBlocks}
}

// Append writes lines as one block. After an error nobody knows whether they are there: call it
// again with the same lines, and they are there once.
func (l *AppendLog) Append(ctx context.Context, lines []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.block(ctx, lines)
	if err == nil || !refuses(err) {
		return err
	}
	if l.offset == 0 && bloberror.HasCode(err, bloberror.BlobImmutableDueToPolicy) {
		return err // the container takes nothing, and would collect empty blobs
	}
	// This blob takes nothing more; another one may. But the block may be there from a try before,
	// in this call or in the last.
	if !bloberror.HasCode(err, bloberror.BlobNotFound) {
		l.unsure = true
		if there, err := l.there(ctx, lines); err != nil || there {
			return err
		}
	}
	l.next()
	return l.block(ctx, lines)
}

// block writes to the blob that is at hand, or begins one.
func (l *AppendLog) block(ctx context.Context, lines []byte) error {
	if err := l.ready(ctx); err != nil {
		return err
	}
	_, err := l.client().AppendBlock(ctx, seekable{bytes.NewReader(lines)}, &appendblob.AppendBlockOptions{
		AppendPositionAccessConditions: &appendblob.AppendPositionAccessConditions{AppendPosition: to.Ptr(l.offset)}})
	if bloberror.HasCode(err, bloberror.AppendPositionConditionNotMet) {
		l.unsure = true // until settle knows
		return l.settle(ctx, lines)
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

// ready sees to it that there is a blob to write to.
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
	if err != nil && !bloberror.HasCode(err, bloberror.BlobAlreadyExists) { // its name is ours alone
		return failed("create blob", err)
	}
	l.made = true
	return nil
}

// next leaves the blob.
func (l *AppendLog) next() { l.name, l.made, l.offset, l.blocks, l.unsure = "", false, 0, 0, false }

// settle is for a blob that has another length than was thought: the block is there, its answer was
// lost; or somebody else writes to our blob, and another one is begun.
func (l *AppendLog) settle(ctx context.Context, lines []byte) error {
	there, err := l.there(ctx, lines)
	if err != nil || there {
		return err
	}
	l.next()
	return errors.New("append block: the blob has another length than was written to it")
}

// there tells whether the lines are the next block of the blob, and notes that they are. What
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

// refuses tells whether the blob, and not the service, is at fault: nothing was written.
func refuses(err error) bool {
	return bloberror.HasCode(err, bloberror.BlockCountExceedsLimit, bloberror.BlobImmutableDueToPolicy,
		bloberror.BlobNotFound, bloberror.InvalidBlobType, bloberror.BlobArchived, "BlobSealed", "BlobIsSealed",
		bloberror.LeaseIDMissing)
}

// Tails gives the last bytes of what each writer wrote today and on the day before: whoever writes
// begins a blob each day.
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

// writerOf reads a name of ours; "" for another one.
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

// Close is io.Closer.
func (seekable) Close() error { return nil }

var _ io.ReadSeekCloser = seekable{}
