package audit

// Kill ends what is under way without a word, as a crash does.
func (l *Log) Kill() {
	l.stop()
	l.ended.Wait()
}
