// Command benchtable turns the output of `go test -bench` on standard input into a table of claims.
// Each metric that a benchmark reports beside its limit is a row: unit "X" with "X-limit" (at most)
// or "X-floor" (at least). It exits with 1 if there is no row or a benchmark failed. It shows a
// claim that does not hold, and that is no failure.
package main

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

func main() {
	if err := table(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "benchtable:", err)
		os.Exit(1)
	}
}

func table(in io.Reader, out io.Writer) error {
	rows := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(rows, "benchmark\tmeasured\tclaim\tholds")
	count, failed := 0, false
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "FAIL") || strings.HasPrefix(lines.Text(), "panic") ||
			strings.HasPrefix(lines.Text(), "--- FAIL") {
			fmt.Fprintln(out, lines.Text())
			failed = true
		}
		name, metrics := parse(lines.Text())
		count += write(rows, name, metrics)
	}
	if err := lines.Err(); err != nil {
		return err
	}
	if err := rows.Flush(); err != nil {
		return err
	}
	if failed || count == 0 {
		return fmt.Errorf("a benchmark failed, or none reported a claim (%d rows)", count)
	}
	return nil
}

// parse reads one result: name, iterations, then pairs of value and unit.
func parse(line string) (string, map[string]float64) {
	fields := strings.Fields(line)
	if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
		return "", nil
	}
	metrics := map[string]float64{}
	for i := 2; i+1 < len(fields); i += 2 {
		value, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			return "", nil
		}
		metrics[fields[i+1]] = value
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(fields[0], "Benchmark"), "\t")
	if at := strings.LastIndexByte(name, '-'); at > 0 {
		name = name[:at] // the number of processors
	}
	return name, metrics
}

func write(rows io.Writer, name string, metrics map[string]float64) int {
	count := 0
	for _, unit := range slices.Sorted(maps.Keys(metrics)) {
		value := metrics[unit]
		limit, atMost := metrics[unit+"-limit"]
		floor, atLeast := metrics[unit+"-floor"]
		switch {
		case atMost:
			fmt.Fprintf(rows, "%s\t%.2f %s\t≤ %.2f\t%s\n", name, value, unit, limit, holds(value <= limit))
		case atLeast:
			fmt.Fprintf(rows, "%s\t%.2f %s\t≥ %.2f\t%s\n", name, value, unit, floor, holds(value >= floor))
		default:
			continue
		}
		count++
	}
	return count
}

func holds(yes bool) string {
	if yes {
		return "yes"
	}
	return "NO"
}
