package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"influxion/handler/internal/pades"
)

// entry is one line of the manifest: a signed document, or why there is none.
type entry struct {
	File    string      `json:"file"`
	Source  string      `json:"source"`             // the document as it was before the first signature
	Earlier string      `json:"previous,omitempty"` // the document with the first signature alone
	Set     string      `json:"set"`                // matrix or corpus
	Kind    string      `json:"kind"`               // of input
	Key     string      `json:"key"`                // of the last signature
	Level   pades.Level `json:"level"`
	Count   int         `json:"count"` // signatures of ours
	Visible bool        `json:"visible"`
	Error   string      `json:"error,omitempty"`
}

// task is one document to be signed with some seals in turn.
type task struct {
	source  string
	set     string
	kind    string
	level   pades.Level
	visible bool
	seals   []seal
}

// matrixPlan is what to sign: inputs × levels × seals × (first, second), visible ones for inputs ×
// levels, and the corpus at the highest level.
type matrixPlan struct {
	inputs, corpus string // folders; empty = none
	visible        bool   // the corpus is signed visibly as well
	levels         []pades.Level
}

func (p matrixPlan) tasks(seals []seal) ([]task, error) {
	kinds, err := documents(p.inputs)
	if err != nil {
		return nil, err
	}
	var tasks []task
	for _, file := range kinds {
		for i, level := range p.levels {
			for j, first := range seals {
				second := seals[(j+1)%len(seals)]
				tasks = append(tasks, task{file, "matrix", stem(file), level, false, []seal{first, second}})
			}
			tasks = append(tasks, task{file, "matrix", stem(file), level, true, []seal{seals[i%len(seals)]}})
		}
	}
	real, err := documents(p.corpus)
	if err != nil {
		return nil, err
	}
	highest := p.levels[len(p.levels)-1]
	for i, file := range real {
		// Each file is signed with two of the seals, and each seal signs many files.
		pair := []seal{seals[i%len(seals)], seals[(i+1)%len(seals)]}
		tasks = append(tasks, task{file, "corpus", stem(file), highest, false, pair})
		if p.visible {
			tasks = append(tasks, task{file, "corpus", stem(file), highest, true, pair[:1]})
		}
	}
	return tasks, nil
}

func documents(folder string) ([]string, error) {
	if folder == "" {
		return nil, nil
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.pdf"))
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("no PDF in %s", folder)
	}
	return files, err
}

func stem(file string) string { return strings.TrimSuffix(filepath.Base(file), ".pdf") }

// name is the name of the document with count signatures, without the folder.
func (t task) name(count int) string {
	look := ""
	if t.visible {
		look = "-visible"
	}
	if t.set == "corpus" {
		return fmt.Sprintf("corpus--%s%s.%d.pdf", t.kind, look, count)
	}
	return fmt.Sprintf("%s--%s-%s%s.%d.pdf", t.kind, t.level, t.seals[0].name, look, count)
}
