package filter

import (
	"errors"
	"io"

	"influxion/handler/internal/pades/pdf/bounds"
	"influxion/handler/internal/pades/pdf/syntax"
)

const (
	maxRow    = 1 << 20 // bytes of a row that predictors work on
	maxColors = 64
	rowCost   = 8 // of a row, in units of Limits.Work
)

// Predictor is the parameters of ISO 32000-2, 7.4.4.4; zero for none.
type Predictor struct{ algorithm, colors, bits, columns int }

// ReadPredictor reads the parameters. entry resolves an entry of their dictionary.
func ReadPredictor(entry func(key syntax.Name) (syntax.Object, error)) (Predictor, error) {
	p := Predictor{1, 1, 8, 1}
	for _, parameter := range []struct {
		key   syntax.Name
		value *int
	}{{"Predictor", &p.algorithm}, {"Colors", &p.colors}, {"BitsPerComponent", &p.bits}, {"Columns", &p.columns}} {
		object, err := entry(parameter.key)
		if err != nil {
			return p, err
		}
		if object == nil {
			continue
		}
		value, ok := object.(syntax.Integer)
		if !ok || value < 1 {
			return p, damaged("a stream has unusable predictor parameters")
		}
		if value > maxRow {
			return p, bounds.TooComplex.Errorf("a stream has rows of more than %d bytes", maxRow)
		}
		*parameter.value = int(value)
	}
	return p, nil
}

// undo returns a reader of the data before the predictor was applied; reader has the data after it.
func (p Predictor) undo(reader io.Reader, a *bounds.Account, x *Inflater) (io.Reader, error) {
	if p.algorithm <= 1 {
		return reader, nil
	}
	if p.bits > 16 || p.bits&(p.bits-1) != 0 {
		return nil, damaged("a stream has unusable predictor parameters")
	}
	if p.colors > maxColors {
		return nil, bounds.TooComplex.Errorf("a stream has pixels of more than %d colors", maxColors)
	}
	row := (p.colors*p.bits*p.columns + 7) / 8
	if row > maxRow {
		return nil, bounds.TooComplex.Errorf("a stream has rows of more than %d bytes", maxRow)
	}
	if err := a.Spend(int64(row) / bounds.SearchRate); err != nil {
		return nil, err
	}
	r := &predictorReader{reader: reader, account: a, pixel: max(1, p.colors*p.bits/8)}
	switch {
	case p.algorithm >= 10 && p.algorithm <= 15:
		r.tagged = 1
	case p.algorithm == 2 && p.bits >= 8:
		r.component = p.bits / 8
	default:
		return nil, damaged("a stream that is needed has a predictor that is not supported")
	}
	row += r.tagged
	if missing := int64(2*row - len(x.rows)); missing > 0 {
		if err := a.Take(missing); err != nil {
			return nil, err
		}
		x.rows = make([]byte, 2*row)
	}
	r.row, r.prior = x.rows[:row], x.rows[row:2*row]
	clear(x.rows[:2*row])
	return r, nil
}

type predictorReader struct {
	reader     io.Reader
	account    *bounds.Account
	tagged     int    // bytes of the PNG tag before each row: 1 or 0
	pixel      int    // bytes
	component  int    // bytes, of TIFF rows
	row, prior []byte // with the tag
	left       []byte // of row, not read yet
}

func (p *predictorReader) Read(out []byte) (int, error) {
	n := 0
	for n < len(out) {
		if len(p.left) == 0 {
			if err := p.next(); err != nil {
				return n, err
			}
		}
		copied := copy(out[n:], p.left)
		p.left = p.left[copied:]
		n += copied
	}
	return n, nil
}

// next decodes one row. If the last row is cut off, next decodes the part that is there, as other
// readers do.
func (p *predictorReader) next() error {
	if err := p.account.Spend(rowCost); err != nil {
		return err
	}
	p.row, p.prior = p.prior, p.row
	n, err := io.ReadFull(p.reader, p.row)
	if n == 0 || err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	p.left = p.row[p.tagged:n]
	if p.tagged == 0 {
		p.addTIFF(p.left)
		return nil
	}
	return p.addPNG(p.row[0], p.left, p.prior[1:])
}

func (p *predictorReader) addTIFF(row []byte) {
	if p.component == 1 {
		for i := p.pixel; i < len(row); i++ {
			row[i] += row[i-p.pixel]
		}
		return
	}
	for i := p.pixel; i+1 < len(row); i += 2 {
		sum := (int(row[i])<<8 | int(row[i+1])) + (int(row[i-p.pixel])<<8 | int(row[i-p.pixel+1]))
		row[i], row[i+1] = byte(sum>>8), byte(sum)
	}
}

// addPNG undoes the filters of ISO/IEC 15948, 9.2.
func (p *predictorReader) addPNG(tag byte, row, prior []byte) error {
	if tag > 4 {
		return damaged("a stream has a row with an unknown PNG filter")
	}
	for i := range row {
		var left, corner int
		if i >= p.pixel {
			left, corner = int(row[i-p.pixel]), int(prior[i-p.pixel])
		}
		above := int(prior[i])
		switch tag {
		case 1:
			row[i] += byte(left)
		case 2:
			row[i] += byte(above)
		case 3:
			row[i] += byte((left + above) / 2)
		case 4:
			row[i] += byte(paeth(left, above, corner))
		}
	}
	return nil
}

func paeth(left, above, corner int) int {
	estimate := left + above - corner
	toLeft, toAbove, toCorner := distance(estimate, left), distance(estimate, above), distance(estimate, corner)
	switch {
	case toLeft <= toAbove && toLeft <= toCorner:
		return left
	case toAbove <= toCorner:
		return above
	}
	return corner
}

func distance(a, b int) int {
	if a > b {
		return a - b
	}
	return b - a
}
