package audit

// Kill ends the background work without an end line, as a crash does.
func (l *Log) Kill() {
	l.stop()
	l.ended.Wait()
}
