package database

import "testing"

func TestCleartextIsFoundTowardsOtherMachines(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"sqlite:pactius.db": "",
		"postgres://p:s@db.internal/pactius?sslmode=disable":                     "db.internal",
		"postgres://p:s@db.internal/pactius?sslmode=prefer&pool_max_conns=5":     "db.internal",
		"postgres://p:s@10.1.2.3/pactius?sslmode=allow":                          "10.1.2.3",
		"postgres://p:s@db.internal/pactius?sslmode=require":                     "",
		"postgres://p:s@127.0.0.1/pactius?sslmode=disable":                       "",
		"postgres://p:s@localhost/pactius?sslmode=disable":                       "",
		"postgres:///pactius?host=/run/postgresql&sslmode=disable":               "",
		"postgres://p:s@127.0.0.1,db.internal/pactius?sslmode=disable":           "db.internal",
		"postgres://p:s@db.internal:5432/pactius?sslmode=verify-full&user=other": "",
	} {
		if got := Cleartext(address); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
}
