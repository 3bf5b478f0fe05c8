package rate

// MaxCallers is the size of the table.
const MaxCallers = maxCallers

// Callers is the number of callers in the table.
func (l *Limiter) Callers() int {
	if l.order.Len() != len(l.callers) {
		return -1
	}
	return len(l.callers)
}
