package database_test

import (
	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
)

func newUser() pactius.UserID { return pactius.UserID(id.New()) }
