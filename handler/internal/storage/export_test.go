package storage

// SetMaxBlocks lowers the number of blocks at which a blob is full.
func (l *AppendLog) SetMaxBlocks(n int) { l.maxBlocks = n }
