package pactius

// ActorKind is a kind of actor.
type ActorKind string

// The kinds of actor.
const (
	ActorUser    ActorKind = "user"    // a signed-in user
	ActorVisitor ActorKind = "visitor" // signed in with Microsoft, without a user here
	ActorSupport ActorKind = "support" // the operator at the command line
	ActorSystem  ActorKind = "system"  // PACTIUS itself, with its reason
)

// Actor is the person or program that does something. Every rule takes one and
// decides what it may do. The zero Actor may do nothing.
type Actor struct {
	Kind        ActorKind
	Environment EnvironmentID // the only one it acts in
	User        UserID        // of ActorUser
	Person      Person        // of ActorVisitor
	Reason      string        // of ActorSystem: a word such as "expiry"
	Name        string        // for display; filled when an actor is read from the database
	Address     string        // client address, "" at the command line
}

// UserActor returns the actor for a signed-in user.
func UserActor(env EnvironmentID, user UserID, address string) Actor {
	return Actor{Kind: ActorUser, Environment: env, User: user, Address: address}
}

// Visitor returns the actor for a person without a user here.
func Visitor(env EnvironmentID, p Person, address string) Actor {
	return Actor{Kind: ActorVisitor, Environment: env, Person: p, Address: address}
}

// SupportActor returns the actor for the operator at the command line.
func SupportActor(env EnvironmentID) Actor { return Actor{Kind: ActorSupport, Environment: env} }

// System returns the actor for PACTIUS itself.
func System(env EnvironmentID, reason string) Actor {
	return Actor{Kind: ActorSystem, Environment: env, Reason: reason}
}

// Text returns the actor's name for display.
func (a Actor) Text() Text {
	switch a.Kind {
	case ActorSupport:
		return T("PACTIUS Support")
	case ActorSystem:
		return T("PACTIUS")
	}
	if a.Name == "" {
		return T("Someone no longer here")
	}
	return T("%s", a.Name)
}
