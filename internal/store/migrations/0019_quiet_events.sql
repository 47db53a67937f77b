-- Most events are sign-ins, which lists leave out unless they are asked for: the others, of all, of a user and by a
-- user, without walking past sign-ins. The kinds are those of pactius.SignInEvents.
CREATE INDEX events_quiet ON events (environment_id, id)
    WHERE kind <> 'user.signed_in' AND kind <> 'user.signed_out' AND kind <> 'visitor.signed_in';
CREATE INDEX events_quiet_by_user ON events (environment_id, user_id, id)
    WHERE user_id <> '' AND kind <> 'user.signed_in' AND kind <> 'user.signed_out' AND kind <> 'visitor.signed_in';
CREATE INDEX events_quiet_by_actor ON events (environment_id, actor_user, id)
    WHERE actor_user <> '' AND kind <> 'user.signed_in' AND kind <> 'user.signed_out' AND kind <> 'visitor.signed_in';
