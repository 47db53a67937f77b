// Package pactius holds the words of PACTIUS: the types every other package
// speaks in, their validation, the permissions and the errors. It imports the
// standard library only and talks to nothing.
//
// The same word stands on the screen, in code, in SQL, in the API and in the
// documentation:
//
//   - environment: one customer's PACTIUS with its own host name, Microsoft 365
//     connection, users, units and settings. Nothing crosses from one to another.
//   - Microsoft 365 connection: the customer's tenant ID and the app
//     registration used. An environment without one lets nobody be added.
//   - account name (username): the person's Microsoft 365 account name, the user
//     principal name. Shown and typed; never the key after the first sign-in.
//   - identity: the pair tid + oid that Microsoft vouches for. Bound to a user
//     at the first sign-in; from then on the key.
//   - user: an account here. Invited (never signed in), active or deactivated;
//     may have an end date.
//   - access request: pending, then approved, declined, withdrawn or expired.
//   - business unit: a node of the environment's tree. The root is the company.
//   - membership: user x business unit x access (read, write, administer).
//     Explicit on that unit, inherited by all beneath it.
//   - local administrator: a user with administer on a unit: decides requests
//     and manages users there and beneath. On the root: of the whole environment.
//   - Support: the operator of the deployment: the command line, and the support
//     contact on every page that cannot help further.
//   - directory: the accounts of the customer's Microsoft 365, as Microsoft
//     Graph tells of them.
//   - near miss: an invited user who is probably the person that is not
//     recognised. Shown to administrators, with the reasons; never automatic.
//   - leaver: a user whose Microsoft 365 account was disabled or deleted, found
//     by a sweep: a comparison of the users with the directory.
//   - reference: what a page shows when somebody does not get in or something
//     fails. It finds the incident: when, what, who can mend it.
//   - event: one line of the activity log: who did what to whom, when, from where.
package pactius
