-- Words in pieces: an entry is found by each piece of a word as well. Leads from version 3 to 4.

-- The index is made anew from the entries once the server runs; until then a search looks at those not in it.
INSERT INTO words (words) VALUES ('delete-all');
UPDATE meta SET value = 0 WHERE name = 'indexed';
