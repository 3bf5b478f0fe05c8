package storage

// SetMaxBlocks makes blobs full earlier.
func (l *AppendLog) SetMaxBlocks(n int) { l.maxBlocks = n }
