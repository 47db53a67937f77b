package microsoft

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"image"
	_ "image/jpeg" // the formats of photos
	_ "image/png"
	"net/http"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/names"
)

const (
	profileWhat       = "the directory's profile"
	profileProperties = "id,jobTitle,department"
	managerProperties = "manager($select=id,displayName)"

	photosWhat = "the directory's photos"
	photosPath = "/photos/96x96/$value" // sharp in an avatar of 44 points
)

// Profiles reads the profiles of at most MaxBatch people by their object IDs with one call, without photos. Each person
// has a profile or an error.
func (g *Graph) Profiles(ctx context.Context, c pactius.Credentials, objectIDs []string) ([]pactius.Profile, []error) {
	calls, profiles := make([]graphCall, len(objectIDs)), make([]pactius.Profile, len(objectIDs))
	for i, oid := range objectIDs {
		if oid = strings.ToLower(oid); id.Valid(oid) {
			calls[i] = graphCall{what: profileWhat, path: "/users/" + oid,
				query: [][2]string{{"$select", profileProperties}, {"$expand", managerProperties}}}
		}
	}
	answers, errs := g.batch(ctx, c, calls)
	for i, q := range calls {
		switch {
		case q.path == "" || status(errs[i]) == http.StatusNotFound:
			errs[i] = errNoAccount
		case errs[i] == nil:
			profiles[i], errs[i] = answers[i].profile(objectIDs[i])
		}
	}
	return profiles, errs
}

// profile validates and cleans a profile. A manager without a name, which the permission may hide, is unknown.
func (a graphAnswer) profile(objectID string) (pactius.Profile, error) {
	var u struct {
		graphUser
		Manager *graphUser `json:"manager"`
	}
	if err := a.read(profileWhat, &u); err != nil {
		return pactius.Profile{}, err
	}
	if !strings.EqualFold(u.ID, objectID) {
		return pactius.Profile{}, garbledError(profileWhat, "is about another person")
	}
	p := pactius.Profile{Title: cleanWork(u.Title), Department: cleanWork(u.Department)}
	if m := u.Manager; m != nil && names.CleanName(m.Name) != "" && id.Valid(strings.ToLower(m.ID)) {
		p.ManagerID, p.ManagerName = strings.ToLower(m.ID), names.CleanName(m.Name)
	}
	return p, nil
}

// Photos reads the photos of 96x96 points of at most MaxBatch people by their object IDs with one call. Each person has
// a photo or an error. The error of a person without one, or with one that is no photo, is NotFound.
func (g *Graph) Photos(ctx context.Context, c pactius.Credentials, objectIDs []string) ([]pactius.Photo, []error) {
	calls, photos := make([]graphCall, len(objectIDs)), make([]pactius.Photo, len(objectIDs))
	for i, oid := range objectIDs {
		if oid = strings.ToLower(oid); id.Valid(oid) {
			calls[i] = graphCall{what: photosWhat, path: "/users/" + oid + photosPath}
		}
	}
	answers, errs := g.batch(ctx, c, calls)
	for i, q := range calls {
		s := status(errs[i])
		switch {
		case q.path == "", s >= http.StatusMultipleChoices && s < http.StatusInternalServerError &&
			s != http.StatusUnauthorized && s != http.StatusForbidden && s != http.StatusTooManyRequests:
			errs[i] = errNoPhoto // also a redirect: it is followed nowhere
		case errs[i] == nil:
			var err error
			if photos[i], err = answers[i].photo(); err != nil {
				g.m.log.DebugContext(ctx, "a photo is not used", "error", err)
				errs[i] = errNoPhoto
			}
		}
	}
	return photos, errs
}

// photo returns the photo of an answer in a batch, which is base64 in JSON. What its bytes say counts and not what the
// answer says of them, because pages send them on.
func (a graphAnswer) photo() (pactius.Photo, error) {
	var text string
	if err := json.Unmarshal(a.body, &text); err != nil {
		return pactius.Photo{}, safeJSON(err)
	}
	if len(text) > base64.StdEncoding.EncodedLen(pactius.MaxPhoto) {
		return pactius.Photo{}, errors.New("it has too many bytes")
	}
	content, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return pactius.Photo{}, errors.New("it is not base64")
	}
	size, format, err := image.DecodeConfig(bytes.NewReader(content))
	switch kind := "image/" + format; {
	case err != nil:
		return pactius.Photo{}, errors.New("it is neither JPEG nor PNG")
	case size.Width < 1 || size.Height < 1 || size.Width > pactius.MaxPhotoSide || size.Height > pactius.MaxPhotoSide:
		return pactius.Photo{}, errors.New("it has too many pixels")
	case http.DetectContentType(content) != kind:
		return pactius.Photo{}, errors.New("it begins as another kind of file")
	default:
		return pactius.Photo{Image: content, Kind: kind}, nil
	}
}
