-- PostgreSQL takes no column for a place in an index whose value the index's condition says.
DROP INDEX memberships_administrators;
CREATE INDEX memberships_administrators ON memberships (environment_id, unit_id, user_id) WHERE access = 3;

-- The list of a local administrator has a part of its own for users without units:
-- all that it can be filtered by stands in the indexes of this part.
DROP INDEX users_unassigned_by_name;
DROP INDEX users_unassigned_by_creation;
DROP INDEX users_unassigned_by_seen;
CREATE INDEX users_unassigned_by_name
    ON users (environment_id, unit_count, name_key, id, standing, gone, ends_on, signature) WHERE unit_count = 0;
CREATE INDEX users_unassigned_by_creation
    ON users (environment_id, unit_count, created_at, id, standing, gone, ends_on, signature) WHERE unit_count = 0;
CREATE INDEX users_unassigned_by_seen
    ON users (environment_id, unit_count, last_sign_in_at, id, standing, gone, ends_on, signature) WHERE unit_count = 0;
