package environments

import "github.com/pactius/pactius"

// HangsOnOldSecret reports whether a part of an environment's connection can be read, but not with the present value
// of PACTIUS_SECRET alone.
func (r *Rules) HangsOnOldSecret(e pactius.Environment) bool {
	old := func(purpose, sealed string) bool {
		_, err := r.open(e, purpose, sealed)
		return err == nil && sealed != "" && !r.Box.Current(purpose, sealed, string(e.ID))
	}
	return old(secretPurpose, e.Connection.SealedSecret) || old(certificatePurpose, e.Connection.SealedCertificate)
}
