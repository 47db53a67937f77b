package web

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/pactius/pactius"
)

const (
	// photoTime is how long a browser keeps a photo that was looked up, or that there is none.
	photoTime = time.Hour

	// keptPhotoTime is how long a browser keeps a photo of a profile: another photo has another address. Within it a
	// reader who lost the right to see the person sees the photo in the same browser only.
	keptPhotoTime = 24 * time.Hour
)

// seeUserPhoto shows the photo of a user.
//
// GET /settings/users/{id}/photo?v=; as seeUser.
func (s *Site) seeUserPhoto(v *visit) error {
	id, err := pathID[pactius.UserID](v)
	if err != nil {
		return err
	}
	p, err := s.Users.Photo(v.r.Context(), v.actor, id)
	return keptPhoto(v, p, err)
}

// seeSenderPhoto shows the photo of the person of a request.
//
// GET /settings/requests/{id}/photo?v=; as seeRequest.
func (s *Site) seeSenderPhoto(v *visit) error {
	id, err := pathID[pactius.RequestID](v)
	if err != nil {
		return err
	}
	p, err := s.Users.SenderPhoto(v.r.Context(), v.actor, id)
	return keptPhoto(v, p, err)
}

// keptPhoto answers with a photo of a profile, or that the browser has it, or that there is none: an open page may show
// one that was removed since.
func keptPhoto(v *visit, p pactius.Photo, err error) error {
	if pactius.KindOf(err) == pactius.KindNotFound {
		writePhoto(v, http.StatusNotFound, pactius.Photo{Image: noPhoto, Kind: "image/gif"}, photoTime)
		return nil
	}
	if err != nil {
		return err
	}
	sum := sha256.Sum256(p.Image)
	tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	v.w.Header().Set("ETag", tag)
	if strings.Contains(v.r.Header.Get("If-None-Match"), tag) {
		photoHeader(v, keptPhotoTime)
		v.w.WriteHeader(http.StatusNotModified)
		return nil
	}
	writePhoto(v, http.StatusOK, p, keptPhotoTime)
	return nil
}

// writePhoto answers with a photo. The body is a picture, whatever its bytes say.
func writePhoto(v *visit, status int, p pactius.Photo, lasts time.Duration) {
	h := v.w.Header()
	h.Set("Content-Type", p.Kind)
	h.Set("Content-Length", strconv.Itoa(len(p.Image)))
	photoHeader(v, lasts)
	v.w.WriteHeader(status)
	_, _ = v.w.Write(p.Image) // fails only if the browser has gone
}

func photoHeader(v *visit, lasts time.Duration) {
	h := v.w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, max-age="+strconv.Itoa(int(lasts.Seconds())))
}
