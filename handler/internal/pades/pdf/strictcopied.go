package pdf

// checkCopied checks an update whose trailer names the cross-reference stream that the trailer
// before it names (/XRefStm). The entries of that stream then come before all older sections, those
// of later revisions included. They must define what they defined before, whatever order a reader
// keeps: ISO 32000-2, 7.5.8.4, takes a stream before the free entries of its table, and some
// readers do not. PDFium does not read the stream beside the oldest table. checkCopied returns the
// first irregularity, or "".
func (u *updateCheck) checkCopied() (string, error) {
	f := u.file
	table, beside, free := f.layer(), f.layer()+1, f.layer()+2
	index := f.chain.index
	oldest := len(u.earlier.Sections()) == 1
	why := ""
	err := index.eachIn(f.newest().Objects, func(number int) error {
		if err := f.account.spend(entryCost); err != nil || why != "" || index.has(number, table) {
			return err
		}
		freed := index.frees(number, free)
		switch {
		case index.has(number, beside) && oldest:
			why = "the update names the cross-reference stream of the oldest section again, which not every " +
				"reader knows"
		case index.has(number, beside) && (freed || index.frees(number, free+layersOfSection)):
			why = "an object is in use in the cross-reference stream that the update names again, and free in a table"
		case !freed && f.find(number) != u.earlier.find(number):
			why = "the cross-reference stream that the update names again brings back an older state of an object"
		}
		return nil
	})
	return why, err
}
