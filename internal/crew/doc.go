// Package crew gives environments their turns of work that mostly waits for Microsoft. Many turns are under way at a
// time, so a tenant that does not answer keeps few others waiting. Two crews share the environments of one work, those
// whose last turn ended in trouble and the others: then it keeps no healthy one waiting.
//
// A Share is for work of which an environment may have several pieces under way.
//
// Packages leavers and profiles say what is due and what a turn does; package jobs gives a Crew its time.
package crew
