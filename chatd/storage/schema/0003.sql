-- The language that the owner of an account is spoken to in, by its code; empty: none was chosen. Leads from version 2 to 3.

-- An empty one is not part of the row's checksum, so that the rows that are there already stay whole.
ALTER TABLE account ADD COLUMN language TEXT NOT NULL DEFAULT '';
