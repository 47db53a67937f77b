package store_test

import (
	"log/slog"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
)

var discard = slog.New(slog.DiscardHandler)

func newUser() pactius.UserID { return pactius.UserID(id.New()) }
