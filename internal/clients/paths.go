package clients

// Paths of OpenID Connect on the host of an environment's pages. AuthorizePath and LogoutPath are pages; AuthorizePath
// also takes forms that other sites send.
const (
	DiscoveryPath = "/.well-known/openid-configuration"
	MetadataPath  = "/.well-known/oauth-authorization-server" // the same (RFC 8414)
	AuthorizePath = "/oauth/authorize"
	LogoutPath    = "/oauth/logout"
	TokenPath     = "/oauth/token"
	UserinfoPath  = "/oauth/userinfo"
	RevokePath    = "/oauth/revoke"
)
