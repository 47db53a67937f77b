package view

// The template of each page: templates/NAME.html defines "NAME".

func (SignIn) template() string              { return "signin" }
func (Leaving) template() string             { return "leaving" }
func (SignInFailed) template() string        { return "signinfailed" }
func (Blocked) template() string             { return "blocked" }
func (RequestAccess) template() string       { return "requestaccess" }
func (MoreAccess) template() string          { return "moreaccess" }
func (Home) template() string                { return "home" }
func (MayNotOpen) template() string          { return "maynotopen" }
func (Applications) template() string        { return "applications" }
func (AddApplication) template() string      { return "addapplication" }
func (OneApplication) template() string      { return "oneapplication" }
func (ReplaceKeys) template() string         { return "replacekeys" }
func (Users) template() string               { return "users" }
func (AddUser) template() string             { return "adduser" }
func (AddCheck) template() string            { return "addcheck" }
func (AddPeople) template() string           { return "addpeople" }
func (LikePeople) template() string          { return "likepeople" }
func (OneUser) template() string             { return "oneuser" }
func (EditUser) template() string            { return "edituser" }
func (ManageUnits) template() string         { return "manageunits" }
func (MergeUser) template() string           { return "mergeuser" }
func (Requests) template() string            { return "requests" }
func (OneRequest) template() string          { return "onerequest" }
func (SamePerson) template() string          { return "sameperson" }
func (DeclineRequest) template() string      { return "declinerequest" }
func (Units) template() string               { return "units" }
func (UnitPart) template() string            { return "unitpart" }
func (ChooseFilter) template() string        { return "choosefilter" }
func (OneUnit) template() string             { return "oneunit" }
func (AddUnit) template() string             { return "addunit" }
func (RenameUnit) template() string          { return "renameunit" }
func (MoveUnit) template() string            { return "moveunit" }
func (ArchiveUnit) template() string         { return "archiveunit" }
func (AddMember) template() string           { return "addmember" }
func (MemberPeople) template() string        { return "memberpeople" }
func (Leavers) template() string             { return "leavers" }
func (Activity) template() string            { return "activity" }
func (Explain) template() string             { return "explain" }
func (EnvironmentSettings) template() string { return "environment" }
func (Sessions) template() string            { return "sessions" }
func (Search) template() string              { return "search" }
func (SearchPart) template() string          { return "searchpart" }
func (Confirm) template() string             { return "confirm" }
func (ErrorPage) template() string           { return "error" }
