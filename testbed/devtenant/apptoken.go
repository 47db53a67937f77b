package devtenant

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// bearer is what a Graph access token stands for.
type bearer struct {
	ends  time.Time
	roles []string // permissions, as they were granted when it was issued
}

// exchangeAt is the resource of Exchange Online, for SMTP. Its tokens are none of Graph's.
const exchangeAt = "https://outlook.office365.com"

// tokenForClient issues a token of Graph or Exchange to the application itself (RFC 6749 section
// 4.4; Microsoft: "Client credentials flow"). An application without permissions
// gets one as well; Graph then refuses.
func (t *Tenant) tokenForClient(w http.ResponseWriter, r *http.Request, app App) {
	resource, ok := strings.CutSuffix(r.PostForm.Get("scope"), "/.default")
	switch {
	case !ok:
		t.refuse(w, http.StatusBadRequest, problem{"invalid_scope", "AADSTS1002012",
			"The provided value for scope " + r.PostForm.Get("scope") + " is not valid. Client credential flows " +
				"must have a scope value with /.default suffixed to the resource identifier (application ID URI)."})
		return
	case resource != t.graphAt && resource != exchangeAt:
		t.refuse(w, http.StatusBadRequest, unknownResource(resource))
		return
	}
	now := t.now()
	claims := map[string]any{
		"aud": resource, "iss": t.origin + "/" + t.id + "/", "tid": t.id, "ver": "1.0", "idtyp": "app",
		"appid": app.ClientID, "app_displayname": app.Name, "uti": random()[:22],
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(tokenFor).Unix(),
	}
	if len(app.Granted) > 0 {
		claims["roles"] = app.Granted
	}
	token, err := t.sign("", claims)
	if err != nil {
		t.log.ErrorContext(r.Context(), "issuing an access token", "error", err)
		t.refuse(w, http.StatusInternalServerError, errNotIssued)
		return
	}
	t.mu.Lock()
	for b, known := range t.bearers {
		if now.After(known.ends) {
			delete(t.bearers, b)
		}
	}
	if resource == t.graphAt {
		t.bearers[token] = bearer{now.Add(tokenFor), slices.Clone(app.Granted)}
	}
	t.mu.Unlock()
	writeJSON(w, http.StatusOK, map[string]any{
		"token_type": "Bearer", "access_token": token,
		"expires_in": int(tokenFor.Seconds()), "ext_expires_in": int(tokenFor.Seconds()),
	})
}

// honours reports what a Graph token of this tenant allows, and whether it is one
// and has not ended.
func (t *Tenant) honours(token string) (roles []string, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b, ok := t.bearers[token]
	return b.roles, ok && t.now().Before(b.ends)
}
