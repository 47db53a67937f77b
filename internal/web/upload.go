package web

import (
	"errors"
	"io"
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

	fileField    = "logo"
	maxTextParts = 20      // of a form with a file
	maxTextPart  = 8 << 10 // bytes: a text of pactius.MaxWelcome characters has at most 1,600
)

// Uploads reports whether a request brings the one form with a file.
func Uploads(r *http.Request) bool {
	return r.Method == http.MethodPost && r.URL.Path == view.BrandingPath
}

// readUpload reads a form with a file (RFC 7578): its fields as readForm does, and at most brand.MaxLogoFile + 1 bytes
// of the file, which the rules refuse. A body of another type is read as a form without a file.
func readUpload(r *http.Request) (form, []byte, error) {
	parts, err := r.MultipartReader()
	if errors.Is(err, http.ErrNotMultipart) {
		r.Body = http.MaxBytesReader(nil, r.Body, edge.MaxBody)
		f, err := readForm(r)
		return f, nil, err
	}
	if err != nil {
		return nil, nil, errMalformed
	}
	f, file, found := form{}, []byte(nil), false
	for range maxTextParts {
		part, err := parts.NextPart()
		if err == io.EOF { // as it is: wrapped, it is a body that ends early
			return f, file, nil
		}
		if err != nil {
			return nil, nil, edge.BodyError(err)
		}
		if name := part.FormName(); name == fileField && !found {
			found = true
			file, err = readPart(part, brand.MaxLogoFile)
		} else {
			err = f.take(name, part)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	return nil, nil, edge.TooLarge()
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
