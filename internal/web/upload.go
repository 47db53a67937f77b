package web

import (
	"errors"
	"io"
	"math"
	"mime/multipart"
	"net/http"
	"unicode/utf8"

	"github.com/pactius/pactius/internal/brand"
	"github.com/pactius/pactius/internal/edge"
	"github.com/pactius/pactius/internal/web/view"
)

const (
	// MaxUpload limits the body of a form with a file, in bytes. It is far above brand.MaxLogoFile: a file between the
	// two is read and thrown away, because a browser whose sending is cut off shows no answer.
	MaxUpload = 32 << 20

	// maxStrayUpload limits the same body without a session that may bring a file: that of a browser which was signed
	// out meanwhile has a logo at most. Its text is given back, its file is not kept.
	maxStrayUpload = brand.MaxLogoFile + edge.MaxBody

	// maxPartHead limits what is read before a part begins, in bytes. Package multipart allows 10 MB for the header of
	// each part, and keeps it.
	maxPartHead = 16 << 10

	fileField    = "logo"
	maxTextParts = 20      // of a form with a file
	maxTextPart  = 8 << 10 // bytes: a text of pactius.MaxWelcome characters has at most 1,600
)

// Uploads reports whether a request brings the one form with a file.
func Uploads(r *http.Request) bool {
	return r.Method == http.MethodPost && r.URL.Path == view.BrandingPath
}

// readUpload reads a form with a file (RFC 7578): its fields as readForm does, and at most keep + 1 bytes of the file,
// which the rules refuse beyond brand.MaxLogoFile. A body of another type is read as a form without a file.
func readUpload(r *http.Request, keep int64) (form, []byte, error) {
	body := &allowance{ReadCloser: r.Body, left: maxPartHead}
	r.Body = body
	parts, err := r.MultipartReader()
	if errors.Is(err, http.ErrNotMultipart) {
		r.Body = http.MaxBytesReader(nil, body.ReadCloser, edge.MaxBody)
		f, err := readForm(r)
		return f, nil, err
	}
	if err != nil {
		return nil, nil, errMalformed
	}
	f, file, found := form{}, []byte(nil), false
	for range maxTextParts {
		body.left = maxPartHead
		part, err := parts.NextPart()
		if err == io.EOF { // as it is: wrapped, it is a body that ends early
			return f, file, nil
		}
		if err != nil {
			return nil, nil, edge.BodyError(err)
		}
		body.left = math.MaxInt64 // the body has its own limit
		if name := part.FormName(); name == fileField && !found {
			found = true
			file, err = readPart(part, keep)
		} else {
			err = f.take(name, part)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	return nil, nil, edge.TooLarge()
}

// allowance lets a number of bytes be read of a body, and then fails as a body over its limit does.
type allowance struct {
	io.ReadCloser
	left int64
}

// Read implements io.Reader.
func (a *allowance) Read(b []byte) (int, error) {
	if a.left <= 0 {
		return 0, &http.MaxBytesError{Limit: maxPartHead}
	}
	n, err := a.ReadCloser.Read(b[:min(int64(len(b)), a.left)])
	a.left -= int64(n)
	return n, err
}

// take reads a part with the text of a field. A file in another field than its own, and a field twice, are no form of
// ours.
func (f form) take(name string, part *multipart.Part) error {
	value, err := readPart(part, maxTextPart)
	switch {
	case err != nil:
		return err
	case len(value) > maxTextPart:
		return edge.TooLarge()
	case name == "" || name == fileField || part.FileName() != "" || f.has(name) || !utf8.ValidString(name) ||
		!utf8.Valid(value):
		return errMalformed
	}
	f[name] = []string{string(value)}
	return nil
}

// readPart reads a part to its end and returns at most one byte more than most.
func readPart(part *multipart.Part, most int64) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(part, most+1))
	if err == nil {
		_, err = io.Copy(io.Discard, part)
	}
	return content, edge.BodyError(err)
}
