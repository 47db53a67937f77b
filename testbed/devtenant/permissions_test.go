package devtenant_test

import (
	"bytes"
	"image"
	_ "image/png"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius/testbed/devtenant"
)

func TestPermissions(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	must(t, s.tenant.Delete(oid(4)))
	must(
		t,
		s.tenant.Put(devtenant.Person{ObjectID: oid(8), AccountName: "pia@nordhavn.example", Name: "Pia", Photo: true}),
	)
	paths := []string{
		"/v1.0/users/" + oid(1), query("$search", `"displayName:anna"`), "/v1.0/users/" + oid(8) +
			"/photos/48x48/$value",
		query("$search", `"jobTitle:head"`), query("$filter", "accountEnabled eq true"),
		"/v1.0/users/delta", "/v1.0/directory/deletedItems/microsoft.graph.user",
		"/v1.0/directory/deletedItems/microsoft.graph.user/" + oid(4),
	}
	for _, tt := range []struct {
		granted []string
		want    []int
	}{
		{nil, []int{403, 403, 403, 403, 403, 403, 403, 403}},
		{[]string{"Mail.Read"}, []int{403, 403, 403, 403, 403, 403, 403, 403}},
		{[]string{devtenant.ReadBasic}, []int{200, 200, 200, 403, 403, 403, 403, 403}},
		{[]string{devtenant.ReadAll}, []int{200, 200, 200, 200, 200, 200, 200, 200}},
		{[]string{"Directory.Read.All"}, []int{200, 200, 200, 200, 200, 200, 200, 200}},
	} {
		must(t, s.tenant.Grant(clientID, tt.granted...))
		token := s.token(t)
		var got []int
		for _, path := range paths {
			a := s.graph(t, token, path, eventual)
			got = append(got, a.StatusCode)
			if a.StatusCode == 403 && a.page(t).Error.Code != "Authorization_RequestDenied" {
				t.Errorf("%v %s: %s", tt.granted, path, a.Body)
			}
		}
		if diff := cmp.Diff(got, tt.want); diff != "" {
			t.Errorf("%v (-got +want)\n%s", tt.granted, diff)
		}
	}
	must(t, s.tenant.Grant(clientID, devtenant.ReadBasic))
	body := s.graph(t, s.token(t), "/v1.0/users/"+oid(1)+"?$select=displayName,jobTitle,accountEnabled").Body
	if !strings.Contains(body, `"accountEnabled":null,"displayName":"Anna Hansen","jobTitle":null`) {
		t.Errorf("the basic permission shows %s", body)
	}
	// A token allows what was granted when it was issued.
	token := s.token(t)
	must(t, s.tenant.Grant(clientID))
	if a := s.graph(t, token, paths[0]); a.StatusCode != 200 {
		t.Errorf("a token from before the withdrawal: %d", a.StatusCode)
	}
	s.tenant.EndTokens()
	if a := s.graph(t, token, paths[0]); a.StatusCode != 401 {
		t.Errorf("an ended token: %d", a.StatusCode)
	}
}

func TestPhotos(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	must(
		t,
		s.tenant.Put(devtenant.Person{ObjectID: oid(8), AccountName: "pia@nordhavn.example", Name: "Pia", Photo: true}),
	)
	token := s.token(t)
	a := s.graph(t, token, "/v1.0/users/pia@nordhavn.example/photos/48x48/$value")
	img, form, err := image.Decode(bytes.NewReader([]byte(a.Body)))
	if err != nil || form != "png" || img.Bounds().Dx() != 48 || a.Header.Get("Content-Type") != "image/png" {
		t.Errorf("%v, %s of %s", err, form, a.Header.Get("Content-Type"))
	}
	if a := s.graph(t, token, "/v1.0/users/"+oid(8)+"/photo/$value"); a.StatusCode != 200 {
		t.Errorf("the photo as it is: %d", a.StatusCode)
	}
	if a := s.graph(t, token, "/v1.0/users/"+oid(1)+"/photos/48x48/$value"); a.StatusCode != 404 ||
		a.page(t).Error.Code != "ImageNotFound" {
		t.Errorf("no photo: %d %s", a.StatusCode, a.Body)
	}
	for _, size := range []string{"49x49", "48x64", "x"} {
		if a := s.graph(t, token, "/v1.0/users/"+oid(8)+"/photos/"+size+"/$value"); a.StatusCode != 400 {
			t.Errorf("%s: %d", size, a.StatusCode)
		}
	}
}
