package pactius

import "strings"

// Profile is what Microsoft 365 says of a person beside the account. It is kept by identity, for users and for people
// whose access request is pending. It is for display only; the zero Profile says nothing.
type Profile struct {
	Title       string // jobTitle
	Department  string
	ManagerID   string // object ID of the manager's account, in the same tenant; "" is unknown
	ManagerName string // displayName of that account
	Photo       string // hash of the photo; "" is none
}

// Photo is the photo of a person, as Microsoft 365 has it.
type Photo struct {
	Image []byte // at most MaxPhoto bytes
	Kind  string // image/jpeg or image/png, as its bytes say
}

// Bounds of a profile.
const (
	MaxWork      = 128      // characters of a title or a department; a longer one is cut
	MaxPhoto     = 64 << 10 // bytes of a photo; those of 96 by 96 pixels have 2 to 8 KB
	MaxPhotoSide = 1000     // pixels of its width and height
)

// Work is title and department, as far as they are known, in one line. Where both are the same, it is said once.
func (p Profile) Work() string {
	switch {
	case p.Title == "" || strings.EqualFold(p.Title, p.Department):
		return p.Department
	case p.Department == "":
		return p.Title
	}
	return p.Title + " · " + p.Department
}
