package devtenant

import "strings"

// properties are what Graph tells of a person (Microsoft Graph v1.0: "user
// resource type"), all of them; nil is not filled in.
func properties(p Person) map[string]any {
	given, surname, _ := strings.Cut(p.Name, " ")
	kind, created := "Member", any(nil)
	if p.Guest {
		kind, created = "Guest", "Invitation"
	}
	nickname, _, _ := strings.Cut(p.AccountName, "@")
	all := map[string]any{
		"id": p.ObjectID, "userPrincipalName": p.AccountName, "displayName": orNull(p.Name),
		"givenName": orNull(given), "surname": orNull(surname), "mail": orNull(p.Mail), "mailNickname": nickname,
		"jobTitle": orNull(p.JobTitle), "department": orNull(p.Department), "preferredLanguage": orNull(p.Language),
		"accountEnabled": !p.Disabled, "userType": kind, "creationType": created,
		"otherMails": orEmpty(p.OtherMails), "proxyAddresses": proxies(p), "businessPhones": []string{},
	}
	return all
}

// proxies are a person's addresses as Exchange writes them: the first one in
// capitals.
func proxies(p Person) []string {
	list := []string{}
	if p.Mail != "" {
		list = append(list, "SMTP:"+p.Mail)
	}
	for _, m := range p.OtherMails {
		list = append(list, "smtp:"+m)
	}
	return list
}

// orNull gives null for what is not filled in, as Graph does.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// orEmpty gives an empty list for none, as Graph does.
func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
