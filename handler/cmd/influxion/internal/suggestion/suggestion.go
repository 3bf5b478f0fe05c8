package suggestion

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// misspelt is the number of mistakes in a word up to which another one is suggested in its place.
const misspelt = 2

// Flags adds to the error of an unknown flag the flags that it may stand for. Other errors stay as
// they are.
func Flags(c *cobra.Command, err error) error {
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok {
		return err
	}
	word := unknown.GetSpecifiedName()
	if short := unknown.GetSpecifiedShortnames(); short != "" {
		word = short // one hyphen before a whole word: -level
	}
	word, _, _ = strings.Cut(word, "=")
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	var found []string
	for _, name := range similar(word, names) {
		found = append(found, "--"+name)
	}
	return didYouMean(err, found)
}

// Commands adds to the error of an unknown command those of c that it may stand for.
func Commands(c *cobra.Command, word string, err error) error {
	var names []string
	for _, below := range c.Commands() {
		if below.IsAvailableCommand() {
			names = append(names, below.Name())
		}
	}
	return didYouMean(err, similar(word, names))
}

func didYouMean(err error, words []string) error {
	if len(words) == 0 {
		return err
	}
	return fmt.Errorf("%w: did you mean %s?", err, strings.Join(words, " or "))
}

// similar returns the names that begin with the word and, if there are none, those nearest to it.
func similar(word string, names []string) (found []string) {
	word = strings.ToLower(word)
	if len(word) < 2 {
		return nil // nearly every name is near to it
	}
	nearest := min(misspelt, (len(word)-1)/2)
	for _, name := range names {
		if strings.HasPrefix(name, word) {
			found = append(found, name)
		}
	}
	if len(found) > 0 {
		return found
	}
	for _, name := range names {
		switch mistakes := distance(word, name); {
		case mistakes < nearest:
			nearest, found = mistakes, []string{name}
		case mistakes == nearest:
			found = append(found, name)
		}
	}
	return found
}

// distance returns the number of letters to add, drop, replace, or swap with the next one, that
// turn one word into the other (optimal string alignment).
func distance(a, b string) int {
	var before []int // the line before the last one
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		line := slices.Clone(last)
		line[0] = i + 1
		for j := range len(b) {
			replaced := last[j]
			if a[i] != b[j] {
				replaced++
			}
			line[j+1] = min(replaced, last[j+1]+1, line[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				line[j+1] = min(line[j+1], before[j-1]+1)
			}
		}
		before, last = last, line
	}
	return last[len(b)]
}
