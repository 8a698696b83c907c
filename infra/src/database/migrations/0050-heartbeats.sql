-- Which agents have ever sent a heartbeat: of the others nobody can tell whether they are gone or have nothing to say.

alter table agents add column sends_heartbeats boolean not null default false;
-- What an agent says of itself comes in heartbeats alone.
update agents set sends_heartbeats = true where name is not null or capabilities <> '{}' or status <> 'online';
