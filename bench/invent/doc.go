// Package invent makes believable companies: trees of business units, people of many languages, two years of access
// requests and of the activity log. The same seed, size and time give the same rows.
//
// Everything is written through package store, in few, large transactions, so tables and columns that the store keeps
// on its own are filled too. No rule is asked, so a company of a million users is made in minutes.
package invent
