package store_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pactius/pactius/internal/store/storetest"
)

// impersonal are the columns with text that name no person, or only by ID; each other one
// is in personal. A new column goes into one of the two lists, and a personal one into
// erase.go too, unless its row ends with the user's.
var impersonal = map[string]string{
	"access_requests": "environment_id id state decided_kind decided_user user_id proposed_user proposed_by",
	"applications": "environment_id id name name_key icon unit_id client_kind redirect_uris return_uris " +
		"back_channel secret_hash old_secret_hash upstream",
	"application_origins": "environment_id application_id origin host",
	"client_grants":       "environment_id id client_session_id scope",
	"client_reviews":      "environment_id after_id",
	"client_sessions":     "environment_id id application_id user_id session_hash last_error", // the client's fault
	"connect_links":       "environment_id token_hash",
	"daily_counts":        "environment_id key",
	"environments": "id name host tenant_id client_id sealed_secret support_contact language time_zone " +
		"sealed_certificate secret_ends_on leaver_rule accent welcome logo_hash",
	"door_changes":     "environment_id session_hash user_id",
	"door_sessions":    "environment_id token_hash application_id session_hash",
	"event_days":       "environment_id day kind",
	"events":           "environment_id id kind actor_kind actor_user reason user_id request_id unit_id facts",
	"former_usernames": "environment_id user_id",
	"incidents":        "environment_id reference kind reason code route",
	"logos":            "environment_id hash image",
	"mail_queue":       "status reason", // the recipient is taken out
	"mails":            "environment_id id kind language state",
	"memberships":      "environment_id user_id unit_id",
	"merged_users":     "environment_id id user_id",
	"profiles":         "environment_id tid photo_kind",
	"relinks":          "environment_id user_id tid new_tid",
	"request_keys":     "environment_id request_id",
	"request_units":    "environment_id request_id unit_id",
	"request_scopes":   "environment_id unit_id request_id",
	"request_words":    "environment_id request_id",
	"saved_filters":    "environment_id user_id name_key name shows unit_id sort", // they go with the user
	"retention":        "environment_id events_next lease",
	"schema_steps":     "name sha256",
	"sessions":         "environment_id token_hash id user_id tid language",
	"signing_keys":     "environment_id id public_key sealed_key",
	"sweep_findings":   "environment_id user_id state decision outcome",
	"sweep_seen":       "environment_id user_id",
	"sweeps":           "environment_id tenant_id cursor phase next lease trouble",
	"unit_above":       "environment_id unit_id above_id",
	"units":            "environment_id id parent_id name name_key order_key added_by",
	"unit_words":       "environment_id unit_id word",
	"used_states":      "environment_id state_hash",
	"user_doubles":     "environment_id user_id other_id",
	"user_keys":        "environment_id user_id",
	"user_words":       "environment_id user_id",
	"users":            "environment_id id tid language created_by creator ends_on account_state",
}

// personal are the columns that an erasure empties, or whose rows it deletes.
var personal = map[string]string{
	"access_requests":  "tid oid username username_key name email language message note undo",
	"connect_links":    "administrator",
	"events":           "detail address",
	"former_usernames": "username username_key",
	"incidents":        "tid oid username name",
	"mails":            "data to_address to_name last_error",
	"memberships":      "name_key",
	"merged_users":     "username username_key tid oid undo",
	"profiles":         "oid title department manager_oid manager_name photo_hash photo",
	"relinks":          "oid username name new_oid",
	"request_keys":     "key",
	"request_words":    "word",
	"sessions":         "oid username name email agent address",
	"user_keys":        "key",
	"user_words":       "word name_key",
	"users":            "username username_key name name_key email oid",
}

func TestEveryColumnOfAPersonIsKnownToTheErasure(t *testing.T) {
	t.Parallel()
	db := storetest.On(t, "sqlite")
	for _, table := range db.Tables(t) {
		known := strings.Fields(impersonal[table] + " " + personal[table])
		for _, row := range db.Rows(t, `SELECT name FROM pragma_table_info($1) WHERE type = 'TEXT'`, table) {
			if column := strings.TrimSuffix(row, "|"); !slices.Contains(known, column) {
				t.Errorf("%s.%s: may it name a person? Then erase it; say so in this test in any case", table, column)
			}
		}
	}
}
