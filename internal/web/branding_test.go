package web

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/web/view"
)

// logoFile is a PNG with a bar of a colour.
func logoFile(t testing.TB, width, height int, bar color.Color) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width / 2 {
			m.Set(x, y, bar)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// logo gives Nordhavn a logo and returns its name below view.BrandPath.
func (w *world) logo() string {
	w.Helper()
	file := logoFile(w, 64, 32, color.Black)
	e, err := w.site.Environments.Update(w.Context(), pactius.SupportActor(w.nord.ID), 0,
		pactius.EnvironmentUpdate{Logo: &file})
	w.must(err)
	return view.LogoName(e.Brand.Logo)
}

// part is one of a form with a file.
type part struct{ field, file, content string }

// upload posts a form with files.
func (b *browser) upload(parts ...part) *page {
	b.Helper()
	body, kind := multipartOf(b, parts...)
	return b.sendAs(body, kind)
}

func multipartOf(t testing.TB, parts ...part) (body, kind string) {
	t.Helper()
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	for _, p := range parts {
		head := textproto.MIMEHeader{}
		head.Set("Content-Disposition", fmt.Sprintf(`form-data; name="%s"`, p.field))
		if p.file != "" {
			head.Set("Content-Disposition", fmt.Sprintf(`form-data; name="%s"; filename="%s"`, p.field, p.file))
		}
		to, err := w.CreatePart(head)
		if err == nil {
			_, err = to.Write([]byte(p.content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String(), w.FormDataContentType()
}

// sendAs posts a body of a kind to the page Branding.
func (b *browser) sendAs(body, kind string) *page {
	b.Helper()
	return b.sendTo(view.BrandingPath, body, kind)
}

func (b *browser) sendTo(path, body, kind string) *page {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, b.Origin+path, strings.NewReader(body))
	b.must(err)
	r.Header = b.Header.Clone()
	r.Header.Set("Content-Type", kind)
	answer, err := b.Do(r)
	b.site.Wait()
	b.must(err)
	return &page{answer, b}
}

var brandFile = regexp.MustCompile(view.BrandPath + `[0-9a-f]+\.(png|css)`)

// brandFiles are the addresses of a page's own logo and style sheet.
func (p *page) brandFiles() (sheet, logo string) {
	for _, address := range brandFile.FindAllString(p.Body, -1) {
		if strings.HasSuffix(address, ".css") {
			sheet = address
		} else {
			logo = address
		}
	}
	return sheet, logo
}

func TestAnEnvironmentHasItsOwnLook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as(ada)
	file := string(logoFile(t, 400, 100, color.Black))
	b.get(view.EnvironmentPath).shows("Change branding")
	b.get(view.BrandingPath).status(http.StatusOK).lacks("Not saved", "Remove the current logo")
	b.upload(part{"version", "", "1"}, part{"logo", "logo.png", file}, part{"accent", "", "#4A4FC4"},
		part{"welcome", "", "Welcome aboard.\nSee https://nordhavn.example <b>now</b>"}).
		to(view.BrandingPath).shows("The branding has been saved.", "Remove the current logo")
	visitor := w.as(vera)
	stranger := w.browser(nordHost)
	for name, shown := range map[string]*page{
		"sign-in": stranger.get("/"), "request": visitor.get("/access"), "home": b.get("/"),
		"not found": stranger.get("/nothing"), "forbidden": w.as(nils).get(view.BrandingPath)} {
		sheet, logo := shown.brandFiles()
		if sheet == "" || logo == "" {
			t.Errorf("%s: style sheet %q, logo %q\n%s", name, sheet, logo, shown.Body)
			continue
		}
		for address, kind := range map[string]string{sheet: "text/css; charset=utf-8", logo: "image/png"} {
			got := stranger.get(address).status(http.StatusOK)
			for header, want := range map[string]string{"Content-Type": kind, "X-Content-Type-Options": "nosniff",
				"Cache-Control":           "public, max-age=31536000, immutable",
				"Content-Security-Policy": "default-src 'none'; sandbox"} {
				if got.Header.Get(header) != want {
					t.Errorf("%s: %s is %q, want %q", address, header, got.Header.Get(header), want)
				}
			}
		}
		if name == "sign-in" || name == "request" {
			shown.shows("Message from Nordhavn", "See https://nordhavn.example <b>now</b>").
				lacks(`href="https://nordhavn.example`, "<b>now")
		}
	}
	events := b.get("/settings/activity").shows("Changed: Logo", "Changed: Accent colour", "Changed: Welcome text")
	events.lacks("#4a4fc4", "Welcome aboard")

	sheet, logo := stranger.get("/").brandFiles()
	w.browser(sydHost).get(logo).status(http.StatusNotFound)
	w.browser(sydHost).get(sheet).status(http.StatusNotFound)
	if s, l := w.browser(sydHost).get("/").brandFiles(); s != "" || l != "" {
		t.Errorf("another environment shows %q and %q", s, l)
	}
	b.get(view.BrandingPath).submit(view.BrandingPath, "remove_logo", "1", "accent", "", "welcome", " ").
		to(view.BrandingPath)
	if s, l := stranger.get("/").lacks("Message from").brandFiles(); s != "" || l != "" {
		t.Errorf("after the removal the page shows %q and %q", s, l)
	}
	stranger.get(logo).status(http.StatusNotFound)
}

func TestALookIsPreviewedBeforeItIsSaved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as(ada)
	before := w.db.Dump(t)
	shown := b.upload(part{"version", "", "1"}, part{"logo", "l.png", string(logoFile(t, 64, 32, color.Black))},
		part{"accent", "", "#ffdd00"}, part{"welcome", "", "Hello there"}, part{"preview", "", "1"}).
		status(http.StatusOK).shows("Not saved", "Hello there", "Choose the file again before you save.")
	form := shown.fields(view.BrandingPath)
	if form.Get("accent") != "#ffdd00" || form.Get("welcome") != "Hello there" || form.Get("version") != "1" {
		t.Errorf("the form has %v", form)
	}
	sheet := b.get(view.SamplePath + "?accent=%23ffdd00").status(http.StatusOK)
	if sheet.Header.Get("Content-Type") != "text/css; charset=utf-8" || !strings.Contains(sheet.Body, ".previews {") {
		t.Errorf("the style sheet of the preview: %s", sheet.Body)
	}
	b.get(view.SamplePath + "?accent=red").status(http.StatusUnprocessableEntity)
	same(t, before, w.db.Dump(t))
}

func TestAWrongLookComesBackWithAllThatWasTyped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as(ada)
	before := w.db.Dump(t)
	for _, preview := range []string{"", "1"} {
		parts := []part{{"version", "", "1"}, {"logo", "logo.png", "no logo"}, {"accent", "", "reddish"},
			{"welcome", "", strings.Repeat("x", pactius.MaxWelcome+1)}}
		if preview != "" {
			parts = append(parts, part{"preview", "", preview})
		}
		shown := b.upload(parts...).status(http.StatusUnprocessableEntity).shows("must be a PNG or JPEG file",
			"Enter the colour as #", "The text is too long: use at most 400 characters.")
		if form := shown.fields(view.BrandingPath); form.Get("accent") != "reddish" || len(form.Get("welcome")) != 401 {
			t.Errorf("the form has %v", form)
		}
	}
	b.upload(part{"version", "", "7"}, part{"accent", "", "#123456"}).status(http.StatusConflict).shows("#123456")
	same(t, before, w.db.Dump(t))
}

func TestAFormWithAFileIsReadStrictly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as(ada)
	logo := string(logoFile(t, 64, 32, color.Black))
	good := []part{{"version", "", "1"}, {"accent", "", "#123456"}}
	whole, kind := multipartOf(t, append(good, part{"logo", "logo.png", logo})...)
	before := w.db.Dump(t)
	for name, answer := range map[string]*page{
		"two files":              b.upload(append(good, part{"logo", "1.png", logo}, part{"logo", "2.png", logo})...),
		"another field":          b.upload(append(good, part{"image", "logo.png", logo})...),
		"a field twice":          b.upload(append(good, part{"accent", "", "#654321"})...),
		"a field without a name": b.upload(append(good, part{"", "", "x"})...),
		"text that is none":      b.upload(append(good, part{"welcome", "", "\xff\xfe"})...),
		"an early end":           b.sendAs(whole[:len(whole)-100], kind),
		"no boundary":            b.sendAs(whole, "multipart/form-data"),
		"another boundary":       b.sendAs(whole, "multipart/form-data; boundary=x"),
		"another type":           b.sendAs(whole, "application/json"),
	} {
		if answer.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: status %d, want 400\n%s", name, answer.StatusCode, answer.text())
		}
	}
	many := good
	for i := range maxTextParts {
		many = append(many, part{string(rune('a' + i)), "", "x"})
	}
	b.upload(many...).status(http.StatusRequestEntityTooLarge)
	b.upload(append(good, part{"welcome", "", strings.Repeat("x", maxTextPart+1)})...).
		status(http.StatusRequestEntityTooLarge)
	b.upload(append(good, part{"logo", "large.png", logo + strings.Repeat("x", 20<<20)})...).
		status(http.StatusUnprocessableEntity).shows("The logo is larger than 2 MB.")
	b.upload(append(good, part{"logo", "huge.png", strings.Repeat("x", MaxUpload)})...).
		status(http.StatusRequestEntityTooLarge)
	same(t, before, w.db.Dump(t))
	// other forms take no files, and keep their limit
	if answer := b.sendTo("/settings/environment", whole, kind); answer.StatusCode != http.StatusBadRequest {
		t.Errorf("another form with a file: status %d", answer.StatusCode)
	}
	b.post("/settings/environment", url.Values{"name": {strings.Repeat("x", 2<<20)}}).
		status(http.StatusRequestEntityTooLarge)
	// a browser sends an empty file where none was chosen
	none, kind := multipartOf(t, append(good, part{"logo", "-", ""})...)
	b.sendAs(strings.Replace(none, `filename="-"`, `filename=""`, 1), kind).status(http.StatusSeeOther)
}

