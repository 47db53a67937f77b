package pactius

// ActorKind says what sort of actor does something.
type ActorKind string

// The kinds of actor.
const (
	ActorUser    ActorKind = "user"    // a signed-in user
	ActorVisitor ActorKind = "visitor" // signed in with Microsoft, not known here
	ActorSupport ActorKind = "support" // the operator at the command line
	ActorSystem  ActorKind = "system"  // PACTIUS itself, with its reason
)

// Actor is who does something. Every rule takes one and says no in the rule.
// The zero Actor may do nothing.
type Actor struct {
	Kind        ActorKind
	Environment EnvironmentID // where it acts; nothing crosses
	User        UserID        // of ActorUser
	Person      Person        // of ActorVisitor
	Reason      string        // of ActorSystem: why, a word such as "expiry"
	Name        string        // for showing; filled when an actor is read back
	Address     string        // client address, "" at the command line
}

// UserActor is a signed-in user.
func UserActor(env EnvironmentID, user UserID, address string) Actor {
	return Actor{Kind: ActorUser, Environment: env, User: user, Address: address}
}

// Visitor is a person PACTIUS does not know.
func Visitor(env EnvironmentID, p Person, address string) Actor {
	return Actor{Kind: ActorVisitor, Environment: env, Person: p, Address: address}
}

// SupportActor is the operator at the command line.
func SupportActor(env EnvironmentID) Actor { return Actor{Kind: ActorSupport, Environment: env} }

// System is PACTIUS itself.
func System(env EnvironmentID, reason string) Actor {
	return Actor{Kind: ActorSystem, Environment: env, Reason: reason}
}

// Text names the actor for a person.
func (a Actor) Text() Text {
	switch a.Kind {
	case ActorSupport:
		return T("PACTIUS Support")
	case ActorSystem:
		return T("PACTIUS")
	}
	if a.Name == "" {
		return T("Somebody who is no longer here")
	}
	return T("%s", a.Name)
}
