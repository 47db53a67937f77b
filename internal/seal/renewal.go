package seal

// Renewal seals texts that older secrets have sealed anew with the current one, and counts what it has seen. Box must
// be set.
type Renewal struct {
	Box *Box

	Old     int      // only an older secret opened these
	Current int      // the current secret opens these; they stay as they are
	Lost    []string // the names of those that no secret opens; they stay as they are
}

// Renew returns a sealed text as the current secret seals it, and the same text if it is current, lost or empty. name
// is for Lost. What the text holds is not looked at.
func (r *Renewal) Renew(name, purpose, sealed, aad string) string {
	switch {
	case sealed == "":
		return ""
	case r.Box.current(purpose, sealed, aad):
		r.Current++
		return sealed
	}
	plain, err := r.Box.Open(purpose, sealed, aad)
	if err != nil {
		r.Lost = append(r.Lost, name)
		return sealed
	}
	r.Old++
	return r.Box.Seal(purpose, plain, aad)
}
