package register

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const (
	tokenHeader = "Pactius-Token"
	tokenType   = "pactius+jwt" // keeps other tokens of the same issuer out, such as those of a sign-in
	leeway      = time.Minute   // how far the clocks here and at PACTIUS may differ

	keysPath  = "/.well-known/jwks.json"
	keysLife  = 5 * time.Minute // how long a withdrawn key may still count
	keysPause = 5 * time.Second // between two requests for keys, so that invented key IDs cause no more
	maxAnswer = 8 << 20         // bytes of an answer of PACTIUS: 10,000 units are about 2 MB
)

// errRefused marks tokens that are wrong or too old. Any other error means that PACTIUS could not be asked.
var errRefused = errors.New("the token is refused")

func refused(format string, args ...any) error {
	return fmt.Errorf("%w: %w", errRefused, fmt.Errorf(format, args...))
}

// person is the signed-in user, as the token says.
type person struct {
	ID, Name string
	token    string        // to ask PACTIUS in the person's name
	life     time.Duration // of the token, from its issue to its end
}

// verifier checks tokens.
type verifier struct {
	issuer, application string
	keys                *keySet
	now                 func() time.Time
	logger              *slog.Logger
}

// person returns the person who makes a request.
func (v *verifier) person(r *http.Request) (person, error) {
	tokens := r.Header.Values(tokenHeader)
	if len(tokens) != 1 {
		return person{}, refused("%d headers %s instead of one", len(tokens), tokenHeader)
	}
	return v.verify(r.Context(), tokens[0])
}

// verify checks everything that makes a token valid here: algorithm, type, key, signature, issuer, audience, times.
func (v *verifier) verify(ctx context.Context, token string) (person, error) {
	// The list of algorithms is ours. A token that could choose would choose "none", or HMAC with a public key.
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return person{}, refused("%w", err)
	}
	header := parsed.Headers[0]
	if header.ExtraHeaders[jose.HeaderType] != tokenType {
		return person{}, refused("its type is %q", header.ExtraHeaders[jose.HeaderType])
	}
	key, err := v.keys.find(ctx, header.KeyID)
	if err != nil {
		return person{}, err
	}
	var c struct {
		jwt.Claims
		Name string `json:"name"`
	}
	if err := parsed.Claims(key, &c); err != nil {
		return person{}, refused("%w", err)
	}
	if c.Subject == "" || c.IssuedAt == nil || c.Expiry == nil {
		return person{}, refused("it lacks sub, iat or exp")
	}
	now := v.now()
	expected := jwt.Expected{Issuer: v.issuer, AnyAudience: jwt.Audience{v.application}, Time: now}
	if err := c.ValidateWithLeeway(expected, leeway); err != nil {
		v.reportClock(now, c.Claims, err)
		return person{}, refused("%w", err)
	}
	life := c.Expiry.Time().Sub(c.IssuedAt.Time())
	return person{ID: c.Subject, Name: c.Name, token: token, life: life}, nil
}

// reportClock logs a token that is refused for its times. Through the door tokens come fresh, so the usual
// reason is a wrong clock, and everyone is refused until that is found.
func (v *verifier) reportClock(now time.Time, c jwt.Claims, err error) {
	const hint = "set the clocks of this machine and of PACTIUS by NTP; a token sent again late looks the same"
	switch {
	case errors.Is(err, jwt.ErrExpired):
		v.logger.Warn("clocks differ by "+now.Sub(c.IssuedAt.Time()).Round(time.Second).String()+
			": the token was issued too long ago", "hint", hint)
	case errors.Is(err, jwt.ErrIssuedInTheFuture), errors.Is(err, jwt.ErrNotValidYet):
		v.logger.Warn("clocks differ by "+c.IssuedAt.Time().Sub(now).Round(time.Second).String()+
			": the token was issued in the future", "hint", hint)
	}
}

// keySet holds the public keys of PACTIUS. It asks for them when they are older than keysLife, and for an unknown
// key ID, but not twice within keysPause.
type keySet struct {
	url    string
	client *http.Client
	now    func() time.Time

	asking  sync.Mutex // held during a request for keys; those who need no new keys do not wait
	mu      sync.Mutex // guards the following
	keys    map[string]*ecdsa.PublicKey
	fetched time.Time // when keys came last
	asked   time.Time // when they were last asked for
	err     error     // of the last request
}

// find returns the key with an ID.
func (k *keySet) find(ctx context.Context, id string) (*ecdsa.PublicKey, error) {
	if key, known, err := k.look(id); known {
		return key, err
	}
	k.asking.Lock()
	defer k.asking.Unlock()
	if key, known, err := k.look(id); known { // by the request that this one waited for
		return key, err
	}
	keys, err := k.fetch(context.WithoutCancel(ctx)) // others wait for the answer, too
	k.mu.Lock()
	k.asked, k.err = k.now(), err
	if err == nil {
		k.keys, k.fetched = keys, k.asked
	}
	k.mu.Unlock()
	key, _, err := k.look(id)
	return key, err
}

// look answers from memory; known is false if PACTIUS must be asked.
func (k *keySet) look(id string) (key *ecdsa.PublicKey, known bool, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	fresh, pause := now.Sub(k.fetched) < keysLife, now.Sub(k.asked) < keysPause
	switch key := k.keys[id]; {
	case key != nil && fresh:
		return key, true, nil
	case pause && k.err != nil:
		return nil, true, k.err
	default:
		return nil, pause, refused("its key is unknown")
	}
}

// fetch asks for the keys. Only keys for ES256 are taken.
func (k *keySet) fetch(ctx context.Context) (map[string]*ecdsa.PublicKey, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, k.url, nil)
	if err != nil {
		return nil, err
	}
	answer, err := k.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask for keys: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask for keys: %s answers %s", k.url, answer.Status)
	}
	var set jose.JSONWebKeySet
	if err := json.NewDecoder(io.LimitReader(answer.Body, maxAnswer)).Decode(&set); err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	keys := map[string]*ecdsa.PublicKey{}
	for _, one := range set.Keys {
		if key, ok := one.Key.(*ecdsa.PublicKey); ok && key.Curve == elliptic.P256() && one.Use != "enc" {
			keys[one.KeyID] = key
		}
	}
	return keys, nil
}
