package pdf

import "influxion/handler/internal/pades/pdf/bounds"

// Differences calls found for each object number whose cross-reference entry differs between f and
// an earlier revision of it, until found returns an error. Its cost follows the numbers in use in
// the sections of the later revision and in the earlier one. Numbers that are free or unlisted in
// both do not differ. A number can be reported twice.
func (f *File) Differences(earlier *File, found func(number int, was, is Entry) error) error {
	compare := func(number int) error {
		was, is := earlier.find(number), f.find(number)
		if err := f.account.Spend(bounds.EntryCost); err != nil || was == is {
			return err
		}
		return found(number, was, is)
	}
	if f.chain != earlier.chain {
		all := []Range{{Count: max(f.highest(), earlier.highest()) + 1}}
		if err := f.chain.EachIn(all, compare); err != nil {
			return err
		}
		return earlier.chain.EachIn(all, compare)
	}
	for i := f.first; i < earlier.first; i++ {
		if err := f.chain.EachIn(f.chain.Sections[i].Objects, compare); err != nil {
			return err
		}
	}
	return nil
}

// eachListed calls found for each number in use in the newest section, until found returns an
// error.
func (f *File) eachListed(found func(number int, entry Entry) error) error {
	return f.chain.EachIn(f.newest().Objects, func(number int) error {
		if err := f.account.Spend(bounds.EntryCost); err != nil || !f.chain.Lists(f.first, number) {
			return err
		}
		entry := f.find(number)
		if entry.Kind == EntryFree {
			return nil
		}
		return found(number, entry)
	})
}

// OpenEnded reports whether reading an object reached the end of the file, so that appended bytes
// could change it.
func (f *File) OpenEnded(number int) bool { return f.openEnded[number] }

// Exact reports whether the data of a stream of the File are as long as its dictionary says. If
// not, appended bytes could change their length.
func (f *File) Exact(s *Stream) (bool, error) {
	extent, err := f.Extent(s)
	if err != nil {
		return false, err
	}
	length, err := f.streamLength(s)
	return err == nil && length == extent.End-extent.Start, err
}
