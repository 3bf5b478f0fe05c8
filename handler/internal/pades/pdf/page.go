package pdf

// FirstPage gives the first page of the page tree.
func (f *File) FirstPage() (Ref, Dict, error) {
	var ref Ref
	var page Dict
	err := f.Pages(func(r Ref, d Dict) bool {
		ref, page = r, d
		return false
	})
	if err == nil && page == nil {
		err = damaged("the document has no page")
	}
	return ref, page, err
}

// Pages yields the pages in their order until yield says false. A node with /Kids is a branch and any other dictionary is a page,
// whatever /Type and /Count say. Kids that are null are left out.
func (f *File) Pages(yield func(Ref, Dict) bool) error {
	_, catalog, err := f.Catalog()
	if err != nil {
		return err
	}
	root, ok := catalog["Pages"].(Ref)
	if !ok {
		return damaged("the catalog has no reference to a page tree")
	}
	walk := pageWalk{file: f, seen: map[Ref]bool{}, yield: yield}
	_, err = walk.node(root, 0)
	return err
}

type pageWalk struct {
	file  *File
	seen  map[Ref]bool // branches, which must not be reached twice
	yield func(Ref, Dict) bool
}

// node walks one node and says whether to go on.
func (w *pageWalk) node(ref Ref, depth int) (bool, error) {
	f := w.file
	if depth > f.limits.PageDepth {
		return false, tooComplex("the page tree is more than %d levels deep", f.limits.PageDepth)
	}
	if err := f.account.spend(jumpCost); err != nil {
		return false, err
	}
	node, err := f.Dict(ref)
	if err != nil || node == nil {
		return true, err
	}
	if node["Kids"] == nil {
		if depth == 0 {
			return false, damaged("the root of the page tree has no kids")
		}
		return w.yield(ref, node), nil
	}
	if w.seen[ref] {
		return false, damaged("the page tree leads back to object %d", ref.Number)
	}
	w.seen[ref] = true
	kids, err := f.Array(node["Kids"])
	if err != nil {
		return false, err
	}
	for _, kid := range kids {
		if kid == nil {
			continue
		}
		ref, ok := kid.(Ref)
		if !ok {
			return false, damaged("a kid in the page tree is no reference")
		}
		if more, err := w.node(ref, depth+1); err != nil || !more {
			return false, err
		}
	}
	return true, nil
}
