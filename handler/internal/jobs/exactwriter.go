package jobs

import "errors"

var errSize = errors.New("internal error: a result of another size than was stated")

// exactWriter takes no more bytes than its content has capacity for.
type exactWriter struct{ content []byte }

// Write is io.Writer.
func (w *exactWriter) Write(p []byte) (int, error) {
	if len(p) > cap(w.content)-len(w.content) {
		return 0, errSize
	}
	w.content = append(w.content, p...)
	return len(p), nil
}
