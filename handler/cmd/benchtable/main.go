// Command benchtable turns the output of `go test -bench` on standard input into a table of
// claims. Each metric that a benchmark reports together with a limit is a row: unit "X" with
// "X-limit" (at most) or "X-floor" (at least). Each metric with a kept figure is a row too, and so
// is each of the unit "ratio": without a kept figure nobody would notice that its saving is lost.
// The program exits with 1 if there is no row, if a benchmark failed, if a ratio has no kept
// figure, or if a saving is lost (see kept.go). It shows a claim that does not hold, but does not
// count it as a failure. With -json it also writes the rows to a file. Its input is what benchstat
// compares.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
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
	file := flag.String("json", "", "`file` that gets the rows as JSON")
	flag.Parse()
	kept, err := readKept(keptFigures)
	if err == nil {
		err = run(os.Stdin, os.Stdout, *file, kept)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchtable:", err)
		os.Exit(1)
	}
}

// row is a measurement with a claim or a kept figure, or a ratio.
type row struct {
	Benchmark string   `json:"benchmark"`
	Unit      string   `json:"unit"`
	Measured  float64  `json:"measured"`
	Limit     *float64 `json:"limit,omitempty"` // at most
	Floor     *float64 `json:"floor,omitempty"` // at least
	Kept      *float64 `json:"kept,omitempty"`
	Holds     bool     `json:"holds"` // where there is no claim: true
}

// name is the row's key among the kept figures.
func (r row) name() string { return r.Benchmark + " " + r.Unit }

// run writes the table, and the rows to a file unless its name is "".
func run(in io.Reader, out io.Writer, file string, kept figures) error {
	rows, err := table(in, out, kept)
	if err == nil {
		err = kept.check(rows)
	}
	if file == "" {
		return err
	}
	text, marshalErr := json.MarshalIndent(rows, "", "  ")
	if marshalErr != nil {
		return errors.Join(err, marshalErr)
	}
	return errors.Join(err, os.WriteFile(file, append(text, '\n'), 0o644))
}

func table(in io.Reader, out io.Writer, kept figures) ([]row, error) {
	written := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(written, "benchmark\tmeasured\tclaim\tholds\tkept")
	var all []row
	failed := false
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "FAIL") || strings.HasPrefix(lines.Text(), "panic") ||
			strings.HasPrefix(lines.Text(), "--- FAIL") {
			fmt.Fprintln(out, lines.Text())
			failed = true
		}
		name, metrics := parse(lines.Text())
		rows := rowsOf(name, metrics, kept)
		for _, r := range rows {
			r.write(written)
		}
		all = append(all, rows...)
	}
	if err := lines.Err(); err != nil {
		return all, err
	}
	if err := written.Flush(); err != nil {
		return all, err
	}
	if failed || len(all) == 0 {
		return all, fmt.Errorf("a benchmark failed, or none reported a claim (%d rows)", len(all))
	}
	return all, nil
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

// rowsOf returns the rows of one benchmark, by unit.
func rowsOf(name string, metrics map[string]float64, kept figures) (rows []row) {
	for _, unit := range slices.Sorted(maps.Keys(metrics)) {
		r := row{Benchmark: name, Unit: unit, Measured: metrics[unit], Holds: true}
		if limit, ok := metrics[unit+"-limit"]; ok {
			r.Limit, r.Holds = &limit, r.Measured <= limit
		} else if floor, ok := metrics[unit+"-floor"]; ok {
			r.Floor, r.Holds = &floor, r.Measured >= floor
		}
		if figure, ok := kept[r.name()]; ok {
			r.Kept = &figure
		}
		if r.Limit != nil || r.Floor != nil || r.Kept != nil || unit == "ratio" {
			rows = append(rows, r)
		}
	}
	return rows
}

func (r row) write(out io.Writer) {
	claim, holds, kept := "", "", ""
	if r.Limit != nil {
		claim = fmt.Sprintf("≤ %.2f", *r.Limit)
	} else if r.Floor != nil {
		claim = fmt.Sprintf("≥ %.2f", *r.Floor)
	}
	if claim != "" {
		holds = "yes"
	}
	if !r.Holds {
		holds = "NO"
	}
	if r.Kept != nil {
		kept = fmt.Sprintf("%.2f", *r.Kept)
	}
	if r.lost() {
		kept += " LOST"
	}
	fmt.Fprintf(out, "%s\t%.2f %s\t%s\t%s\t%s\n", r.Benchmark, r.Measured, r.Unit, claim, holds, kept)
}
