package store_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"
)

// frozen are the SHA-256 hashes of the schema steps that databases in use have
// applied. Such a step never changes: a change of the schema is a new step, which
// is added here once it has landed.
var frozen = map[string]string{
	"0001_start.sql":         "a17f83cdd8a1ba21c62c0b00ba4b9666cf0a85d1aded8917e612ce1f40f96b3e",
	"0002_near_misses.sql":   "fbb52565358309c78771441d76b41f737e8f80fe8d36dd90ba73ce69bed77644",
	"0003_connection.sql":    "8c3ce47366a5d88aa4e457cf28198d89dbf874d8f7334952583ae2a18ed8eadd",
	"0004_directory.sql":     "465134082dc762b280fd056ea4a0e5ea69a394bf6ec501b3d5008aa8a1a7e44b",
	"0005_incidents.sql":     "8eb67c0d1b8ecab692b6bc3a9116d9ef355dc61892b7301c435517081101d210",
	"0006_relinks.sql":       "faea512a778722c587bcb8f14e667f675270e4b8a685582ea49a1eed74f95d91",
	"0007_bounds.sql":        "b36c7022d06b4bcafa9edef839122d40e50ae91710336a7ff136d9b3a90d963d",
	"0008_account_names.sql": "0d515ed0311eb3f0bed8a44f1b75f0b875ac930bc24d33889a43c3983798e284",
	"0009_merged_users.sql":  "06732a1ff768e5f2e7a526840ea56cf5f867665ac94dcf97f42b7e195de221a7",
	"0010_same_person.sql":   "13da30d09e7f216931270fc3ef2697a6f63d11d4375b3d7678091e088f623fb8",
	"0011_delivery.sql":      "aed1a4714dd547886b378503d9bc3f0656e37b582d32704a9b339b87d0b8bc4a",
	"0012_lists.sql":         "52ad7ca98552d3677ada713c27e6aa9a70a049971aa0ac6b28e5ba759baa846d",
	"0013_unit_search.sql":   "5dd2c0769e486371c4603fce5539a8ebfe335eddefaae932615921e93553a9ea",
	"0014_applications.sql":  "d1a8ebd847cb1147dbec6f0050f29024698570599c08a7245d047d43c84b7fa5",
	"0015_list_parts.sql":    "fb0d8f36f79fe0fae32f82f15ee1fd1df459efbbff41af4f3475577f7d63acf6",
	"0016_profiles.sql":      "04b0d0055bfcccbd23b28a4e92ccd6402823c966f05266dfc90f9b9ce9f880dd",
	"0017_requests.sql":      "0643379c0121cba5b19fc1c877d3b0c778e76b262f19f3e1fa68d16f6f072376",
	"0018_branding.sql":      "5fe000312318bfd0cc2bf017252d3722832f3a55c37bc8b4189f64ae7fd9c18d",
	"0019_quiet_events.sql":  "587278601483a176a003a991b818182bf926e10ce07355d3e01e822c96c751fe",
	"0020_saved_filters.sql": "61209c607b2d65ade15ff0a6cbd001229b97b118caae48c8ddfff34300bb2daf",
	"0021_clients.sql":       "161681e8c7f669c489e46b1e75cfdefc59baefec8253d56ab8ec03344a44a3ef",
	"0022_name_order.sql":    "6bf2b7d14f041a22258d1e27d67075f9ffa3dba88eefdb188cb51cec6f01479b",
	"0023_retention.sql":     "d8537564070d13500511295c8288621ace25d066002a44c4d99c2504f7c395aa",
}

func TestSchemaStepsThatLandedAreFrozen(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("migrations/*.sql")
	if err != nil || len(files) < len(frozen) {
		t.Fatalf("%d schema steps, %v; %d are frozen", len(files), err, len(frozen))
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(text)
		switch want, ok := frozen[filepath.Base(file)]; {
		case !ok:
			t.Errorf("%s is not frozen; its hash is %x", file, sum)
		case hex.EncodeToString(sum[:]) != want:
			t.Errorf("%s has changed after it landed: write a new step instead", file)
		}
	}
}
