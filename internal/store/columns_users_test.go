package store_test

import (
	"fmt"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
)

func linkTrip() trip[store.ConnectLink] {
	return trip[store.ConnectLink]{
		insert: func(tx *store.Tx, l store.ConnectLink) error {
			return tx.InsertConnectLink("token", l.Administrator, l.CreatedAt, l.ExpiresAt)
		},
		read: func(tx *store.Tx, _ store.ConnectLink) (store.ConnectLink, error) {
			return tx.ConnectLink("token")
		},
		expect: func(*store.ConnectLink, *store.ConnectLink) {},
	}
}

func relinkTrip(user pactius.UserID) trip[store.Relink] {
	return trip[store.Relink]{
		insert: func(tx *store.Tx, k store.Relink) error { k.User = user; return tx.PutRelink(k) },
		read: func(tx *store.Tx, _ store.Relink) (store.Relink, error) {
			all, err := tx.Relinks("", time.Time{}, 10)
			if err != nil || len(all) != 1 {
				return store.Relink{}, fmt.Errorf("%d relinks, %w", len(all), err)
			}
			return all[0], nil
		},
		expect: func(k *store.Relink, _ *store.Relink) { k.User = user },
	}
}

func savedFilterTrip(user pactius.UserID) trip[pactius.SavedFilter] {
	return trip[pactius.SavedFilter]{
		insert: func(tx *store.Tx, f pactius.SavedFilter) error {
			f.User = user
			return tx.PutSavedFilter(f)
		},
		read: func(tx *store.Tx, _ pactius.SavedFilter) (pactius.SavedFilter, error) {
			all, err := tx.SavedFilters(user)
			if err != nil || len(all) != 1 {
				return pactius.SavedFilter{}, fmt.Errorf("%d saved filters, %w", len(all), err)
			}
			return all[0], nil
		},
		expect: func(f *pactius.SavedFilter, _ *pactius.SavedFilter) { f.User = user },
	}
}

func formerTrip(user pactius.User) trip[pactius.FormerUsername] {
	return trip[pactius.FormerUsername]{
		insert: func(tx *store.Tx, f pactius.FormerUsername) error {
			return tx.KeepFormerUsername(user, f.Username, f.Until)
		},
		read: func(tx *store.Tx, _ pactius.FormerUsername) (pactius.FormerUsername, error) {
			all, err := tx.FormerUsernames(user.ID)
			if err != nil || len(all) != 1 {
				return pactius.FormerUsername{}, fmt.Errorf("%d former account names, %w", len(all), err)
			}
			return all[0], nil
		},
		expect: func(f *pactius.FormerUsername, _ *pactius.FormerUsername) { f.User = user.ID },
	}
}

func mergedTrip(user pactius.UserID) trip[pactius.MergedUser] {
	return trip[pactius.MergedUser]{
		insert: func(tx *store.Tx, m pactius.MergedUser) error { return tx.InsertMerged(m, store.MergeUndo{}) },
		read:   func(tx *store.Tx, m pactius.MergedUser) (pactius.MergedUser, error) { return tx.MergedUser(m.ID) },
		expect: func(m *pactius.MergedUser, _ *pactius.MergedUser) { m.User = user },
	}
}

func membershipTrip(user pactius.UserID, unit pactius.UnitID) trip[pactius.Membership] {
	write := func(tx *store.Tx, m pactius.Membership) error {
		return tx.SetMemberships(user, []pactius.Grant{{Unit: m.UnitID, Access: m.Access}}, m.CreatedAt)
	}
	return trip[pactius.Membership]{
		insert: write, update: write,
		read: func(tx *store.Tx, _ pactius.Membership) (pactius.Membership, error) {
			all, err := tx.Memberships(user)
			if err != nil || len(all) != 1 {
				return pactius.Membership{}, fmt.Errorf("%d memberships, %w", len(all), err)
			}
			return all[0], nil
		},
		expect: func(m *pactius.Membership, before *pactius.Membership) {
			m.UserID, m.UnitID, m.Access = user, unit, pactius.AccessRead
			if before != nil {
				m.Access, m.CreatedAt = pactius.AccessAdminister, before.CreatedAt
			}
		},
	}
}
