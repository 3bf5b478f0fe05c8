package xref

import "influxion/handler/internal/pades/pdf/bounds"

// Find returns the entry of an object in the part of the chain from first on. Its Kind is EntryFree
// if the object is not in use there.
func (c *Chain) Find(first, number int) Entry { return c.index.get(number, layerOf(first)).entry() }

// layerOf returns the first layer of a section in the index.
func layerOf(section int) uint16 { return uint16(section * layersOfSection) }

// Freeing returns the entry that frees a number in the part of the chain from first on, if there is
// one, and how many layers it searched.
func (c *Chain) Freeing(first, number int) (entry Entry, freed bool, looked int) {
	found, looked := c.index.freeing(number, layerOf(first))
	return found.entry(), found != 0, looked
}

// Highest returns the highest object number that has an entry in a section from first on; -1 = none
// has.
func (c *Chain) Highest(first int) int { return c.links[first].highest }

// Lists reports whether the section at first has an in-use entry for a number.
func (c *Chain) Lists(first, number int) bool {
	at := c.index.find(number, layerOf(first))
	return at >= 0 && int(c.index.rows[at].layer) < (first+1)*layersOfSection
}

// EachIn calls found once for each number in the ranges that is in use in any section.
func (c *Chain) EachIn(ranges []Range, found func(number int) error) error {
	x := c.index
	for _, r := range ranges {
		page := r.First / pageNumbers
		if page+1 >= len(x.pages) {
			continue
		}
		at := int(x.pages[page])
		for at += x.skip(at, uint32(r.First), 0); at < len(x.rows); {
			number := x.rows[at].number
			if int(number) >= r.First+r.Count {
				break
			}
			if err := found(int(number)); err != nil {
				return err
			}
			at += x.skip(at, number+1, 0)
		}
	}
	return nil
}

// Copied checks a section whose /XRefStm was copied from the trailer before it, so that both
// trailers name the same cross-reference stream. The entries of that stream then come before all
// older sections, also before those of later revisions than the stream's own. They must define what
// they defined in the earlier revision, whatever order a reader keeps: ISO 32000-2, 7.5.8.4, puts a
// stream before the free entries of its table, and some readers do not. PDFium does not read the
// stream beside the oldest table. Copied returns the first irregularity, or "".
func (c *Chain) Copied(first int, earlier *Chain, before int, a *bounds.Account) (string, error) {
	table := layerOf(first)
	beside, free := table+1, table+2
	index := c.index
	oldest := len(earlier.Sections)-before == 1
	why := ""
	err := c.EachIn(c.Sections[first].Objects, func(number int) error {
		if err := a.Spend(bounds.EntryCost); err != nil || why != "" || index.has(number, table) {
			return err
		}
		freed := index.frees(number, free)
		switch {
		case index.has(number, beside) && oldest:
			why = "the update names the cross-reference stream of the oldest section again, which not every " +
				"reader supports"
		case index.has(number, beside) && (freed || index.frees(number, free+layersOfSection)):
			why = "an object is in use in the cross-reference stream that the update names again, and free in a table"
		case !freed && c.Find(first, number) != earlier.Find(before, number):
			why = "the cross-reference stream that the update names again brings back an older state of an object"
		}
		return nil
	})
	return why, err
}
