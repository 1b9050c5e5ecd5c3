-- Clients' own ids in the order of the ids. Leads from version 5 to 6.

-- Ids that count up, or begin with the time, are neighbours then if their messages are: of a hundred programs that talk at once
-- each commit writes a few pages of this index, and not one for each of them.
DROP INDEX entry_cid;
CREATE UNIQUE INDEX entry_cid ON entry (cid, person) WHERE cid IS NOT NULL AND kind <> 'told';
