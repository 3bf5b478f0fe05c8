package pdf

import (
	"fmt"

	"influxion/handler/internal/pades/pdf/bounds"
)

// FirstPage returns the first page of the page tree.
func (f *File) FirstPage() (Ref, Dict, error) {
	var ref Ref
	var page Dict
	err := f.Pages(func(r Ref, d Dict) bool {
		ref, page = r, d
		return false
	})
	if err == nil && page == nil {
		err = f.NoPage()
	}
	return ref, page, err
}

// NoPage is the error of a document whose page tree has no page.
func (f *File) NoPage() error {
	ref, catalog, err := f.Catalog()
	if err != nil {
		return err
	}
	if root, ok := catalog["Pages"].(Ref); ok {
		ref = root
	}
	return f.At(ref, damaged("the document has no page"))
}

// Pages yields the pages in their order until yield returns false. A node with /Kids is a branch
// and any other dictionary is a page, whatever /Type and /Count say. Pages leaves out kids that are
// null. It also leaves out a kid that is a branch containing that kid, because readers do not
// follow loops. A page that is in the tree twice is yielded twice.
func (f *File) Pages(yield func(Ref, Dict) bool) error {
	catalogRef, catalog, err := f.Catalog()
	if err != nil {
		return err
	}
	root, ok := catalog["Pages"].(Ref)
	if !ok {
		return f.At(catalogRef, notReferred(catalog["Pages"], "the page tree of the catalog"))
	}
	walk := pageWalk{file: f, path: map[Ref]bool{}, empty: map[Ref]bool{}, yield: yield}
	_, err = walk.node(root, 0)
	return err
}

type pageWalk struct {
	file  *File
	path  map[Ref]bool // branches that the walk is within
	empty map[Ref]bool // branches without a page, which need no second walk
	pages int          // that were yielded
	loops int          // that were cut
	yield func(Ref, Dict) bool
}

// node walks one node, and reports whether to go on.
func (w *pageWalk) node(ref Ref, depth int) (bool, error) {
	f := w.file
	if depth > f.limits.PageDepth {
		return false, tooComplex("the page tree is more than %d levels deep", f.limits.PageDepth)
	}
	if err := f.account.Spend(bounds.JumpCost); err != nil {
		return false, err
	}
	if w.path[ref] {
		w.loops++
		return true, nil
	}
	if w.empty[ref] {
		return true, nil
	}
	node, err := f.Dict(ref)
	if err != nil || node == nil {
		return true, err
	}
	if node["Kids"] == nil {
		if depth == 0 {
			return false, f.At(ref, damaged("the root of the page tree has no kids"))
		}
		w.pages++
		return w.yield(ref, node), nil
	}
	w.path[ref] = true
	pages, loops := w.pages, w.loops
	more, err := w.kids(ref, node, depth)
	delete(w.path, ref)
	w.empty[ref] = w.pages == pages && w.loops == loops
	return more, err
}

func (w *pageWalk) kids(ref Ref, node Dict, depth int) (bool, error) {
	f := w.file
	kids, err := f.Array(node["Kids"])
	if err != nil {
		return false, f.At(ref, err)
	}
	for i, kid := range kids {
		if kid == nil {
			continue
		}
		below, ok := kid.(Ref)
		if !ok {
			return false, f.At(ref, notReferred(kid, fmt.Sprintf("kid %d of a node in the page tree", i+1)))
		}
		if more, err := w.node(below, depth+1); err != nil || !more {
			return false, err
		}
	}
	return true, nil
}

// notReferred returns the error for a node of the page tree that is a direct object, although ISO
// 32000-2, 7.7.3.2, demands a reference. MuPDF, PDFium and Ghostscript show a page that is a direct
// object; Poppler shows neither that page nor any page after it.
func notReferred(node Object, name string) error {
	if _, direct := node.(Dict); direct {
		return damaged("%s is a direct object, whose pages not all viewers show", name)
	}
	return damaged("%s is not a reference", name)
}
