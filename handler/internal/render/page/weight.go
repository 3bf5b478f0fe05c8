package page

import (
	"fmt"
	"html/template"
	"slices"
	"text/template/parse"
)

// stepFunction is the function that prepare inserts at the beginning of each turn of a loop.
const stepFunction = "influxion_step"

// prepare computes the weight of a parsed template and makes its loops count their turns.
// html/template escapes a template at its first execution, and the time for that doubles with each
// loop around a node. Only the weight shows that cost in advance.
func prepare(root *template.Template) error {
	w := &weigher{trees: map[string]*parse.Tree{}}
	for _, t := range root.Templates() {
		if t.Tree != nil {
			w.trees[t.Name()] = t.Tree
		}
	}
	if root.Tree == nil {
		return invalid("html_template is empty")
	}
	for _, tree := range w.trees {
		if err := w.call(tree.Name, 0); err != nil {
			return err
		}
	}
	turn, err := step()
	if err != nil {
		return fmt.Errorf("parse counting of loops: %w", err)
	}
	for _, tree := range w.trees {
		count(tree.Root, turn)
	}
	return nil
}

// weigher walks a template as html/template does when it escapes it: twice through the body of a
// loop, and into each template that is called.
type weigher struct {
	trees  map[string]*parse.Tree
	within []string // the templates on the present path of calls
	weight int
}

func (w *weigher) call(name string, depth int) error {
	tree := w.trees[name]
	if tree == nil {
		return nil // html/template reports the missing template
	}
	if slices.Contains(w.within, name) {
		return invalid(fmt.Sprintf("the template %.40q calls itself, which is not supported", name))
	}
	w.within = append(w.within, name)
	err := w.list(tree.Root, depth+1)
	w.within = w.within[:len(w.within)-1]
	return err
}

const nodeWeight = 64 // added to the bytes of a node

func (w *weigher) add(bytes, depth int) error {
	if w.weight += bytes + nodeWeight; w.weight > maxWeight {
		return over("the template has too many loops and templates within each other")
	}
	if depth > maxDepth {
		return over(fmt.Sprintf("the template has actions more than %d deep within each other", maxDepth))
	}
	return nil
}

func (w *weigher) list(list *parse.ListNode, depth int) error {
	if list == nil {
		return nil
	}
	for _, node := range list.Nodes {
		if err := w.node(node, depth); err != nil {
			return err
		}
	}
	return nil
}

func (w *weigher) node(node parse.Node, depth int) error {
	size := nodeWeight
	if text, ok := node.(*parse.TextNode); ok {
		size = len(text.Text)
	}
	if err := w.add(size, depth); err != nil {
		return err
	}
	switch n := node.(type) {
	case *parse.IfNode:
		return w.branch(&n.BranchNode, 1, depth)
	case *parse.WithNode:
		return w.branch(&n.BranchNode, 1, depth)
	case *parse.RangeNode:
		return w.branch(&n.BranchNode, 2, depth)
	case *parse.TemplateNode:
		return w.call(n.Name, depth)
	}
	return nil
}

func (w *weigher) branch(n *parse.BranchNode, times, depth int) error {
	for range times {
		if err := w.list(n.List, depth+1); err != nil {
			return err
		}
	}
	return w.list(n.ElseList, depth+1)
}

// count inserts turn at the beginning of each turn of the loops in a list.
func count(list *parse.ListNode, turn parse.Node) {
	if list == nil {
		return
	}
	for _, node := range list.Nodes {
		switch n := node.(type) {
		case *parse.IfNode:
			count(n.List, turn)
			count(n.ElseList, turn)
		case *parse.WithNode:
			count(n.List, turn)
			count(n.ElseList, turn)
		case *parse.RangeNode:
			count(n.List, turn)
			count(n.ElseList, turn)
			n.List.Nodes = slices.Insert(n.List.Nodes, 0, turn.Copy())
		}
	}
}

// counting is the action that counts a turn of a loop. html/template treats a declaration as no
// output, wherever it is.
const counting = "{{$" + stepFunction + " := " + stepFunction + "}}"

func step() (parse.Node, error) {
	trees, err := parse.Parse(stepFunction, counting, "", "", map[string]any{stepFunction: (*meter).turn})
	if err != nil {
		return nil, err
	}
	return trees[stepFunction].Root.Nodes[0], nil
}
