// Package pactius holds the domain types of PACTIUS, their validation, the
// permissions and the errors. It imports the standard library only and does no
// I/O.
//
// The same terms are used on the screen, in code, in SQL, in the API and in the
// documentation:
//
//   - environment: one customer's PACTIUS with its own host name, Microsoft 365
//     connection, users, units and settings. Environments share no data.
//   - Microsoft 365 connection: the customer's tenant ID and the app
//     registration used. No user can be added to an environment without one.
//   - account name (username): the person's Microsoft 365 account name, the user
//     principal name. Displayed and typed; never the key after the first sign-in.
//   - identity: the pair tid + oid of a verified ID token or the directory. Linked
//     to a user at the first sign-in at the latest; after that the key.
//   - user: an account here. Invited (never signed in), active or deactivated;
//     may have an end date.
//   - access request: pending, then approved, declined, withdrawn or expired. Sent
//     by someone unknown, or by a user who needs more access.
//   - business unit: a node of the environment's tree. The root is the company.
//   - membership: user x business unit x access (read, write, administer).
//     Explicit on that unit, inherited by all units below it.
//   - local administrator: a user with administer on a unit: approves requests
//     and manages users there and below. On the root: of the whole environment.
//   - application: a program behind the door, with its own host names (origins);
//     requires a business unit and an access.
//   - door: the part of PACTIUS that applications ask, through their proxy, who a
//     request is from.
//   - Support: the operator of the deployment: the command line, and the support
//     contact on every page that cannot help further.
//   - directory: the accounts of the customer's Microsoft 365, read through
//     Microsoft Graph.
//   - near miss: an invited user who is probably the unrecognised person. Shown
//     to administrators with the reasons; never acted on automatically.
//   - leaver: a user whose Microsoft 365 account was disabled or deleted, found
//     by a sweep: a comparison of the users with the directory.
//   - reference: a code on pages that refuse access or report a fault. It finds
//     the incident: when, what, who can fix it.
//   - event: one line of the activity log: actor, action, subject, time, address.
package pactius
