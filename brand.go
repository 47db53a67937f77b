package pactius

// Brand is how an environment looks: what it changes of PACTIUS's own appearance. The zero Brand changes nothing.
type Brand struct {
	Accent  string // "#rrggbb" as chosen; the shades that pages and emails use are derived from it. "" is PACTIUS's
	Welcome string // plain text of a few lines for people who are about to sign in or request access; "" is none
	Logo    Logo
}

// Logo describes an environment's logo, a PNG image. The zero Logo is none.
type Logo struct {
	Hash          string // of the image, in hexadecimal: another image has another one
	Width, Height int    // pixels
}

// MaxWelcome is the most characters of Brand.Welcome: two short paragraphs.
const MaxWelcome = 400

// IsZero reports whether there is no logo.
func (l Logo) IsZero() bool { return l.Hash == "" }

// Wide reports whether the logo is much wider than high: it spells the company's name, which need not be repeated
// beside it.
func (l Logo) Wide() bool { return l.Width > 2*l.Height }

// Within returns the size at which the logo is shown in a box, in pixels, at most its own size.
func (l Logo) Within(width, height int) (int, int) {
	if l.IsZero() {
		return 0, 0
	}
	width, height = min(width, l.Width), min(height, l.Height)
	if l.Width*height > l.Height*width {
		return width, max(1, l.Height*width/l.Width)
	}
	return max(1, l.Width*height/l.Height), height
}