// counting counts what is read of a body.
type counting struct {
	io.Reader
	n int
}

func (c *counting) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.n += n
	return n, err
}

// A stranger cannot make the server read more than a logo, and no one can make it keep a long header of a part.
func TestAnUploadCostsAStrangerNoMemory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	read := func(b *browser, body string, kind string) (int, *httptest.ResponseRecorder) {
		c := &counting{Reader: strings.NewReader(body)}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, b.Origin+view.BrandingPath, c)
		r.ContentLength = -1
		r.Header.Set("Content-Type", kind)
		for _, cookie := range b.Client.Jar.Cookies(b.url("/")) {
			r.AddCookie(cookie)
		}
		answer := httptest.NewRecorder()
		w.site.ServeHTTP(answer, r)
		return c.n, answer
	}
	stranger, employee := w.browser(nordHost), w.as(rikke)
	large, kind := multipartOf(t, part{"logo", "logo.png", strings.Repeat("x", MaxUpload-1000)})
	if n, _ := read(stranger, large, kind); n > maxStrayUpload+64<<10 {
		t.Errorf("%d bytes of a stranger are read", n)
	}
	if n, _ := read(w.as(vera), large, kind); n > maxStrayUpload+64<<10 {
		t.Errorf("%d bytes of a visitor are read", n)
	}
	if n, answer := read(employee, large, kind); n < len(large) || answer.Code != http.StatusForbidden {
		t.Errorf("%d bytes of %d are read, status %d", n, len(large), answer.Code)
	}
	f, file, err := readUpload(requestOf(t, kind, large), 0)
	if err != nil || len(file) > 1 || len(f) != 0 {
		t.Errorf("%d bytes are kept of a file that is not wanted, %v", len(file), err)
	}
	head, kind := multipartOf(t, part{"version", "", "1"}, part{"accent" + strings.Repeat("x", 5<<20), "", "1"})
	for _, b := range []*browser{stranger, employee, w.as(ada)} {
		if n, _ := read(b, head, kind); n > 64<<10 {
			t.Errorf("%d bytes of the header of a part are read", n)
		}
	}
	// a person whose session is over meanwhile is told so, with what was typed
	typed, kind := multipartOf(t, part{"welcome", "", "Welcome aboard"},
		part{"logo", "logo.png", strings.Repeat("x", 2<<20)})
	if _, answer := read(stranger, typed, kind); answer.Code != http.StatusUnauthorized {
		t.Errorf("status %d, want 401", answer.Code)
	}
}

// requestOf is a request with a body of a kind.
func requestOf(t *testing.T, kind, body string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, view.BrandingPath, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	return r
}
